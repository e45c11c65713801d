import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateFact, readCertificates } from '../../../src/facts/living/certificates.js';
import type { CertificateFact } from '../../../src/facts/living/living-facts.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kw-certificates-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Makes `NAME.crt` and `NAME.key`. */
function make(name: string, subject: string, ...options: string[]): string {
  const files = ['-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.crt`)];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', subject, '-days', '30', ...options, ...files], { stdio: 'ignore' });
  return join(dir, `${name}.crt`);
}

function put(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

function read(...files: string[]): string[] {
  const input = `${readCertificates().text}\nread_certificates ${files.join(' ')}\n`;
  return execFileSync('sh', { input, encoding: 'utf8' })
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => l.slice('cert\t'.length));
}

/** When it ends, as openssl sees it. */
function endOf(path: string): number {
  return Date.parse(execFileSync('openssl', ['x509', '-noout', '-enddate', '-in', path], { encoding: 'utf8' }).slice(9));
}

describe('the certificates on a host', () => {
  it('are read with their end, their subject and the names in that of the API server', () => {
    const names = 'subjectAltName=DNS:kubernetes,DNS:m1,IP:10.0.0.1';
    const server = make('apiserver', '/O=system:masters/CN=kube-apiserver', '-addext', names);
    const other = make('front', '/CN=front-proxy-client');
    const found = read(server, other).map(certificateFact);
    expect(found).toEqual<CertificateFact[]>([
      {
        path: server,
        endsAt: endOf(server),
        subject: 'CN=kube-apiserver,O=system:masters',
        sans: ['DNS:kubernetes', 'DNS:m1', 'IP:10.0.0.1'],
      },
      { path: other, endsAt: endOf(other), subject: 'CN=front-proxy-client' },
    ]);
  });

  it('are the first ones of their files, and keys beside them stay on the host', () => {
    const [own, ca] = [make('own', '/CN=own'), make('ca', '/CN=ca')].map((f) => readFileSync(f, 'utf8'));
    const key = readFileSync(join(dir, 'own.key'), 'utf8');
    const both = put('kubelet-client-current.pem', `${key}${own}${ca}`);
    const lines = read(both);
    expect(lines).toHaveLength(1);
    expect(certificateFact(lines[0] ?? '').subject).toBe('CN=own');
    const secret = key.split('\n').slice(1, -2).join('');
    expect(secret.length).toBeGreaterThan(100);
    expect(lines[0]).not.toContain(secret.slice(0, 40));
  });

  it('are found inside kubeconfigs, whose keys stay there too', () => {
    const pem = readFileSync(make('client', '/O=kubeadm:cluster-admins/CN=kubernetes-admin'), 'utf8');
    const conf = put(
      'admin.conf',
      `users:\n- user:\n    client-certificate-data: ${Buffer.from(pem).toString('base64')}\n    client-key-data: c2VjcmV0\n`,
    );
    const none = put(
      'kubelet.conf',
      'users:\n- user:\n    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n',
    );
    const lines = read(conf, none);
    expect(lines.map(certificateFact)).toMatchObject([{ path: conf, subject: 'CN=kubernetes-admin,O=kubeadm:cluster-admins' }]);
    expect(lines.join('')).not.toContain('c2VjcmV0');
  });

  it('that are broken or cut off are named, and those after them read', () => {
    const good = make('good', '/CN=good');
    const cut = put('cut.crt', readFileSync(good, 'utf8').split('\n').slice(0, 3).join('\n'));
    const broken = put('broken.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const other = put('other.pem', 'not a certificate\n');
    const found = read(cut, broken, other, good).map(certificateFact);
    expect(new Map(found.map((f) => [f.path, Number.isNaN(f.endsAt)]))).toEqual(
      new Map([
        [cut, true],
        [broken, true],
        [other, true],
        [good, false],
      ]),
    );
  });
});
