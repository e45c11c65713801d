import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectAll } from '../../../src/transport/connect-all.js';
import { TransportError } from '../../../src/transport/errors.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Target } from '../../../src/transport/types.js';
import { missingForSsh, Sshd, type TestUser, testTarget } from '../../support/fleet/sshd.js';
import { TokenAgent } from '../../support/fleet/token-agent.js';

const reason = missingForSsh();
const PASSPHRASE = 'open sesame';

describe.skipIf(reason)(`LoginGraceTime of one second${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const sshd = new Sshd();
  let user: TestUser;
  let token: TokenAgent;
  let key = '';
  beforeAll(async () => {
    await sshd.start(['LogLevel VERBOSE', 'LoginGraceTime 1', 'PasswordAuthentication no']);
    user = sshd.addUser();
    key = join(sshd.dir, 'encrypted');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-a', '1', '-N', PASSPHRASE, '-f', key]);
    token = await TokenAgent.start(join(sshd.dir, 'agent'), 'sk-ssh-ed25519@openssh.com');
    sshd.authorize(user, readFileSync(`${key}.pub`, 'utf8'), token.publicLine);
  });
  afterAll(async () => {
    await token?.stop();
    await sshd.stop();
  });

  function target(over: Partial<Target> = {}): Target {
    return testTarget({
      port: sshd.port,
      user: user.name,
      privateKeyFile: key,
      hostKeys: { mode: 'accept-new', files: [join(sshd.dir, 'known')] },
      timeoutMs: 500,
      ...over,
    });
  }
  const withToken = (): Target =>
    target({ privateKeyFile: undefined, identities: { files: [], certificates: [], only: false, agent: token.socket } });
  const connections = (): number => sshd.log.match(/^Connection from /gm)?.length ?? 0;

  it('somebody needs longer for a passphrase than sshd waits, and longer than it is tried again', async () => {
    let asked = 0;
    const transport = createTransport({
      askPassphrase: async () => {
        asked++;
        // As long as it takes until a server that drops connections would have been given up.
        await sleep(15_000);
        return PASSPHRASE;
      },
    });
    const { sessions, failures } = await connectAll([target(), target({ name: 'm2' })], transport, {
      forks: 2,
      onConnected: () => undefined,
      onFailed: () => undefined,
      verifyBecome: false,
    });
    expect([...failures.values()].map((f) => f.parts)).toEqual([]);
    expect(await Promise.all([...sessions.values()].map((s) => s.exec('true')))).toEqual([
      { kind: 'exited', code: 0 },
      { kind: 'exited', code: 0 },
    ]);
    await Promise.all([...sessions.values()].map((s) => s.close()));
    expect(asked).toBe(1);
    // The first one asked whether sshd is up. Then one each was lost, not one after the other while somebody was typing.
    expect(connections()).toBe(1 + 4);
  });

  it('a touch that comes too late is called so, and the next one may be in time', async () => {
    const transport = createTransport();
    token.touchMs = 2500;
    const error = await transport.connect(withToken()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({
      kind: 'lost',
      parts: {
        what: 'The host closed the connection during the login',
        why: expect.stringMatching(/^It did so after \d+\.\d s, while waiting for the agent or a passphrase$/),
        fix: expect.stringMatching(/LoginGraceTime/),
      },
    });
    const before = token.signatures;
    const ready = connectAll([withToken()], transport, {
      forks: 1,
      onConnected: () => undefined,
      onFailed: () => undefined,
      verifyBecome: false,
    });
    while (token.signatures === before) await sleep(20);
    token.touchMs = 0;
    const { sessions } = await ready;
    expect(await sessions.get('m1')?.exec('true')).toEqual({ kind: 'exited', code: 0 });
    expect(token.signatures - before).toBe(2);
    await sessions.get('m1')?.close();
  });
});
