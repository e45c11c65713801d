import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.js';
import { connectAll } from '../../src/transport/connect-all.js';
import { TransportError } from '../../src/transport/errors.js';
import { putFile } from '../../src/transport/session/put-file.js';
import { createTransport } from '../../src/transport/transport.js';
import type { Session, Target } from '../../src/transport/types.js';
import { freePort, keygen, missingForSsh, missingForSudo, Sshd, type TestUser, testTarget } from '../support/fleet/sshd.js';

const reason = missingForSsh();
const noSudo = missingForSudo();
const transport = createTransport();

describe.skipIf(reason)(`SSH against a real sshd${reason ? ` (${reason})` : ''}`, () => {
  const sshd = new Sshd();
  let user: TestUser;
  let key = '';
  const agent = process.env.SSH_AUTH_SOCK;

  beforeAll(async () => {
    delete process.env.SSH_AUTH_SOCK;
    await sshd.start();
    user = sshd.addUser();
    key = join(sshd.dir, 'operator');
    keygen(key);
    const { execFileSync } = await import('node:child_process');
    execFileSync('install', ['-d', '-m', '700', '-o', user.name, join(user.home, '.ssh')]);
    execFileSync('install', ['-m', '600', '-o', user.name, `${key}.pub`, join(user.home, '.ssh', 'authorized_keys')]);
  });
  afterAll(async () => {
    await sshd.stop();
    if (agent !== undefined) process.env.SSH_AUTH_SOCK = agent;
  });

  let files = 0;
  function target(over: Partial<Target> = {}): Target {
    return testTarget({
      port: sshd.port,
      user: user.name,
      privateKeyFile: key,
      identities: undefined,
      hostKeys: { mode: 'accept-new', files: [join(sshd.dir, `known-${files++}`)] },
      timeoutMs: 5000,
      ...over,
    });
  }
  const passwordTarget = (password: string, over: Partial<Target> = {}): Target =>
    target({ privateKeyFile: '/nonexistent', password: new Secret('ssh-password', password), ...over });

  async function output(
    session: Session,
    command: string,
    o: { become?: boolean; stdin?: string | Buffer } = {},
  ): Promise<string> {
    let text = '';
    const exit = await session.exec(command, {
      ...o,
      onStdout: (c) => (text += c.toString()),
      onStderr: (c) => (text += c.toString()),
    });
    return `${text}${exit.kind === 'exited' ? exit.code : exit.kind}`;
  }
  async function refusal(t: Target): Promise<TransportError> {
    const result = await transport.connect(t).catch((e: unknown) => e);
    if (result instanceof TransportError) return result;
    throw new Error('was not refused');
  }

  it('logs in with a key, runs commands, and tells how they end', async () => {
    const session = await transport.connect(target());
    expect(await output(session, 'id -un; exit 7')).toBe(`${user.name}\n7`);
    expect(await session.exec('kill -9 $$')).toEqual({ kind: 'killed', signal: 'SIGKILL' });
    const big = randomBytes(3_000_000).toString('hex');
    expect(await output(session, 'wc -c', { stdin: big })).toBe(`${big.length}\n0`);
    await session.close();
  });

  it('logs in with a password', async () => {
    const session = await transport.connect(passwordTarget(user.password));
    expect(await output(session, 'echo hello')).toBe('hello\n0');
    await session.close();
  });

  it('logs in with a key that only the agent has', async () => {
    const { execFileSync } = await import('node:child_process');
    const said = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
    const socket = /SSH_AUTH_SOCK=([^;]+)/.exec(said)?.[1] ?? '';
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
    const home = process.env.HOME;
    try {
      execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
      process.env.SSH_AUTH_SOCK = socket;
      process.env.HOME = sshd.dir;
      const session = await transport.connect(target({ privateKeyFile: undefined }));
      expect(await output(session, 'echo hello')).toBe('hello\n0');
      await session.close();
      delete process.env.SSH_AUTH_SOCK;
      const error = await refusal(target({ privateKeyFile: undefined }));
      expect(error.parts.why).toMatch(/nothing to try/);
    } finally {
      delete process.env.SSH_AUTH_SOCK;
      process.env.HOME = home;
      process.kill(pid);
    }
  });

  it('takes no key that others may read, as OpenSSH does not', async () => {
    const open = join(sshd.dir, 'open key');
    writeFileSync(open, readFileSync(key), { mode: 0o600 });
    await (await transport.connect(target({ privateKeyFile: open }))).close();
    chmodSync(open, 0o640);
    const error = await refusal(target({ privateKeyFile: open }));
    expect(error.parts.why).toContain(`Not used: ${open}: other users may read it (mode 640): chmod 600 ${open}`);
  });

  it('says what it tried when it is not let in', async () => {
    const error = await refusal(passwordTarget('wrong'));
    expect(error.kind).toBe('auth');
    expect(error.exitCode).toBe(3);
    expect(error.parts.why).toMatch(/Tried: .*password/);
    expect(error.parts.why).toMatch(/offers: .*publickey/);
    expect(JSON.stringify(error.parts)).not.toContain('wrong');
  });

  it('refuses an unknown key when it is strict, and a changed one always', async () => {
    const empty = join(sshd.dir, 'known-empty');
    expect((await refusal(target({ hostKeys: { mode: 'strict', files: [empty] } }))).kind).toBe('host-key');
    expect(existsSync(empty)).toBe(false);
    const changed = join(sshd.dir, 'known-changed');
    keygen(join(sshd.dir, 'other'));
    const other = readFileSync(join(sshd.dir, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(changed, `# a comment\n[127.0.0.1]:${sshd.port} ${other}\n`);
    const error = await refusal(target({ hostKeys: { mode: 'accept-new', files: [changed] } }));
    expect(error.kind).toBe('host-key');
    expect(error.parts.why).toMatch(new RegExp(`presents ssh-ed25519 SHA256:.*; ${changed}:2 has ssh-ed25519 SHA256:`));
    expect(error.parts.fix).toContain(`ssh-keygen -f ${changed} -R '[127.0.0.1]:${sshd.port}'`);
  });

  it('asks for the type of key that is known', async () => {
    const rsa = join(sshd.dir, 'known-rsa');
    writeFileSync(rsa, sshd.hostKeyLine('rsa'));
    const session = await transport.connect(target({ hostKeys: { mode: 'strict', files: [rsa] } }));
    await session.close();
  });

  it('goes on with a warning where a new key cannot be stored, as OpenSSH does', async () => {
    const folder = join(sshd.dir, 'known-folder');
    mkdirSync(folder);
    const said: string[] = [];
    const warning = createTransport({ warn: (text) => said.push(text) });
    const session = await warning.connect(target({ hostKeys: { mode: 'accept-new', files: [folder] } }));
    await session.close();
    expect(said).toEqual([expect.stringMatching(/^New host keys cannot be stored in .*known-folder, .*It is a directory/)]);
    expect((await refusal(target({ hostKeys: { mode: 'strict', files: [folder] } }))).kind).toBe('host-key');
  });

  it('stores a new key once, with ten connections at the same time', async () => {
    const file = join(sshd.dir, 'known-ten');
    const targets = Array.from({ length: 10 }, (_, i) =>
      target({ name: `m${i}`, hostKeys: { mode: 'accept-new', files: [file] } }),
    );
    const { sessions, failures } = await connectAll(targets, transport, {
      forks: 10,
      onConnected: () => undefined,
      onFailed: () => undefined,
      verifyBecome: true,
    });
    expect(failures.size).toBe(0);
    expect(sessions.size).toBe(10);
    for (const s of sessions.values()) await s.close();
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('collects every failure of many machines', async () => {
    const silent = createServer(() => undefined);
    const silentPort = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => {
        const a = silent.address();
        resolve(typeof a === 'object' && a ? a.port : 0);
      });
    });
    const targets = [
      target({ name: 'good' }),
      passwordTarget('wrong', { name: 'wrong' }),
      target({ name: 'refused', port: await freePort() }),
      target({ name: 'silent', port: silentPort, timeoutMs: 700 }),
      target({ name: 'nameless', address: 'no-such-host.invalid' }),
    ];
    const { sessions, failures } = await connectAll(targets, transport, {
      forks: 5,
      onConnected: () => undefined,
      onFailed: () => undefined,
      verifyBecome: true,
    });
    silent.close();
    expect([...sessions.keys()]).toEqual(['good']);
    expect(Object.fromEntries([...failures].map(([name, e]) => [name, e.kind]))).toEqual({
      wrong: 'auth',
      refused: 'refused',
      silent: 'timeout',
      nameless: 'resolve',
    });
    for (const s of sessions.values()) await s.close();
  });

  it('runs thirty commands over one connection', async () => {
    const session = await transport.connect(target());
    const results = await Promise.all(Array.from({ length: 30 }, (_, i) => output(session, `sleep 0.1; echo ${i}`)));
    expect(results).toEqual(Array.from({ length: 30 }, (_, i) => `${i}\n0`));
    await session.close();
  });

  it('sends a file whole or not at all', async () => {
    const session = await transport.connect(target());
    const source = join(sshd.dir, 'source');
    writeFileSync(source, randomBytes(20_000_000));
    const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
    let sent = 0;
    await putFile(session, {
      source,
      path: `${user.home}/dir/file`,
      mode: '0640',
      sha256,
      become: false,
      onProgress: (n) => (sent = n),
    });
    expect(sent).toBe(20_000_000);
    expect(await output(session, `sha256sum < ${user.home}/dir/file; stat -c %a ${user.home}/dir/file`)).toBe(
      `${sha256}  -\n640\n0`,
    );
    await expect(
      putFile(session, { source, path: `${user.home}/dir/other`, mode: '0640', sha256: '0'.repeat(64), become: false }),
    ).rejects.toThrow(/could not be written/);
    expect(readdirSync(`${user.home}/dir`)).toEqual(['file']);
    rmSync(source);
    await session.close();
  });

  it('tells a lost connection from a failed command, and gives up when asked to', async () => {
    const session = await transport.connect(target());
    const running = session.exec('sleep 60');
    await new Promise((r) => setTimeout(r, 300));
    sshd.killSessions();
    const exit = await running;
    expect(exit.kind).toBe('lost');
    expect((await session.exec('true')).kind).toBe('lost');
    const other = await transport.connect(target());
    const abort = new AbortController();
    const waiting = other.exec('sleep 60', { signal: abort.signal });
    setTimeout(() => abort.abort(), 200);
    expect((await waiting).kind).toBe('lost');
    expect(await output(other, 'echo still there')).toBe('still there\n0');
    await other.close();
  });

  describe.skipIf(noSudo)(`sudo${noSudo ? ` (${noSudo})` : ''}`, () => {
    let rule = '';
    const become = (password?: string): Target['become'] => ({
      enabled: true,
      user: 'root',
      method: 'sudo',
      password: password === undefined ? undefined : new Secret('become-password', password),
    });
    beforeAll(() => {
      rule = `/etc/sudoers.d/kubewright-${user.name}`;
    });
    afterAll(() => rmSync(rule, { force: true }));
    const allow = (what: string): void => writeFileSync(rule, `${user.name} ALL=(ALL) ${what}\n`, { mode: 0o440 });

    it('works without a password, and hands stdin on untouched', async () => {
      allow('NOPASSWD: ALL');
      const session = await transport.connect(target({ become: become() }));
      expect(await output(session, 'id -un; cat', { become: true, stdin: 'a\0b\n' })).toBe('root\na\0b\n0');
      expect(await output(session, 'id -un')).toBe(`${user.name}\n0`);
      await session.close();
    });

    it('works with a password that nobody can see', async () => {
      allow('ALL');
      const session = await transport.connect(target({ become: become(user.password) }));
      const seen = await output(session, 'id -un; cat /proc/[0-9]*/cmdline /proc/self/environ 2>/dev/null | tr "\\0" " "; cat', {
        become: true,
        stdin: 'input',
      });
      expect(seen).toMatch(/^root\n/);
      expect(seen.slice(-6)).toBe('input0');
      expect(seen).not.toContain(user.password);
      await session.close();
    });

    it('says so when the password is wrong, or missing', async () => {
      allow('ALL');
      const wrong = await connectAll([target({ become: become('wrong') })], transport, {
        forks: 1,
        onConnected: () => undefined,
        onFailed: () => undefined,
        verifyBecome: true,
      });
      expect(wrong.failures.get('m1')?.kind).toBe('sudo');
      expect(wrong.failures.get('m1')?.parts.what).toMatch(/does not accept the password/);
      const missing = await connectAll([target({ become: become() })], transport, {
        forks: 1,
        onConnected: () => undefined,
        onFailed: () => undefined,
        verifyBecome: true,
      });
      expect(missing.failures.get('m1')?.parts.why).toMatch(/password is required/);
      expect(missing.failures.get('m1')?.parts.fix).toMatch(/--ask-become-pass/);
    });
  });
});
