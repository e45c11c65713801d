import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec, tryExec } from '../box/exec.js';
import { FIRST_DISK, type LabPaths, machinePaths, PLAIN_FOLDERS, workOf } from '../box/paths.js';
import type { LabMachine } from '../provider.js';
import { LAB_USER, LAB_USER_ID } from './recipe.js';
import { resolvConf, writeAptConfig } from './rootfs.js';
import type { SavedLab, SavedMachine } from './state.js';

const HOST_KEY_TYPES = ['ed25519', 'ecdsa'];

/** A new disk on the common root: the machine's own name, identity, keys and apt sources. An old disk is removed. */
export async function prepareDisk(
  lab: Pick<SavedLab, 'rootfs' | 'os' | 'machines'>,
  machine: SavedMachine,
  paths: LabPaths,
): Promise<void> {
  const own = machinePaths(paths, machine.name);
  await removeDisk(machine.name, paths);
  machine.disk = undefined;
  await makeLayer(own.dir, FIRST_DISK.upper);
  for (const folder of PLAIN_FOLDERS) await mkdir(join(own.dir, folder), { recursive: true, mode: 0o700 });
  await mountRoot(lab.rootfs, machine, paths);
  const at = (path: string) => join(own.root, path);
  await writeFile(at('etc/hostname'), `${machine.name}\n`);
  await writeFile(at('etc/hosts'), hostsFile(lab.machines));
  await writeFile(at('etc/machine-id'), `${randomBytes(16).toString('hex')}\n`, { mode: 0o444 });
  await writeFile(at('etc/resolv.conf'), await resolvConf());
  await writeAptConfig(own.root, lab.os ?? 'debian12');
  for (const type of HOST_KEY_TYPES) {
    await exec([
      'ssh-keygen',
      '-q',
      '-t',
      type,
      '-N',
      '',
      '-C',
      `root@${machine.name}`,
      '-f',
      at(`etc/ssh/ssh_host_${type}_key`),
    ]);
  }
  await authorize(at(`home/${LAB_USER}/.ssh`), await readFile(`${paths.sshKey}.pub`, 'utf8'));
}

async function authorize(folder: string, publicKey: string): Promise<void> {
  const file = join(folder, 'authorized_keys');
  await mkdir(folder, { recursive: true });
  await appendFile(file, publicKey);
  await chmod(folder, 0o700);
  await chmod(file, 0o600);
  for (const path of [folder, file]) await chown(path, LAB_USER_ID, LAB_USER_ID);
}

/** Every machine resolves the others by name, as in the users' own lab. */
function hostsFile(machines: readonly LabMachine[]): string {
  const lines = machines.map((m) => `${m.address} ${m.name}`);
  return ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback', ...lines, ''].join('\n');
}

/** A writable layer, empty. */
export async function makeLayer(machineDir: string, upper: string): Promise<void> {
  for (const dir of [upper, workOf(upper)]) await mkdir(join(machineDir, dir), { recursive: true });
}

/** The machine's root: its own layers over the common one. Changes nothing if already mounted. */
export async function mountRoot(rootfs: string, machine: SavedMachine, paths: LabPaths): Promise<void> {
  const { dir, root } = machinePaths(paths, machine.name);
  if ((await mountsBelow(dir)).includes(root)) return;
  await mkdir(root, { recursive: true });
  const { upper, layers } = machine.disk ?? FIRST_DISK;
  const lower = [...layers.map((layer) => join(dir, layer)), rootfs].join(':');
  const options = `lowerdir=${lower},upperdir=${join(dir, upper)},workdir=${join(dir, workOf(upper))}`;
  await exec(['mount', '-t', 'overlay', paths.id, '-o', options, root]);
}

/** Unmounts the machine's root and removes its directory. */
export async function removeDisk(name: string, paths: LabPaths): Promise<void> {
  const { dir } = machinePaths(paths, name);
  await unmountBelow(dir);
  await removeTree(dir);
}

/** Never enters another file system that may still be mounted. */
export async function removeTree(dir: string): Promise<void> {
  await exec(['rm', '-rf', '--one-file-system', dir]);
}

export async function unmountBelow(dir: string): Promise<void> {
  for (const target of (await mountsBelow(dir)).reverse()) {
    if ((await tryExec(['umount', target])).code !== 0) await exec(['umount', '--lazy', target]);
  }
}

/** Mount points in and below a directory, in the order in which they were mounted. */
async function mountsBelow(dir: string): Promise<string[]> {
  return parseMounts(await readFile('/proc/self/mountinfo', 'utf8')).filter((m) => m === dir || m.startsWith(`${dir}/`));
}

/** The mount points of /proc/self/mountinfo, where spaces are written as \040. */
function parseMounts(mountinfo: string): string[] {
  return mountinfo
    .split('\n')
    .filter(Boolean)
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}

/** Lines of a known_hosts file for a machine, from the public halves on its disk. */
export async function knownHostsLines(machine: LabMachine, paths: LabPaths): Promise<string[]> {
  const { root } = machinePaths(paths, machine.name);
  const keys = HOST_KEY_TYPES.map((type) => readFile(join(root, `etc/ssh/ssh_host_${type}_key.pub`), 'utf8'));
  return (await Promise.all(keys)).map((text) => {
    const [type, key] = text.trim().split(/\s+/);
    return `${machine.name},${machine.address} ${type} ${key}`;
  });
}

/** The last lines of what the machine printed while it booted, without colours. */
export async function consoleTail(name: string, paths: LabPaths): Promise<string> {
  const text = await readFile(machinePaths(paths, name).console, 'utf8').catch(() => '');
  // Terminal sequences and carriage returns are removed.
  const plain = text.replace(/\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]/g, '');
  return plain.trim().split('\n').slice(-10).join('\n');
}
