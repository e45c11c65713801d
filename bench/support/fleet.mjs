import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Account of every machine; it exists only in the machines' own /etc/passwd. */
const ACCOUNT = { name: 'kw', id: 61_000 };
const TOOLS = ['unshare', 'setpriv', 'mount', 'ssh-keygen', 'openssl'];

/** Why a fleet cannot be started here; undefined: it can. */
export function missingForFleet() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  if (!existsSync('/usr/sbin/sshd')) return 'needs openssh-server';
  const missing = TOOLS.filter((t) => spawnSync('sh', ['-c', `command -v ${t}`]).status !== 0);
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  if (spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', '--uts', 'true']).status !== 0)
    return 'needs namespaces';
  return undefined;
}

/**
 * Many machines on one box, each a real sshd in namespaces of its own (mounts, processes, host name): own /etc/passwd,
 * /etc/ssh, /home and /root, so that nothing of the box is touched. They listen on addresses of their own under 127.0.0.0/8.
 * All of it ends with `stop()`, with Ctrl-C, and with the process that started it.
 *
 * @param {import('./fleet.d.mts').FleetOptions} options
 * @returns {Promise<import('./fleet.d.mts').Fleet>}
 */
export async function startFleet(options) {
  const reason = missingForFleet();
  if (reason) throw new Error(`no fleet of sshd can be started here: ${reason}`);
  const o = { hostKeyTypes: ['ed25519'], settings: [], sudo: 'free', authorize: true, prefix: 'n', ...options };
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-fleet-'));
  chmodSync(dir, 0o755);
  const keyFile = join(dir, 'operator_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'operator@fleet', '-f', keyFile]);
  const shared = makeAccounts(dir, o);
  const port = o.port ?? (await freePort());
  const subnet = `127.${randomInt(16, 250)}`;
  const digits = String(o.count).length;
  const machines = Array.from({ length: o.count }, (_, i) => {
    const name = `${o.prefix}${String(i + 1).padStart(digits, '0')}`;
    const address = `${subnet}.${(i + 1) >> 8}.${(i + 1) & 255}`;
    return new Machine(name, address, port, join(dir, name), shared, o);
  });
  writeFileSync(join(dir, 'etc', 'hosts'), `127.0.0.1 localhost\n${machines.map((m) => `${m.address} ${m.name}\n`).join('')}`);
  const undo = onExit(() => {
    for (const m of machines) m.killNow();
    rmSync(dir, { recursive: true, force: true });
  });
  const stop = async () => {
    await Promise.all(machines.map((m) => m.kill()));
    undo();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await inTurns(machines, 8, (m) => m.prepare(readFileSync(`${keyFile}.pub`, 'utf8')));
    await inTurns(machines, 32, (m) => m.start());
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = machines.map((m) => ({
    name: m.name,
    address: m.address,
    port,
    user: ACCOUNT.name,
    keyFile,
    dir: m.dir,
    home: join(m.dir, 'home', ACCOUNT.name),
  }));
  const knownHosts = join(dir, 'known_hosts');
  writeFileSync(knownHosts, machines.flatMap((m) => m.knownLines()).join(''), { mode: 0o600 });
  const inventoryPath = join(dir, 'hosts.ini');
  const lines = hosts.map((h) => `${h.name} ansible_host=${h.address} ansible_port=${port} ansible_user=${h.user}`);
  const vars = [`ansible_ssh_common_args='-o UserKnownHostsFile=${knownHosts}'`];
  if (o.authorize) vars.push(`ansible_ssh_private_key_file=${keyFile}`);
  writeFileSync(inventoryPath, `[all]\n${lines.join('\n')}\n\n[all:vars]\n${vars.join('\n')}\n`);
  const machine = (name) => machines.find((m) => m.name === name) ?? fail(`there is no machine ${name}`);
  return {
    dir,
    hosts,
    inventoryPath,
    knownHosts,
    keyFile,
    password: shared.password,
    stop,
    kill: (name) => machine(name).kill(),
    start: (name) => machine(name).start(),
    run: (name, command, input) => machine(name).run(command, input),
    connections: () => machines.reduce((n, m) => n + m.logged(/^Connection from /gm), 0),
    logins: () => machines.reduce((n, m) => n + m.logged(/^Accepted \S+ for /gm), 0),
    pids: () => machines.flatMap((m) => m.process?.pid ?? []),
    log: (name) => machine(name).log(),
  };
}

class Machine {
  constructor(name, address, port, dir, shared, options) {
    Object.assign(this, { name, address, port, dir, shared, options });
    this.logFile = join(dir, 'sshd.log');
  }

  async prepare(operatorKey) {
    const home = join(this.dir, 'home', ACCOUNT.name);
    for (const path of ['ssh', 'home', 'root'])
      mkdirSync(join(this.dir, path), { recursive: true, mode: path === 'root' ? 0o700 : 0o755 });
    mkdirSync(home, { mode: 0o755 });
    if (this.options.authorize) {
      mkdirSync(join(home, '.ssh'), { mode: 0o700 });
      writeFileSync(join(home, '.ssh', 'authorized_keys'), operatorKey, { mode: 0o600 });
      for (const path of ['.ssh', '.ssh/authorized_keys']) lchownSync(join(home, path), ACCOUNT.id, ACCOUNT.id);
    }
    lchownSync(home, ACCOUNT.id, ACCOUNT.id);
    for (const type of this.options.hostKeyTypes) {
      const bits = type === 'rsa' ? ['-b', '2048'] : [];
      await done('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', `root@${this.name}`, '-f', this.#hostKey(type)]);
    }
    const config = [
      // First, because sshd takes the first value of a keyword.
      ...this.options.settings,
      `Port ${this.port}`,
      `ListenAddress ${this.address}`,
      ...this.options.hostKeyTypes.map((type) => `HostKey /etc/ssh/ssh_host_${type}_key`),
      'PidFile none',
      'UsePAM no',
      'PasswordAuthentication yes',
      'PrintMotd no',
      'LogLevel VERBOSE',
    ];
    writeFileSync(join(this.dir, 'ssh', 'sshd_config'), `${config.join('\n')}\n`);
  }

  /** Even after a kill: the same machine again. */
  async start() {
    const bind = (from, to) => `mount --bind ${from} ${to}`;
    const script = [
      'set -e',
      `hostname ${this.name}`,
      'mkdir -p /run/sshd',
      // The whole directory: a mount on a single file of the box is lost when that file is replaced (useradd does).
      bind(join(this.shared.dir, 'etc'), '/etc'),
      bind(join(this.dir, 'ssh'), '/etc/ssh'),
      bind(join(this.dir, 'home'), '/home'),
      bind(join(this.dir, 'root'), '/root'),
      this.options.setup ?? '',
      'cd /',
      'exec /usr/sbin/sshd -D -e',
    ].join('\n');
    const log = openSync(this.logFile, 'a');
    const ready = this.logged(/Server listening/g) + 1;
    const namespaces = ['--mount', '--pid', '--fork', '--mount-proc', '--uts', '--kill-child=KILL'];
    // pdeathsig: the machines must not outlive the process that started them, however it ends.
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', script], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    for (let i = 0; this.logged(/Server listening/g) < ready; i++) {
      if (this.process.exitCode !== null || i > 600)
        throw new Error(`sshd of ${this.name} does not start: ${this.log().slice(-500)}`);
      await sleep(25);
    }
  }

  killNow() {
    this.process?.kill('SIGKILL');
  }

  /** Like a power cut: every process of the machine is gone at once. */
  async kill() {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await closed;
  }

  /** Runs a command line as root inside the machine, not over SSH. */
  run(command, input = '') {
    const pid = readFileSync(`/proc/${this.process.pid}/task/${this.process.pid}/children`, 'utf8').trim();
    const args = ['--target', pid, '--mount', '--pid', '--uts', '--', 'sh', '-c', command];
    const r = spawnSync('nsenter', args, { encoding: 'utf8', input });
    return { code: r.status ?? 1, stdout: r.stdout, stderr: r.stderr };
  }

  log() {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  logged(pattern) {
    return this.log().match(pattern)?.length ?? 0;
  }

  knownLines() {
    return this.options.hostKeyTypes.map((type) => {
      const [kind, key] = readFileSync(`${this.#hostKey(type)}.pub`, 'utf8').split(' ');
      return `${this.port === 22 ? this.address : `[${this.address}]:${this.port}`} ${kind} ${key}\n`;
    });
  }

  #hostKey(type) {
    return join(this.dir, 'ssh', `ssh_host_${type}_key`);
  }
}

/** A copy of the box's /etc with one more account, which has a password, only for the machines. */
function makeAccounts(dir, o) {
  const password = o.password ?? randomBytes(9).toString('base64url');
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: `${password}\n`, encoding: 'utf8' }).trim();
  const { name, id } = ACCOUNT;
  const etc = join(dir, 'etc');
  // Files that vanish during the copy do not matter.
  spawnSync('cp', ['-a', '/etc', etc]);
  const add = (file, line) => {
    const lines = readFileSync(join(etc, file), 'utf8').split('\n');
    const others = lines.filter((l) => l !== '' && !l.startsWith(`${name}:`));
    writeFileSync(join(etc, file), `${[...others, line].join('\n')}\n`);
  };
  add('passwd', `${name}:x:${id}:${id}::/home/${name}:/bin/sh`);
  add('shadow', `${name}:${hash}:19000:0:99999:7:::`);
  add('group', `${name}:x:${id}:`);
  rmSync(join(etc, 'sudoers.d'), { recursive: true, force: true });
  mkdirSync(join(etc, 'sudoers.d'), { mode: 0o750 });
  const tag = o.sudo === 'password' ? '' : 'NOPASSWD: ';
  if (o.sudo !== 'none') writeFileSync(join(etc, 'sudoers.d', 'kw'), `${name} ALL=(ALL) ${tag}ALL\n`, { mode: 0o440 });
  return { dir, password };
}

async function inTurns(all, width, work) {
  const rest = [...all];
  const worker = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function done(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${file} ended with ${code}`))));
  });
}

/** Runs `clean` when the process ends in any way that it can notice. Returns how to cancel that. */
function onExit(clean) {
  const onSignal = (signal) => {
    clean();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('exit', clean);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('exit', clean);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address.port));
    });
    server.on('error', reject);
  });
}

function fail(text) {
  throw new Error(text);
}
