import { spawn } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.js';
import { boxHierarchies, machineCgroups, makeCgroups, removeCgroups } from '../box/cgroups.js';
import { FIRST_DISK, type LabPaths, machinePaths, PLAIN_FOLDERS } from '../box/paths.js';
import { identify, isAlive, signalProcess, waitUntil } from '../box/processes.js';
import { consoleTail, mountRoot } from './disk.js';
import { ensureCable, removeCable } from './network.js';
import { type SavedLab, type SavedMachine, saveState } from './state.js';

const BOOT_TIMEOUT_MS = 120_000;
const POWEROFF_TIMEOUT_MS = 45_000;

/** Joins every cgroup that is listed before `--`, then becomes the program after it: all its children start there. */
const JOIN = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"';

/** The arguments of systemd-nspawn(1) for a machine. */
function nspawnArgs(lab: SavedLab, machine: SavedMachine, paths: LabPaths): string[] {
  const own = machinePaths(paths, machine.name);
  const plain = join(own.dir, (machine.disk ?? FIRST_DISK).plain);
  return [
    'systemd-nspawn',
    '--quiet',
    '--boot',
    `--directory=${own.root}`,
    // Not the name alone: a second lab on this box has the same names.
    `--machine=${own.netns}`,
    `--hostname=${machine.name}`,
    // Neither machined nor a separate unit: works without systemd on the box, and the cgroups are ours.
    '--register=no',
    '--keep-unit',
    `--network-namespace-path=/run/netns/${own.netns}`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    // A container runtime in the machine needs everything that root on a real machine may do.
    '--capability=all',
    '--system-call-filter=@known add_key keyctl bpf perf_event_open',
    '--bind=/dev/kmsg',
    '--bind=/dev/fuse',
    ...PLAIN_FOLDERS.map((f) => `--bind=${join(plain, f)}:/var/lib/${f}`),
    // From systemd 256 on init runs under cgroup v1 only if it is told to.
    ...(lab.os === 'debian13' ? ['SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'] : []),
  ];
}

/** Boots a machine with a prepared disk, unless it is running, and waits until its sshd answers. */
export async function bootMachine(lab: SavedLab, machine: SavedMachine, paths: LabPaths, signal?: AbortSignal): Promise<void> {
  if (!(await isAlive(machine.process))) {
    await removeCgroups(machine.cgroups); // left by an interrupted boot, or by a reboot of the box
    machine.process = undefined;
    // A machine that was off has neither routes nor firewall rules of its last boot.
    await removeCable(machine.name, paths);
    await ensureCable(machine, lab.subnet, paths);
    await mountRoot(lab.rootfs, machine, paths);
    const hierarchies = await boxHierarchies();
    machine.cgroups = machineCgroups(hierarchies, machinePaths(paths, machine.name).cgroup);
    await saveState(paths, lab);
    await makeCgroups(machine.cgroups, hierarchies);
    await launch(lab, machine, paths);
    await saveState(paths, lab);
  }
  await waitForSshd(machine, paths, signal);
}

async function launch(lab: SavedLab, machine: SavedMachine, paths: LabPaths): Promise<void> {
  const { console: log } = machinePaths(paths, machine.name);
  const out = await open(log, 'w', 0o600);
  try {
    const argv = ['-euc', JOIN, 'sh', ...machine.cgroups, '--', ...nspawnArgs(lab, machine, paths)];
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1' };
    const child = spawn('sh', argv, { detached: true, stdio: ['ignore', out.fd, out.fd], env, cwd: '/' });
    child.on('error', () => {}); // no pid then, which is reported below
    child.unref();
    machine.process = child.pid === undefined ? undefined : await identify(child.pid);
  } finally {
    await out.close();
  }
}

async function waitForSshd(machine: SavedMachine, paths: LabPaths, signal?: AbortSignal): Promise<void> {
  let alive = true;
  const answered = await waitUntil(async () => {
    signal?.throwIfAborted();
    alive = await isAlive(machine.process);
    return !alive || (await sshdAnswers(machine.address));
  }, BOOT_TIMEOUT_MS);
  if (answered && alive) return;
  throw new KubewrightError({
    what: alive ? `${machine.name} booted, but its sshd does not answer` : `${machine.name} did not boot`,
    where: `${machine.name} (${machine.address})`,
    why: (await consoleTail(machine.name, paths)) || undefined,
    fix: `Read ${machinePaths(paths, machine.name).console}, then run \`kubewright lab up\` again`,
  });
}

/** Whether an SSH server answers on the port. */
function sshdAnswers(address: string, port = 22): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('end', () => end(false));
    socket.once('data', (data) => end(data.toString('latin1').startsWith('SSH-')));
  });
}

/** Asks the machine to power off, and kills it if that takes too long. Its disk, cable and mount stay. */
export async function powerOff(machine: SavedMachine, paths: LabPaths, polite = true): Promise<void> {
  const id = machine.process;
  if (id && polite) {
    await signalProcess(id, 'SIGTERM'); // systemd-nspawn passes it to the machine's init as a request to power off
    await waitUntil(async () => !(await isAlive(id)), POWEROFF_TIMEOUT_MS);
  }
  if (id) {
    await signalProcess(id, 'SIGKILL');
    await waitUntil(async () => !(await isAlive(id)), 5_000);
  }
  if (!(await removeCgroups(machine.cgroups))) {
    throw new KubewrightError({
      what: `Some processes of ${machine.name} can't be killed`,
      where: machine.cgroups.join(', '),
      why: 'They are blocked in the kernel, probably on a disk or a network file system',
      fix: 'Run the same command again later; if that does not help, reboot this box',
    });
  }
  machine.process = undefined;
  machine.cgroups = [];
  // systemd-nspawn leaves this behind when it is killed.
  await rm(`/run/systemd/nspawn/propagate/${machinePaths(paths, machine.name).netns}`, { recursive: true, force: true });
}
