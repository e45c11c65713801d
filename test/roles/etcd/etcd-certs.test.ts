import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certIsGood, type EtcdCert } from '../../../src/pki/etcd-certs.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-certs-'));
const haveOpenssl = spawnSync('openssl', ['version']).status === 0;
const caFile = join(dir, 'ca.pem');
const cert: EtcdCert = {
  kind: 'member',
  keyFile: join(dir, 'key.pem'),
  certFile: join(dir, 'cert.pem'),
  commonName: 'etcd-member-m11',
  sans: ['DNS:m11', 'DNS:localhost', 'IP:10.0.0.11', 'IP:127.0.0.1'],
  usages: 'serverAuth,clientAuth',
};

function shell(script: string): number | null {
  return spawnSync('sh', ['-c', `set -eu\n${script}`], { cwd: dir, encoding: 'utf8' }).status;
}

function made(script: string): void {
  expect(shell(script), script).toBe(0);
}

/** The certificate `cert.pem` with these names, from this authority. */
function sign(names: readonly string[], o: { days?: number; by?: string } = {}): void {
  const by = o.by ?? 'ca';
  const extensions = names.length > 0 ? `subjectAltName=${names.join(',')}` : 'basicConstraints=CA:FALSE';
  writeFileSync(join(dir, 'ext'), extensions);
  made(`openssl req -new -key key.pem -subj /CN=x -out csr
    openssl x509 -req -in csr -CA ${by}.pem -CAkey ${by}-key.pem -CAcreateserial -days ${o.days ?? 365} -extfile ext -out cert.pem`);
}

/** Checks run in a subshell with `set -eu`, as here. */
function good(c: EtcdCert = cert): boolean {
  return shell(`( set -eu\n${certIsGood(c, caFile).text}\n)`) === 0;
}

describe.skipIf(!haveOpenssl)('a certificate of etcd (skipped without openssl)', () => {
  beforeAll(() => {
    for (const key of ['key', 'other-key', 'ca-key', 'stranger-key'])
      made(`openssl ecparam -genkey -name prime256v1 -noout -out ${key}.pem`);
    for (const ca of ['ca', 'stranger'])
      made(`openssl req -x509 -new -key ${ca}-key.pem -days 3650 -subj /CN=${ca} -out ${ca}.pem`);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('is good with its names, in whichever order', () => {
    sign(cert.sans);
    expect(good()).toBe(true);
    sign([...cert.sans].reverse());
    expect(good()).toBe(true);
  });

  it('is not with a name too many, one too few, or another', () => {
    for (const names of [
      [...cert.sans, 'DNS:m12'],
      cert.sans.slice(1),
      [...cert.sans.slice(1), 'DNS:m1'],
      [...cert.sans.slice(1), 'DNS:m12'],
      [],
    ]) {
      sign(names);
      expect(good(), names.join()).toBe(false);
    }
    expect(good({ ...cert, sans: [] })).toBe(true);
    sign(cert.sans);
    expect(good({ ...cert, sans: [] })).toBe(false);
  });

  it('is not from another authority, for another key, shortly before its end, or when it is not there', () => {
    sign(cert.sans, { by: 'stranger' });
    expect(good()).toBe(false);
    sign(cert.sans, { days: 29 });
    expect(good()).toBe(false);
    sign(cert.sans, { days: 31 });
    expect(good()).toBe(true);
    expect(good({ ...cert, keyFile: join(dir, 'other-key.pem') })).toBe(false);
    expect(good({ ...cert, keyFile: join(dir, 'nowhere.pem') })).toBe(false);
    expect(good({ ...cert, certFile: join(dir, 'nowhere.pem') })).toBe(false);
    writeFileSync(cert.certFile, '');
    expect(good()).toBe(false);
  });
});
