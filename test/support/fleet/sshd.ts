import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../../../src/transport/types.js';

/** Why the SSH tests cannot run here; undefined: they can. */
export function missingForSsh(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/usr/sbin/sshd')) return 'needs openssh-server';
  if (spawnSync('sh', ['-c', 'command -v useradd chpasswd ssh-keygen']).status !== 0)
    return 'needs useradd, chpasswd and ssh-keygen';
  return undefined;
}

export function missingForSudo(): string | undefined {
  return missingForSsh() ?? (spawnSync('sh', ['-c', 'command -v sudo']).status === 0 ? undefined : 'needs sudo');
}

export interface TestUser {
  readonly name: string;
  readonly password: string;
  readonly home: string;
}

export interface SshdOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Words in front of the command, which end with its `exec`: `ip netns exec …`; by its directory. */
  readonly under?: readonly string[] | ((dir: string) => readonly string[]);
}

/** A real sshd of its own, on loopback unless said otherwise, with users of its own. `stop` takes all of it away. */
export class Sshd {
  readonly address: string;
  readonly #under: readonly string[];
  readonly dir = mkdtempSync(join(tmpdir(), 'kubewright-sshd-'));
  readonly users: TestUser[] = [];
  port = 0;
  /** What all its processes have said. */
  log = '';
  #process: ChildProcess | undefined;

  constructor(o: SshdOptions = {}) {
    this.address = o.address ?? '127.0.0.1';
    this.#under = typeof o.under === 'function' ? o.under(this.dir) : (o.under ?? []);
  }

  async start(settings: readonly string[] = []): Promise<this> {
    mkdirSync('/run/sshd', { recursive: true });
    for (const type of ['ed25519', 'rsa']) if (!existsSync(this.hostKey(type))) keygen(this.hostKey(type), type);
    this.port ||= await freePort();
    const config = [
      // In front: sshd takes the first value of a keyword.
      ...settings,
      `Port ${this.port}`,
      `ListenAddress ${this.address}`,
      `HostKey ${this.hostKey('ed25519')}`,
      `HostKey ${this.hostKey('rsa')}`,
      `PidFile ${join(this.dir, 'pid')}`,
      'UsePAM no',
      'PasswordAuthentication yes',
      'StrictModes no',
      'MaxStartups 100',
      'PrintMotd no',
    ];
    writeFileSync(join(this.dir, 'config'), `${config.join('\n')}\n`);
    const [file = '', ...args] = [...this.#under, '/usr/sbin/sshd', '-D', '-e', '-f', join(this.dir, 'config')];
    this.#process = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    await answers(this.address, this.port);
    return this;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  hostKey(type: string): string {
    return join(this.dir, `host_${type}`);
  }

  /** The host key as known_hosts has it. */
  hostKeyLine(type = 'ed25519'): string {
    return `[${this.address}]:${this.port} ${readFileSync(`${this.hostKey(type)}.pub`, 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')}\n`;
  }

  addUser(): TestUser {
    const name = `kwt${randomBytes(4).toString('hex')}`;
    const password = randomBytes(9).toString('base64url');
    const home = join(this.dir, name);
    execFileSync('useradd', ['--create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
    execFileSync('chpasswd', { input: `${name}:${password}\n` });
    execFileSync('chmod', ['711', this.dir]);
    const user = { name, password, home };
    this.users.push(user);
    return user;
  }

  /** Lets public keys in. */
  authorize(user: TestUser, ...publicKeys: readonly string[]): void {
    const dir = join(user.home, '.ssh');
    const file = join(dir, 'authorized_keys');
    execFileSync('install', ['-d', '-m', '700', '-o', user.name, dir]);
    appendFileSync(file, publicKeys.map((k) => `${k.trim()}\n`).join(''), { mode: 0o600 });
    execFileSync('chown', [user.name, file]);
  }

  /** Ends the daemon and every session that it has forked. */
  kill(): Promise<void> {
    const child = this.#process;
    return new Promise((resolve) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('close', () => resolve());
      this.killSessions();
      child.kill('SIGKILL');
    });
  }

  /** As if the machine's network had gone: sessions die without a farewell. */
  killSessions(): void {
    spawnSync('pkill', ['-KILL', '-P', String(this.pid)]);
    // What holds the socket runs as the user, once it is logged in.
    for (const u of this.users) spawnSync('pkill', ['-KILL', '-u', u.name]);
  }

  async stop(): Promise<void> {
    await this.kill();
    for (const u of this.users) {
      spawnSync('pkill', ['-KILL', '-u', u.name]);
      spawnSync('userdel', ['--force', '--remove', u.name]);
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function keygen(path: string, type = 'ed25519'): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-f', path]);
}

/** A real ssh-agent that holds these private keys. */
export function startAgent(...files: readonly string[]): { readonly socket: string; stop(): void } {
  const said = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
  const socket = /SSH_AUTH_SOCK=([^;]+)/.exec(said)?.[1] ?? '';
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
  for (const file of files)
    execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
  return { socket, stop: () => process.kill(pid) };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function answers(address: string, port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const ok = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, address, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (ok) return;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error('sshd does not answer');
}

/** Whom the tests talk to: nothing but what they name is tried, and nobody becomes anybody. */
export function testTarget(over: Pick<Target, 'port' | 'user' | 'hostKeys'> & Partial<Target>): Target {
  return {
    name: 'm1',
    address: '127.0.0.1',
    connection: 'ssh',
    identities: { files: [], certificates: [], only: true, agent: 'none' },
    become: { enabled: false, user: 'root', method: 'sudo' },
    timeoutMs: 10_000,
    ...over,
  };
}
