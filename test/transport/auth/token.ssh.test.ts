import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/transport/errors.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Target } from '../../../src/transport/types.js';
import { keygen, missingForSsh, Sshd, type TestUser, testTarget } from '../../support/fleet/sshd.js';
import { TokenAgent, type TokenType } from '../../support/fleet/token-agent.js';

const reason = missingForSsh();
const transport = createTransport();
const TYPES: readonly TokenType[] = ['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'];

describe.skipIf(reason).each(TYPES)(`a token that an agent reaches, %s${reason ? ` (${reason})` : ''}`, (type) => {
  const sshd = new Sshd();
  let user: TestUser;
  let agent: TokenAgent;
  beforeAll(async () => {
    await sshd.start(['LogLevel VERBOSE', 'PasswordAuthentication no']);
    user = sshd.addUser();
    agent = await TokenAgent.start(join(sshd.dir, 'agent'), type);
    sshd.authorize(user, agent.publicLine);
  });
  afterAll(async () => {
    await agent?.stop();
    await sshd.stop();
  });

  function target(over: Partial<Target> = {}): Target {
    return testTarget({
      port: sshd.port,
      user: user.name,
      identities: { files: [], certificates: [], only: false, agent: agent.socket },
      hostKeys: { mode: 'accept-new', files: [join(sshd.dir, 'known')] },
      ...over,
    });
  }
  async function logsIn(over: Partial<Target> = {}): Promise<string> {
    const before = sshd.log.length;
    const session = await transport.connect(target(over));
    expect(await session.exec('exit 7')).toEqual({ kind: 'exited', code: 7 });
    await session.close();
    return sshd.log.slice(before);
  }
  async function refusal(over: Partial<Target> = {}): Promise<TransportError> {
    const result = await transport.connect(target(over)).catch((e: unknown) => e);
    if (result instanceof TransportError) return result;
    throw new Error('was let in');
  }
  /** The real ssh with the same agent: it says whether the agent signs as a token does. */
  function ssh(): Promise<number | null> {
    const options = [
      'BatchMode=yes',
      `IdentityAgent=${agent.socket}`,
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
    ];
    const args = [
      '-F',
      'none',
      '-p',
      String(sshd.port),
      ...options.flatMap((o) => ['-o', o]),
      `${user.name}@127.0.0.1`,
      'exit 7',
    ];
    return new Promise((resolve) => spawn('ssh', args, { stdio: 'ignore' }).on('close', resolve));
  }

  it('lets in, as with the real ssh', async () => {
    expect(await ssh()).toBe(7);
    expect(await logsIn()).toMatch(/Accepted publickey for \S+ .* (ED25519|ECDSA)-SK SHA256:/);
  });

  it.each([
    ['aes256-gcm@openssh.com', 'hmac-sha2-256'],
    ['chacha20-poly1305@openssh.com', 'hmac-sha2-256'],
    ['aes256-ctr', 'hmac-sha2-256'],
    ['aes256-ctr', 'hmac-sha2-512-etm@openssh.com'],
  ])('over %s with %s: its signature is put into the packet of each', async (cipher, mac) => {
    const algorithms = { cipher: [cipher], mac: [mac], hostKeyOrder: false, written: {} };
    expect(await logsIn({ algorithms })).toMatch(/Accepted publickey/);
  });

  it('is used alone when its public key is named', async () => {
    const file = join(sshd.dir, 'named.pub');
    writeFileSync(file, `${agent.publicLine}\n`);
    for (const privateKeyFile of [file, join(sshd.dir, 'named')]) {
      const only = { files: [], certificates: [], only: true, agent: agent.socket };
      expect(await logsIn({ privateKeyFile, identities: only })).toMatch(/Accepted publickey/);
    }
  });

  it('is waited for: the time for the touch does not count', async () => {
    agent.touchMs = 1500;
    try {
      expect(await logsIn({ timeoutMs: 1000 })).toMatch(/Accepted publickey/);
    } finally {
      agent.touchMs = 0;
    }
  });

  it('does not let in untouched; the real ssh does not get in either', async () => {
    agent.touched = false;
    const before = agent.signatures;
    try {
      expect(await ssh()).toBe(255);
      expect(await refusal()).toMatchObject({ kind: 'auth', parts: { why: expect.stringMatching(/^Tried: token \(agent\)/) } });
      expect(agent.signatures).toBe(before + 2);
    } finally {
      agent.touched = true;
    }
  });

  it('that nobody touches: the agent refuses, and that is said', async () => {
    agent.refuses = true;
    try {
      expect((await refusal()).parts.why).toMatch(/Not used: token \(agent\): the agent refuses to sign/);
    } finally {
      agent.refuses = false;
    }
  });

  it('with a certificate', async () => {
    const certified = sshd.addUser();
    const path = join(sshd.dir, 'certified');
    const ca = join(sshd.dir, 'ca');
    keygen(ca);
    writeFileSync(`${path}.pub`, `${agent.publicLine}\n`);
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'me', '-n', certified.name, `${path}.pub`]);
    sshd.authorize(certified, `cert-authority ${readFileSync(`${ca}.pub`, 'utf8')}`);
    expect(await logsIn({ user: certified.name, privateKeyFile: path })).toMatch(/Accepted publickey for \S+ .*-SK-CERT/);
  });
});
