import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/shell/secret.js';
import { TransportError } from '../../../src/transport/errors.js';
import { putFile } from '../../../src/transport/session/put-file.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Session, Target } from '../../../src/transport/types.js';
import { missingForSsh, Sshd, type TestUser } from '../../support/fleet/sshd.js';

const reason = missingForSsh();
const noPam = reason ?? (existsSync('/etc/pam.d/sshd') ? undefined : 'needs /etc/pam.d/sshd');
const transport = createTransport();

function passwordTarget(sshd: Sshd, user: TestUser): Target {
  return {
    name: 'm1',
    address: '127.0.0.1',
    port: sshd.port,
    user: user.name,
    connection: 'ssh',
    privateKeyFile: '/nonexistent',
    password: new Secret('ssh-password', user.password),
    become: { enabled: false, user: 'root', method: 'sudo' },
    hostKeys: { mode: 'accept-new', files: [join(sshd.dir, 'known')] },
    timeoutMs: 10_000,
  };
}

describe.skipIf(noPam)(`keyboard-interactive${noPam ? ` (${noPam})` : ''}`, () => {
  const sshd = new Sshd();
  beforeAll(async () => {
    await sshd.start([
      'UsePAM yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication yes',
      'AuthenticationMethods keyboard-interactive:pam',
    ]);
  });
  afterAll(() => sshd.stop());

  it('answers the question of PAM with the password', async () => {
    const session = await transport.connect(passwordTarget(sshd, sshd.addUser()));
    expect(await session.exec('true')).toEqual({ kind: 'exited', code: 0 });
    await session.close();
  });

  it('names it among what was tried', async () => {
    const user = { ...sshd.addUser(), password: 'wrong' };
    const error = await transport.connect(passwordTarget(sshd, user)).catch((e: unknown) => e);
    if (!(error instanceof TransportError)) throw new Error('was not refused');
    expect(error.kind).toBe('auth');
    expect(error.parts.why).toMatch(/Tried: keyboard-interactive\nThe server offers: keyboard-interactive/);
  });
});

describe.skipIf(reason)(`what goes wrong on the way${reason ? ` (${reason})` : ''}`, () => {
  const sshd = new Sshd();
  let user: TestUser;
  let session: Session;
  let folder = '';
  beforeAll(async () => {
    await sshd.start();
    user = sshd.addUser();
    session = await transport.connect(passwordTarget(sshd, user));
    folder = join(sshd.dir, 'put');
    mkdirSync(folder);
    execFileSync('chown', [user.name, folder]);
  });
  afterAll(async () => {
    await session.close();
    await sshd.stop();
  });

  it('does not connect when it was called off before', async () => {
    const error = await transport.connect(passwordTarget(sshd, user), AbortSignal.abort()).catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'lost', parts: { what: 'Interrupted while connecting' } });
  });

  it('runs nothing when it is called off while the channel opens', async () => {
    const abort = new AbortController();
    const mark = join(folder, 'ran');
    const running = session.exec('sh', { stdin: `touch ${mark}\n`, signal: abort.signal });
    await Promise.resolve();
    abort.abort();
    expect((await running).kind).toBe('lost');
    await session.exec('sleep 0.5');
    expect(existsSync(mark)).toBe(false);
  });

  it('ends a command that is called off while it starts', { timeout: 60_000 }, async () => {
    // From before the machine has heard of it to long after.
    for (let i = 0; i < 48; i++) {
      const abort = new AbortController();
      const running = session.exec('exec sleep 9876', { signal: abort.signal });
      await sleep(Math.round(i ** 1.5 / 3));
      abort.abort();
      expect((await running).kind).toBe('lost');
    }
    const left = (): string => spawnSync('pgrep', ['-u', user.name, '-fx', 'sleep 9876'], { encoding: 'utf8' }).stdout.trim();
    for (let i = 0; i < 50 && left() !== ''; i++) await sleep(100);
    const pids = left();
    spawnSync('pkill', ['-u', user.name, '-fx', 'sleep 9876']);
    expect(pids).toBe('');
  });

  it('says so when the file to send is not there', async () => {
    const put = putFile(session, { source: join(sshd.dir, 'none'), path: join(folder, 'a'), mode: '0644', become: false });
    await expect(put).rejects.toMatchObject({ parts: { why: expect.stringMatching(/ENOENT/) } });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves no half file when the transfer is called off, even without a checksum', async () => {
    const source = join(sshd.dir, 'big');
    writeFileSync(source, Buffer.alloc(60_000_000, 'x'));
    const abort = new AbortController();
    const put = putFile(session, {
      source,
      path: join(folder, 'big'),
      mode: '0644',
      become: false,
      signal: abort.signal,
      onProgress: (sent) => sent > 5_000_000 && abort.abort(),
    });
    await expect(put).rejects.toThrow(TransportError);
    for (let i = 0; i < 50 && readdirSync(folder).some((f) => f.includes('.kw-')); i++) await sleep(100);
    expect(readdirSync(folder)).toEqual([]);
    expect(await session.exec('true')).toEqual({ kind: 'exited', code: 0 });
  });

  it('sends an empty file', async () => {
    const source = join(sshd.dir, 'empty');
    writeFileSync(source, '');
    await putFile(session, { source, path: join(folder, 'empty'), mode: '0644', become: false });
    expect(readFileSync(join(folder, 'empty'), 'utf8')).toBe('');
  });
});
