import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLine } from '../../../src/transport/config/read-files.js';
import { resolveSettings } from '../../../src/transport/config/settings.js';
import { TransportError } from '../../../src/transport/errors.js';
import { keyType } from '../../../src/transport/known-hosts.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Session, Target } from '../../../src/transport/types.js';
import { keygen, missingForSsh, Sshd, type TestUser, testTarget } from '../../support/fleet/sshd.js';

const reason = missingForSsh();
const transport = createTransport();

describe.skipIf(reason)(`algorithms against a real sshd that has few${reason ? ` (${reason})` : ''}`, () => {
  const sshd = new Sshd();
  let user: TestUser;
  beforeAll(async () => {
    await sshd.start([
      'Ciphers aes128-cbc,aes192-ctr',
      'KexAlgorithms diffie-hellman-group16-sha512,diffie-hellman-group14-sha1',
      'MACs hmac-sha2-512,hmac-sha1-96',
      'LogLevel DEBUG2',
    ]);
    user = sshd.addUser();
    const keys = ['ed25519', 'rsa', 'ecdsa'].map((type) => {
      keygen(join(sshd.dir, type), type);
      return readFileSync(join(sshd.dir, `${type}.pub`), 'utf8');
    });
    sshd.authorize(user, ...keys);
  });
  afterAll(() => sshd.stop());

  let files = 0;
  function target(options: readonly string[], over: Partial<Target> = {}): Target {
    const { algorithms } = resolveSettings(
      'm1',
      options.flatMap((o) => parseLine(o, 'hosts:7') ?? []),
      {},
    );
    return testTarget({
      port: sshd.port,
      user: user.name,
      privateKeyFile: join(sshd.dir, 'ed25519'),
      hostKeys: { mode: 'accept-new', files: [join(sshd.dir, `known-${files++}`)] },
      algorithms,
      ...over,
    });
  }
  /** What sshd says of one login. */
  async function log(t: Target): Promise<{ readonly session: Session; readonly log: string }> {
    const before = sshd.log.length;
    const session = await transport.connect(t);
    expect(await session.exec('true')).toEqual({ kind: 'exited', code: 0 });
    await session.close();
    return { session, log: sshd.log.slice(before) };
  }
  async function refusal(t: Target): Promise<TransportError> {
    const result = await transport.connect(t).catch((e: unknown) => e);
    if (result instanceof TransportError) return result;
    throw new Error('was not refused');
  }

  it.each([
    ['nothing said', [], 'aes192-ctr', 'diffie-hellman-group16-sha512', 'hmac-sha2-512'],
    [
      'an old cipher that is put in front',
      ['Ciphers=^aes128-cbc'],
      'aes128-cbc',
      'diffie-hellman-group16-sha512',
      'hmac-sha2-512',
    ],
    ['old ciphers added by a pattern', ['Ciphers=+*-cbc'], 'aes192-ctr', 'diffie-hellman-group16-sha512', 'hmac-sha2-512'],
    [
      'one of each',
      ['Ciphers=aes128-cbc', 'KexAlgorithms=diffie-hellman-group14-sha1', 'MACs=hmac-sha1-96'],
      'aes128-cbc',
      'diffie-hellman-group14-sha1',
      'hmac-sha1-96',
    ],
  ])('%s', async (_name, options, cipher, kex, mac) => {
    const { log: said } = await log(target(options));
    expect(said).toContain(`kex: algorithm: ${kex}`);
    expect(said).toContain(`kex: client->server cipher: ${cipher} MAC: ${mac}`);
    expect(said).toContain(`kex: server->client cipher: ${cipher} MAC: ${mac}`);
  });

  it.each([
    ['Ciphers=-aes192-ctr', /no matching C->S cipher/],
    ['MACs=hmac-sha2-256', /no matching C->S MAC/],
    ['KexAlgorithms=curve25519-sha256', /no matching key exchange algorithm/],
    ['HostKeyAlgorithms=ecdsa*', /no matching host key format/],
  ])('%s leaves nothing in common: which it was is said', async (option, why) => {
    expect(await refusal(target([option]))).toMatchObject({
      kind: 'protocol',
      parts: { what: 'The host has no algorithm in common with us', why: expect.stringMatching(why) },
    });
  });

  it('HostKeyAlgorithms chooses among the keys of the machine, also against what is known', async () => {
    const shown = async (options: readonly string[], known: readonly string[]): Promise<string> => {
      const t = target(options);
      for (const type of known)
        execFileSync('sh', ['-c', 'cat >> "$0"', t.hostKeys.files[0] ?? ''], { input: sshd.hostKeyLine(type) });
      return keyType((await log(t)).session.hostKey ?? Buffer.alloc(0));
    };
    expect(await shown([], [])).toBe('ssh-ed25519');
    expect(await shown([], ['rsa'])).toBe('ssh-rsa');
    expect(await shown(['HostKeyAlgorithms=-rsa-sha2-256'], ['rsa'])).toBe('ssh-rsa');
    expect(await shown(['HostKeyAlgorithms=rsa-sha2-512,ssh-ed25519'], ['rsa', 'ed25519'])).toBe('ssh-rsa');
    expect(await shown(['HostKeyAlgorithms=ssh-ed25519,rsa-sha2-512'], ['rsa', 'ed25519'])).toBe('ssh-ed25519');
  });

  it('PubkeyAcceptedAlgorithms keeps keys out, and chooses the hash of RSA', async () => {
    const rsa = { privateKeyFile: join(sshd.dir, 'rsa') };
    const used = async (options: readonly string[]): Promise<string | undefined> =>
      /valid user \S+ querying public key (\S+)|public key (rsa\S+|ssh-rsa) /
        .exec((await log(target(options, rsa))).log)
        ?.slice(1)
        .join('');
    expect(await used(['PubkeyAcceptedAlgorithms=rsa-sha2-512'])).toBe('rsa-sha2-512');
    expect(await used(['PubkeyAcceptedAlgorithms=rsa-sha2-256,rsa-sha2-512'])).toBe('rsa-sha2-256');
    const kept = await refusal(target(['PubkeyAcceptedAlgorithms=-rsa*,ssh-rsa'], rsa));
    expect(kept).toMatchObject({
      kind: 'auth',
      parts: { why: expect.stringMatching(/rsa: PubkeyAcceptedAlgorithms does not allow ssh-rsa/) },
    });
    const others = {
      privateKeyFile: join(sshd.dir, 'rsa'),
      identities: { files: [join(sshd.dir, 'ecdsa')], certificates: [], only: true, agent: 'none' },
    };
    expect((await log(target(['PubkeyAcceptedAlgorithms=ecdsa*'], others))).log).toMatch(/Accepted publickey .* ECDSA/);
  });
});
