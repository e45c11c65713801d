import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packString } from '../../../src/transport/auth/wire.js';
import { TransportError } from '../../../src/transport/errors.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Target } from '../../../src/transport/types.js';
import { missingForSsh, Sshd, type TestUser } from '../../support/fleet/sshd.js';

const reason = missingForSsh() ?? (spawnSync('openssl', ['version']).status === 0 ? undefined : 'needs openssl');
const PASSPHRASE = 'open sesame';
const KINDS: readonly (readonly [string, readonly string[]])[] = [
  ['ed25519', ['-algorithm', 'ed25519']],
  ['RSA', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
  ['ECDSA P-256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  ['ECDSA P-384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ['ECDSA P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
];

describe.skipIf(reason)(`keys in PKCS #8, as OpenSSL writes them${reason ? ` (${reason})` : ''}`, () => {
  const sshd = new Sshd();
  let user: TestUser;
  beforeAll(async () => {
    await sshd.start(['PasswordAuthentication no']);
    user = sshd.addUser();
  });
  afterAll(() => sshd.stop());

  let files = 0;
  function openssl(...args: readonly string[]): string {
    const path = join(sshd.dir, `key${files++}`);
    execFileSync('openssl', [...args, '-out', path], { stdio: 'pipe' });
    return path;
  }
  /** Not by our own code: what ssh-keygen reads, and for ed25519, which it does not, what stands at the end of the SPKI. */
  function authorize(path: string): void {
    const key = createPublicKey({ key: readFileSync(path), format: 'pem', passphrase: PASSPHRASE } as never);
    if (key.asymmetricKeyType !== 'ed25519') {
      sshd.authorize(user, execFileSync('ssh-keygen', ['-y', '-P', PASSPHRASE, '-f', path], { encoding: 'utf8' }));
      return;
    }
    const raw = key.export({ format: 'der', type: 'spki' }).subarray(-32);
    sshd.authorize(user, `ssh-ed25519 ${Buffer.concat([packString('ssh-ed25519'), packString(raw)]).toString('base64')}`);
  }
  const target = (privateKeyFile: string): Target => ({
    name: 'm1',
    address: '127.0.0.1',
    port: sshd.port,
    user: user.name,
    connection: 'ssh',
    privateKeyFile,
    identities: { files: [], certificates: [], only: true, agent: 'none' },
    become: { enabled: false, user: 'root', method: 'sudo' },
    hostKeys: { mode: 'accept-new', files: [join(sshd.dir, 'known')] },
    timeoutMs: 10_000,
  });
  async function logsIn(path: string, passphrase?: string): Promise<boolean> {
    const session = await createTransport({ askPassphrase: async () => passphrase }).connect(target(path));
    const exit = await session.exec('exit 7');
    await session.close();
    return exit.kind === 'exited' && exit.code === 7;
  }
  async function refusal(path: string, passphrase?: string): Promise<string> {
    const error = await logsIn(path, passphrase).catch((e: unknown) => e);
    if (!(error instanceof TransportError)) throw new Error('was not refused');
    return error.parts.why ?? '';
  }

  it.each(KINDS)('%s, in the clear and encrypted', async (_name, args) => {
    const plain = openssl('genpkey', ...args);
    expect(readFileSync(plain, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    authorize(plain);
    expect(await logsIn(plain)).toBe(true);
    const encrypted = openssl('pkcs8', '-topk8', '-in', plain, '-passout', `pass:${PASSPHRASE}`);
    expect(readFileSync(encrypted, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(await logsIn(encrypted, PASSPHRASE)).toBe(true);
    expect(await refusal(encrypted, 'wrong')).toMatch(/the passphrase is wrong/);
    expect(await refusal(encrypted)).toMatch(/is encrypted: load it into an agent/);
  });

  it('kinds that SSH has not, and broken files, are named', async () => {
    expect(await refusal(openssl('genpkey', '-algorithm', 'ed448'))).toMatch(
      /key\d+: is a key of type ed448, which SSH cannot use/,
    );
    expect(await refusal(openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'))).toMatch(
      /key\d+: is an ECDSA key on the curve secp256k1, which SSH cannot use/,
    );
    const broken = openssl('genpkey', '-algorithm', 'ed25519');
    execFileSync('sed', ['-i', '2s/.*/AAAA/', broken]);
    expect(await refusal(broken)).toMatch(/Not used: \S+key\d+: \S+/);
  });

  it('a cipher that OpenSSL has given up is not called a wrong passphrase', async () => {
    const plain = openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    const legacy = ['-provider', 'legacy', '-provider', 'default', '-v1', 'PBE-MD5-DES'];
    const old = openssl('pkcs8', '-topk8', '-in', plain, '-passout', `pass:${PASSPHRASE}`, ...legacy);
    expect(await refusal(old, PASSPHRASE)).toMatch(/is encrypted in a way that OpenSSL no longer supports: encrypt it again/);
  });
});
