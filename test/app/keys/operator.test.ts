import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { operatorKeys } from '../../../src/app/keys/operator.js';

const home = mkdtempSync(join(tmpdir(), 'kubewright-home-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

it('an operator whose only key lies in a token gets that one distributed, not a new one', async () => {
  vi.stubEnv('HOME', home);
  vi.stubEnv('SSH_AUTH_SOCK', '');
  mkdirSync(join(home, '.ssh'));
  const data = Buffer.concat([Buffer.from([0, 0, 0, 26]), Buffer.from('sk-ssh-ed25519@openssh.com'), Buffer.alloc(44)]);
  writeFileSync(join(home, '.ssh', 'id_ed25519_sk.pub'), `sk-ssh-ed25519@openssh.com ${data.toString('base64')} me\n`);
  const { keys, made } = await operatorKeys([], { type: 'ed25519' }, false);
  expect(made).toBeUndefined();
  expect(keys.map((k) => k.type)).toEqual(['sk-ssh-ed25519@openssh.com']);
  expect(readdirSync(join(home, '.ssh'))).toEqual(['id_ed25519_sk.pub']);
});

it("a key in a form that ssh-keygen may not read, without its .pub, is the operator's all the same", async () => {
  vi.stubEnv('HOME', home);
  vi.stubEnv('SSH_AUTH_SOCK', '');
  mkdirSync(home, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const path = join(home, 'key.pem');
  writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const { keys, made } = await operatorKeys([path], { type: 'ed25519' }, false);
  expect(made).toBeUndefined();
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  expect(keys.map((k) => [k.type, Buffer.from(k.blob, 'base64').subarray(-32)])).toEqual([['ssh-ed25519', raw]]);
});
