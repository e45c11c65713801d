import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { apiServerNames } from '../../../src/kubeadm/build.js';
import { apiServerCertificate } from '../../../src/roles/kubernetes/apiserver-cert.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-apiserver-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const haveOpenssl = spawnSync('openssl', ['version']).status === 0;
const cluster = sampleCluster({ vars: { supplementary_addresses_in_ssl_keys: ['api.example.org', '203.0.113.7'] } });

/** Whether the check is content with a certificate of these names. */
function good(names: readonly string[]): boolean {
  const san = names.map((n) => (/^[\d.]+$/.test(n) ? `IP:${n}` : `DNS:${n}`)).join(',');
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=kube-apiserver'].concat(
      ['-addext', `subjectAltName=${san}`, '-keyout', join(dir, 'key'), '-out', join(dir, 'apiserver.crt')],
    ),
  );
  expect(made.status).toBe(0);
  const check = apiServerCertificate(roleContext(cluster, 'm11-k8s'), '/c').check.text.replaceAll('/etc/kubernetes/pki', dir);
  return spawnSync('sh', ['-c', `set -eu\n( set -eu\n${check}\n)`]).status === 0;
}

describe.skipIf(!haveOpenssl)("the API server's certificate (skipped without openssl)", () => {
  it('is good with all names, and with more', () => {
    expect(good([...apiServerNames(cluster), 'kubernetes.default'])).toBe(true);
  });

  it.each(['api.example.org', '203.0.113.7', 'm12-k8s'])('is not without %s', (name) => {
    expect(good(apiServerNames(cluster).filter((n) => n !== name))).toBe(false);
  });

  it('is not with a name that only begins like the wanted one', () => {
    const names = apiServerNames(cluster).map((n) => (n === 'api.example.org' ? 'api.example.organic' : n));
    expect(good(names)).toBe(false);
  });
});
