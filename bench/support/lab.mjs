import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure } from './measure.mjs';
import { say } from './report.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
export const CLI = join(ROOT, 'bin', 'run.js');

/**
 * Lab machines for a benchmark, separate from everything else on this box: own state, own subnet, own home.
 *
 * @param {{masters: number, workers: number, subnet: string, bundle?: string, keep?: boolean}} o `keep`: existing machines are
 * used, and stay.
 */
export async function benchLab(o) {
  if (process.getuid?.() !== 0) throw new Error('lab machines need root');
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-bench-'));
  const stateDir = '/var/lib/kubewright/lab-bench';
  // Always the same directory: a kept lab refers to its inventory.
  const inventoryDir = `${stateDir}-inventory`;
  const inventory = join(inventoryDir, 'hosts.ini');
  // sockets of ssh and Ansible's temporary files are here too
  const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: stateDir, NO_COLOR: '1', SSH_AUTH_SOCK: '' };
  mkdirSync(join(env.HOME, '.ssh'), { recursive: true, mode: 0o700 });
  const cli = (args, more = {}) => measure(process.execPath, [CLI, ...args], { cwd: dir, env, ...more });
  const down = async () => {
    if (!o.keep) await cli(['lab', 'down', '--yes']);
    rmSync(dir, { recursive: true, force: true });
  };
  const stop = async (signal) => {
    await down();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    if (!o.keep) await cli(['lab', 'down', '--yes']);
    say(`starting ${o.masters + o.workers} lab machines`);
    const up = ['lab', 'up', '--masters', `${o.masters}`, '--workers', `${o.workers}`, '--subnet', o.subnet];
    await cli([...up, '--inventory-dir', inventoryDir, ...(o.bundle ? ['--bundle', o.bundle] : ['--source', 'none'])]);
    const hosts = [...readFileSync(inventory, 'utf8').matchAll(/^(\S+) ansible_host=(\S+)/gm)].map((m) => ({
      name: m[1],
      address: m[2],
    }));
    const key = join(stateDir, 'id_ed25519');
    const knownHosts = join(stateDir, 'ssh_known_hosts');
    const sshOptions = ['-F', 'none', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'BatchMode=yes', '-i', key];
    /** The real ssh to one machine. */
    const ssh = (host, command, input) => measure('ssh', [...sshOptions, `vagrant@${host.address}`, command], { env, input });
    return { dir, stateDir, env, inventory, hosts, key, knownHosts, sshOptions, ssh, cli, down };
  } catch (error) {
    await down();
    throw error;
  }
}

/** Debian packages of this box, installed if missing. @param {readonly string[]} packages */
export function needPackages(packages) {
  const missing = packages.filter(
    (p) => spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', p], { encoding: 'utf8' }).stdout !== 'installed',
  );
  if (missing.length === 0) return;
  say(`installing ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = () =>
    spawnSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', 'install', '--no-install-recommends', ...missing], {
      env,
      encoding: 'utf8',
    });
  if (install().status === 0) return;
  spawnSync('apt-get', ['-q', 'update'], { env });
  const again = install();
  if (again.status !== 0) throw new Error(`apt-get could not install ${missing.join(', ')}:\n${again.stderr}`);
}

/** @param {string} text */
export function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
