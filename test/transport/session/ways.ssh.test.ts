import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, missingForFleet, startFleet } from '../../../bench/support/fleet.mjs';
import { Secret } from '../../../src/shell/secret.js';
import { connectAll } from '../../../src/transport/connect-all.js';
import { TransportError } from '../../../src/transport/errors.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Target } from '../../../src/transport/types.js';
import { testTarget } from '../../support/fleet/sshd.js';

const reason = missingForFleet();
/** A private /etc: accounts that other tests make on the box meanwhile do not matter then. */
const OWN_ETC = 'mkdir /root/etc && cp -a /etc/. /root/etc && mount --bind /root/etc /etc';

describe.skipIf(reason)(`ways to machines, and logging in${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  let fleet: Fleet;
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-ways-'));
  const transport = createTransport();
  let sockets: { readonly pid: number; readonly path: string }[] = [];
  beforeAll(async () => {
    fleet = await startFleet({ count: 4, setup: OWN_ETC });
  });
  afterAll(async () => {
    for (const s of sockets) process.kill(s.pid);
    await fleet?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function target(name: string, over: Partial<Target> = {}): Target {
    const host = fleet.hosts.find((h) => h.name === name);
    if (!host) throw new Error(`no ${name}`);
    return testTarget({
      name,
      address: host.address,
      port: host.port,
      user: host.user,
      privateKeyFile: host.keyFile,
      hostKeys: { mode: 'strict', files: [fleet.knownHosts] },
      ...over,
    });
  }
  async function says(t: Target, command = 'hostname', with_ = transport): Promise<string> {
    const session = await with_.connect(t);
    let out = '';
    await session.exec(command, { onStdout: (c) => (out += c.toString()) });
    await session.close();
    return out.trim();
  }
  async function refusal(t: Target, with_ = transport): Promise<TransportError> {
    const result = await with_.connect(t).catch((e: unknown) => e);
    if (result instanceof TransportError) return result;
    throw new Error('was let through');
  }
  const count = (pattern: RegExp, name: string): number => fleet.log(name).match(pattern)?.length ?? 0;
  const logins = (name: string): number => count(/Accepted \w+ for/g, name);

  describe('jump hosts', () => {
    it('several in a row', async () => {
      expect(
        await says(target('n4', { jumps: [target('n1'), target('n2'), target('n3')] }), 'echo $SSH_CLIENT; hostname'),
      ).toMatch(/127\.0\.0\.1 \d+ \d+\nn4$/);
      expect(fleet.log('n3')).toMatch(/Accepted publickey/);
    });

    it('one connection for all that are behind it', async () => {
      const before = logins('n1');
      const behind = ['n2', 'n3', 'n4', 'n2', 'n3', 'n4', 'n2', 'n3', 'n4'].map((n, i) => ({
        ...target(n, { jumps: [target('n1')] }),
        name: `m${i}`,
      }));
      const { sessions, failures } = await connectAll(behind, createTransport(), {
        forks: 9,
        onConnected: () => undefined,
        onFailed: () => undefined,
        verifyBecome: false,
      });
      expect(failures.size).toBe(0);
      expect(await Promise.all([...sessions.values()].map((s) => s.exec('true')))).toEqual(
        Array.from({ length: 9 }, () => ({ kind: 'exited', code: 0 })),
      );
      expect(logins('n1') - before).toBe(1);
      await Promise.all([...sessions.values()].map((s) => s.close()));
    });

    it('each with its own host key and credentials, and errors that name it', async () => {
      const empty = join(dir, 'empty');
      const strange = target('n1', { hostKeys: { mode: 'strict', files: [empty] } });
      const unknown = await refusal(target('n2', { jumps: [strange] }));
      expect(unknown.kind).toBe('host-key');
      expect(unknown.parts).toMatchObject({
        what: 'The host key is not known (it is a jump host)',
        where: expect.stringMatching(/^n2, on the way: n1 \(/),
      });
      const locked = target('n1', { privateKeyFile: join(dir, 'none'), password: new Secret('p', 'wrong') });
      expect((await refusal(target('n2', { jumps: [locked] }))).kind).toBe('auth');
      const byPassword = target('n1', { privateKeyFile: join(dir, 'none'), password: new Secret('p', fleet.password) });
      expect(await says(target('n2', { jumps: [byPassword] }))).toBe('n2');
    });

    it('what is behind them may be closed, or without a name', async () => {
      expect(await refusal(target('n2', { jumps: [target('n1')], port: 1 }))).toMatchObject({
        kind: 'refused',
        parts: { why: expect.stringMatching(/^n1 says: /) },
      });
      expect((await refusal(target('n2', { jumps: [target('n1')], address: 'no-such-host.invalid' }))).kind).toBe('resolve');
    });
  });

  it('a proxy command, and what it complains of', async () => {
    const { address, port } = target('n2');
    const through = (command: string): Target => target('n2', { proxyCommand: command });
    const ssh = `ssh -F none -i ${fleet.keyFile} -o UserKnownHostsFile=${fleet.knownHosts} -p ${port}`;
    expect(await says(through(`${ssh} -W ${address}:${port} -q kw@${target('n1').address}`))).toBe('n2');
    expect(await refusal(through('echo it is closed >&2; exit 3'))).toMatchObject({
      kind: 'unreachable',
      parts: { why: expect.stringMatching(/it is closed/) },
    });
  });

  describe('keys', () => {
    /** A key pair; one of the same name that an earlier try has left is replaced. */
    function made(name: string, keygen: readonly string[]): string {
      const path = join(dir, name);
      for (const f of [path, `${path}.pub`, `${path}-cert.pub`]) rmSync(f, { force: true });
      execFileSync('ssh-keygen', ['-q', '-f', path, ...keygen]);
      return path;
    }
    /** A key pair whose public half lets in on n1; `keygen`: further arguments. */
    function key(name: string, keygen: readonly string[]): string {
      const path = made(name, keygen);
      fleet.run('n1', 'cat >> /home/kw/.ssh/authorized_keys', readFileSync(`${path}.pub`, 'utf8'));
      return path;
    }
    function agent(...keys: readonly string[]): string {
      const said = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
      const path = /SSH_AUTH_SOCK=([^;]+)/.exec(said)?.[1] ?? '';
      sockets = [...sockets, { path, pid: Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]) }];
      for (const k of keys) execFileSync('ssh-add', ['-q', k], { env: { ...process.env, SSH_AUTH_SOCK: path }, stdio: 'ignore' });
      return path;
    }
    const withKey = (privateKeyFile: string | undefined, over: Partial<Target['identities']> = {}): Target =>
      target('n1', { privateKeyFile, identities: { files: [], certificates: [], only: true, agent: 'none', ...over } });

    it.each([
      ['ed25519', ['-t', 'ed25519', '-N', '']],
      ['ECDSA', ['-t', 'ecdsa', '-b', '384', '-N', '']],
      ['RSA in PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '']],
      ['RSA in PKCS #8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8', '-N', '']],
      ['RSA in the form of OpenSSH', ['-t', 'rsa', '-b', '3072', '-N', '']],
    ])('%s', async (name, args) => {
      const path = key(`key ${name.replaceAll(/\W/g, '')}`, args);
      expect(await says(withKey(path))).toBe('n1');
      expect(await says(withKey(path, { agent: agent(path) }))).toBe('n1');
    });

    it('an encrypted key: its passphrase is asked for once for all hosts', async () => {
      const path = key('encrypted', ['-t', 'ed25519', '-a', '1', '-N', 'open sesame']);
      const asked: string[] = [];
      const asking = createTransport({
        askPassphrase: async (file) => {
          asked.push(file);
          return 'open sesame';
        },
      });
      const names = await Promise.all([1, 2, 3].map(() => says(withKey(path), 'hostname', asking)));
      expect(names).toEqual(['n1', 'n1', 'n1']);
      expect(asked).toEqual([path]);
      const nobody = await refusal(withKey(path));
      expect(nobody.kind).toBe('auth');
      expect(nobody.parts.why).toMatch(
        /encrypted: is encrypted: load it into an agent \(ssh-add\), set KUBEWRIGHT_KEY_PASSPHRASE/,
      );
      const wrong = await refusal(withKey(path), createTransport({ askPassphrase: async () => 'no' }));
      expect(wrong.parts.why).toMatch(/the passphrase is wrong/);
      expect(await says(withKey(path, { agent: agent() }), 'hostname', asking)).toBe('n1');
    });

    it.each([
      ['ed25519', ['-t', 'ed25519', '-N', '']],
      ['rsa', ['-t', 'rsa', '-b', '2048', '-N', '']],
      ['ecdsa', ['-t', 'ecdsa', '-N', '']],
    ])('a user certificate of an %s key, from its file and through an agent', async (name, args) => {
      const ca = made(`ca-${name}`, ['-t', 'ed25519', '-N', '']);
      const path = made(`certified-${name}`, args);
      const trust = `cert-authority ${readFileSync(`${ca}.pub`, 'utf8')}`;
      fleet.run('n1', 'cat >> /home/kw/.ssh/authorized_keys', trust);
      expect((await refusal(withKey(path))).kind).toBe('auth');
      execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'me', '-n', 'kw', `${path}.pub`]);
      expect(await says(withKey(path))).toBe('n1');
      const held = agent(path);
      rmSync(`${path}-cert.pub`);
      expect(await says(withKey(undefined, { agent: held, only: false }))).toBe('n1');
    });

    it('many keys in the agent: the named one first, and a hint where the server loses patience', async () => {
      const good = key('good', ['-t', 'ed25519', '-N', '']);
      const others = Array.from({ length: 8 }, (_, i) => {
        return made(`other${i}`, ['-t', 'ed25519', '-N', '']);
      });
      const held = agent(...others, good);
      expect(await says(withKey(good, { agent: held, only: false }))).toBe('n1');
      expect(await says(withKey(good, { agent: held, only: true }))).toBe('n1');
      const lost = await refusal(withKey(undefined, { agent: held, only: false }));
      expect(lost.kind).toBe('auth');
      expect(lost.parts.what).toMatch(/Too many authentication failures/);
      expect(lost.parts.fix).toMatch(/IdentitiesOnly.*MaxAuthTries/);
    });
  });

  describe('servers with little room', () => {
    it('MaxStartups and MaxSessions of two are enough for thirty commands', async () => {
      const tight = await startFleet({
        count: 1,
        prefix: 't',
        setup: OWN_ETC,
        settings: ['MaxStartups 2:70:3', 'MaxSessions 2'],
      });
      try {
        const host = tight.hosts[0];
        const targets = Array.from({ length: 10 }, (_, i) => ({
          ...target('n1'),
          name: `m${i}`,
          address: host?.address ?? '',
          port: host?.port ?? 0,
          privateKeyFile: tight.keyFile,
          hostKeys: { mode: 'strict', files: [tight.knownHosts] } as const,
        }));
        const { sessions, failures } = await connectAll(targets, createTransport(), {
          forks: 10,
          onConnected: () => undefined,
          onFailed: () => undefined,
          verifyBecome: false,
        });
        expect([...failures.values()].map((f) => f.parts)).toEqual([]);
        const [session] = sessions.values();
        const exits = await Promise.all(Array.from({ length: 30 }, () => session?.exec('sleep 0.05')));
        expect(exits).toEqual(Array.from({ length: 30 }, () => ({ kind: 'exited', code: 0 })));
        await Promise.all([...sessions.values()].map((s) => s.close()));
      } finally {
        await tight.stop();
      }
    });

    it('a connection that has gone silent is found by keepalives', async () => {
      const { address, port } = target('n1');
      const pairs: (readonly [Socket, Socket])[] = [];
      const proxy: Server = createServer((client) => {
        const server = createConnection(port, address);
        pairs.push([client, server]);
        for (const s of [client, server]) s.on('error', () => undefined);
        client.pipe(server);
        server.pipe(client);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const at = proxy.address();
      const way = { address: '127.0.0.1', port: typeof at === 'object' && at ? at.port : 0 };
      const hostKeys = { mode: 'accept-new', files: [join(dir, 'silent')] } as const;
      const session = await transport.connect({ ...target('n1'), ...way, hostKeys, keepalive: { intervalMs: 200, count: 2 } });
      const running = session.exec('sleep 60');
      for (const [client, server] of pairs) {
        client.unpipe(server);
        server.unpipe(client);
      }
      expect(await running).toMatchObject({ kind: 'lost', cause: { kind: 'lost', parts: { why: 'Keepalive timeout' } } });
      for (const pair of pairs) for (const s of pair) s.destroy();
      proxy.close();
    });
  });

  it('what is no SSH server is called by its name', async () => {
    const server = createServer((s) => s.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = server.address();
    const error = await refusal({ ...target('n1'), address: '127.0.0.1', port: typeof at === 'object' && at ? at.port : 0 });
    server.close();
    expect(error).toMatchObject({ kind: 'protocol', parts: { why: 'It said: HTTP/1.1 400 Bad Request' } });
  });

  it('an entry for a certificate authority is not passed over in silence', async () => {
    const file = join(dir, 'authority');
    const [, kind, data] = readFileSync(fleet.knownHosts, 'utf8').split('\n')[1]?.split(' ') ?? [];
    writeFileSync(file, `@cert-authority * ${kind} ${data}\n`);
    const said: string[] = [];
    const warning = createTransport({ warn: (text) => said.push(text) });
    expect(await says(target('n1', { hostKeys: { mode: 'accept-new', files: [file] } }), 'hostname', warning)).toBe('n1');
    expect(said).toEqual([expect.stringMatching(/authority:1 \(@cert-authority\) trusts certificates of this host/)]);
    const strict = await refusal(target('n3', { hostKeys: { mode: 'strict', files: [file] } }));
    expect(strict.parts.why).toMatch(/host certificates are not supported/);
  });

  describe('exec and ssh', { timeout: 120_000 }, () => {
    const bin = join(import.meta.dirname, '../../../bin/run.js');
    const built = spawnSync('test', ['-e', join(import.meta.dirname, '../../../dist/cli/main.js')]).status === 0;
    async function kubewright(args: readonly string[], o: { env?: Record<string, string>; input?: string } = {}) {
      const child = spawn(process.execPath, [bin, ...args], { env: { ...process.env, KUBEWRIGHT_SSH_CONFIG: 'none', ...o.env } });
      let [out, err] = ['', ''];
      child.stdout.on('data', (c: Buffer) => (out += c.toString()));
      child.stderr.on('data', (c: Buffer) => (err += c.toString()));
      child.stdin.end(o.input ?? '');
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      return { code, out, err };
    }

    it.skipIf(!built)('exec prints lines by machine, escapes them, and tells failures by its exit code', async () => {
      const i = ['-i', fleet.inventoryPath];
      const all = await kubewright(['exec', 'all', ...i, '--', 'hostname; printf "\\033[2J\\n"']);
      expect(all.code).toBe(0);
      expect(all.out.trim().split('\n').sort()).toEqual(
        ['n1', 'n2', 'n3', 'n4'].flatMap((n) => [`${n} | \\x1b[2J`, `${n} | ${n}`]).sort(),
      );
      const failed = await kubewright(['exec', 'all', ...i, '--', '[ $(hostname) != n2 ]']);
      expect(failed).toMatchObject({
        code: 1,
        err: expect.stringMatching(/n2 \| exit status 1\n4 hosts: 3 ok, 1 failed \(n2\)/),
      });
      const json = await kubewright(['exec', 'n1', ...i, '--become', '--json', '--', 'echo', 'two words', '$HOME']);
      expect(JSON.parse(json.out)).toMatchObject({ host: 'n1', code: 0, stdout: 'two words $HOME\n', stderr: '' });
      const script = await kubewright(['exec', 'n1', ...i, '--stdin'], { input: 'echo from a script\n' });
      expect(script.out).toBe('n1 | from a script\n');
      const late = await kubewright(['exec', 'n1', ...i, '--timeout', '1', '--', 'sleep 9']);
      expect(late).toMatchObject({ code: 1, err: expect.stringMatching(/longer than 1 s/) });
      const mixed = join(dir, 'mixed.ini');
      writeFileSync(
        mixed,
        `${readFileSync(fleet.inventoryPath, 'utf8').replace('[all]', '[all]\ngone ansible_host=127.0.0.1 ansible_port=1')}`,
      );
      const some = await kubewright(['exec', 'all', '-i', mixed, '--', 'true']);
      expect(some).toMatchObject({ code: 3, err: expect.stringMatching(/5 hosts: 4 ok, 1 not reached \(gone\)/) });
    });

    it.skipIf(!built)('ssh opens the real one, also through a jump host and with a password that stands nowhere', async () => {
      const i = ['-i', fleet.inventoryPath];
      expect(await kubewright(['ssh', 'n2', ...i, '--', 'hostname; exit 7'])).toMatchObject({ code: 7, out: 'n2\n' });
      const jump = `ansible_ssh_common_args=-o UserKnownHostsFile=${fleet.knownHosts} -o ProxyJump=n1`;
      const through = await kubewright([
        'ssh',
        'n2',
        ...i,
        '-e',
        JSON.stringify({ [jump.split('=')[0] ?? '']: jump.slice(jump.indexOf('=') + 1) }),
        '--',
        'hostname',
      ]);
      expect(through).toMatchObject({ code: 0, out: 'n2\n' });
      const env = { KUBEWRIGHT_SSH_PASSWORD: fleet.password };
      const none = ['-e', JSON.stringify({ ansible_ssh_private_key_file: join(dir, 'none') })];
      expect(await kubewright(['ssh', 'n3', ...i, ...none, '--', 'whoami'], { env })).toMatchObject({ code: 0, out: 'kw\n' });
      const wrong = await kubewright(['ssh', 'n3', ...i, ...none, '--', 'whoami'], { env: { KUBEWRIGHT_SSH_PASSWORD: 'wrong' } });
      expect(wrong.code).toBe(255);
    });
  });
});
