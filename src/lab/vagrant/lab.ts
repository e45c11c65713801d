import { readFile, rm, rmdir } from 'node:fs/promises';
import { InputError, KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { withLabLock } from '../box/lock.js';
import { labPaths } from '../box/paths.js';
import type { LabControl, LabStatus, OnProgress, SnapshotInfo, SnapshotRequest } from '../provider.js';
import { removeFiles } from './inventory.js';
import { type VagrantPaths, vagrantPaths } from './paths.js';
import { loadVagrantLab, type SavedVagrantLab } from './state.js';
import { failureText, type Vagrant, type VagrantResult, vagrantIn } from './tool/cli.js';
import { NEEDS } from './tool/hypervisor.js';
import { progressOf } from './tool/progress.js';
import { parseSshConfig } from './tool/ssh-config.js';
import { bringUp, type Signals, type VagrantSpec } from './up.js';

export interface VagrantLab extends LabControl {
  /** As LabProvider.up, for machines that are already planned. */
  up(spec: VagrantSpec, onProgress: OnProgress, signals?: Signals): Promise<SavedVagrantLab>;
  /** Whether there is a Vagrant lab. */
  exists(): Promise<boolean>;
}

/** A lab of virtual machines made by Vagrant. Needs `vagrant` and one of its providers. */
export function createVagrantLab(paths: VagrantPaths = vagrantPaths()): VagrantLab {
  const vagrant = vagrantIn(paths.folder);
  return {
    exists: async () => (await loadVagrantLab(paths)) !== undefined,
    up: (spec, onProgress, signals = {}) =>
      locked(paths, () => bringUp(spec, paths, (folder) => vagrantIn(folder), onProgress, signals)),
    status: () => status(paths, vagrant),
    sshArgs: async (name) => {
      await find(paths, name);
      return sshArguments(name, paths, vagrant);
    },
    stop: (name) =>
      locked(paths, async () => {
        await find(paths, name);
        must(await vagrant(['halt', name, '--machine-readable']), `${name} was not shut down`);
      }),
    start: (name) =>
      locked(paths, async () => {
        const lab = await find(paths, name);
        must(await vagrant(['up', name, '--provider', lab.hypervisor, '--machine-readable']), `${name} did not come up`);
      }),
    down: (onProgress, o) => locked(paths, () => down(paths, vagrant, onProgress, o?.destroy ?? false)),
    snapshot: (request, onProgress) => locked(paths, () => snapshot(request, paths, vagrant, onProgress)),
  };
}

/** Vagrant locks each machine; this keeps two commands from working on the same lab. /proc shows whether a lock's owner is alive. */
async function locked<T>(paths: VagrantPaths, work: () => Promise<T>): Promise<T> {
  return process.platform === 'linux' ? withLabLock(labPaths({ stateDir: paths.stateDir }), work) : work();
}

async function status(paths: VagrantPaths, vagrant: Vagrant): Promise<LabStatus> {
  const lab = await loadVagrantLab(paths);
  if (!lab) return { machines: [] };
  const result = must(await vagrant(['status', '--machine-readable']), 'Vagrant does not report the state of its machines');
  const states = new Map(result.rows.filter((r) => r.type === 'state-human-short').map((r) => [r.target, r.data[0] ?? '']));
  return {
    machines: lab.machines.map(({ name, address }) => {
      const state = states.get(name) ?? 'unknown';
      return { name, address, state, running: state === 'running' };
    }),
    inventoryDir: lab.inventoryDir,
    inventories: lab.inventories,
    by: `Vagrant with ${NEEDS[lab.hypervisor].title}`,
  };
}

/** As Vagrant logs in, with the host keys that `lab up` saw. */
async function sshArguments(name: string, paths: VagrantPaths, vagrant: Vagrant): Promise<string[]> {
  const result = must(await vagrant(['ssh-config', name]), `Vagrant does not report how to reach ${name}`);
  const login = parseSshConfig(result.stdout).get(name);
  if (!login)
    throw new KubewrightError({
      what: `Vagrant does not report how to reach ${name}`,
      fix: `Start it: kubewright lab start ${name}`,
    });
  const known = await readFile(paths.knownHosts, 'utf8').catch(() => '');
  const options = {
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: `"${paths.knownHosts}"`,
    GlobalKnownHostsFile: '/dev/null',
    // The key is known by the machine's name, whatever port leads to it today. An interrupted `up` had none yet.
    HostKeyAlias: name,
    StrictHostKeyChecking: known.split('\n').some((line) => line.startsWith(`${name},`)) ? 'yes' : 'accept-new',
    LogLevel: 'ERROR',
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const keys = login.keys.flatMap((key) => ['-i', key]);
  return ['-F', '/dev/null', ...keys, ...flags, '-p', String(login.port), '-l', login.user, login.host];
}

async function down(paths: VagrantPaths, vagrant: Vagrant, onProgress: OnProgress, destroy: boolean): Promise<void> {
  const lab = await loadVagrantLab(paths);
  if (!lab) return onProgress({ stage: 'lab', text: 'there is none', over: true });
  const run = { onRow: (row: VagrantResult['rows'][number]) => report(row, onProgress) };
  if (!destroy) {
    must(await vagrant(['halt', '--machine-readable'], run), 'Not all machines were shut down');
    return onProgress({
      stage: 'lab',
      text: 'is off; `kubewright lab up` boots it again, `kubewright lab down --destroy` removes it',
      over: true,
    });
  }
  must(await vagrant(['destroy', '--force', '--machine-readable'], run), 'Not all machines were removed');
  await removeFiles(lab.inventoryDir);
  // Only our own files: the user chose the directory.
  for (const own of [paths.stateFile, paths.folder, paths.knownHosts]) await rm(own, { recursive: true, force: true });
  await rmdir(paths.stateDir).catch(() => {});
  onProgress({ stage: 'lab', text: 'removed; the boxes stay (`vagrant box list`)', over: true });
}

async function snapshot(
  request: SnapshotRequest,
  paths: VagrantPaths,
  vagrant: Vagrant,
  onProgress: OnProgress,
): Promise<readonly SnapshotInfo[]> {
  if (!(await loadVagrantLab(paths))) throw noLab(paths);
  const run = { onRow: (row: VagrantResult['rows'][number]) => report(row, onProgress) };
  if (request.action === 'list') {
    const result = must(await vagrant(['snapshot', 'list', '--machine-readable']), 'Vagrant does not list its snapshots');
    return snapshotNames(result).map((name) => ({ name }));
  }
  const { action, name } = request;
  const more = action === 'restore' ? ['--no-provision'] : [];
  must(
    await vagrant(['snapshot', action, name, ...more, '--machine-readable'], run),
    `The snapshot ${name} was not ${{ save: 'saved', restore: 'restored', delete: 'deleted' }[action]} on all machines`,
  );
  return [{ name }];
}

/** `snapshot list` prints each machine's names between a heading and notes. */
function snapshotNames(result: VagrantResult): string[] {
  const rows = result.rows.filter((r) => r.type === 'ui' && (r.data[0] === 'detail' || r.data[0] === 'output'));
  const names = rows.flatMap((r) => (r.data[1] ?? '').split('\n').map((l) => l.replace(/^(==>|\s{4}) ?[\w.-]+: ?/, '').trim()));
  return [...new Set(names.filter((n) => n !== '' && !/\s/.test(n)))];
}

function report(row: VagrantResult['rows'][number], onProgress: OnProgress): void {
  const step = progressOf(row);
  if (step) onProgress(step);
}

async function find(paths: VagrantPaths, name: string): Promise<SavedVagrantLab> {
  const lab = await loadVagrantLab(paths);
  if (!lab) throw noLab(paths);
  if (lab.machines.some((m) => m.name === name)) return lab;
  throw new InputError({
    what: `The lab has no machine '${name}'`,
    fix: `Name one of ${lab.machines.map((m) => m.name).join(', ')}`,
  });
}

function noLab(paths: VagrantPaths): InputError {
  return new InputError({
    what: 'There is no lab',
    where: wholeFile(paths.stateDir),
    fix: 'Make one with `kubewright lab up --provider vagrant`',
  });
}

function must(result: VagrantResult, what: string): VagrantResult {
  if (result.code === 0) return result;
  if (result.code === 127)
    throw new InputError({ what: 'Vagrant is not installed', fix: 'Reinstall it: this lab was made with it' });
  throw new KubewrightError({
    what,
    why: failureText(result) || `Vagrant ended with exit code ${result.code}`,
    fix: 'Fix what Vagrant complains about, then run the same command again',
  });
}
