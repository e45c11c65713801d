import { InputError, InterruptedError, KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { requireRoot } from '../../base/root.js';
import { withLabLock } from '../box/lock.js';
import { type LabFolders, type LabPaths, labPaths } from '../box/paths.js';
import { isAlive, startedAt } from '../box/processes.js';
import type { LabProvider, LabStatus } from '../provider.js';
import { tearDown } from './down.js';
import { bootMachine, powerOff } from './machine.js';
import { LAB_USER } from './recipe.js';
import { snapshotLab } from './snapshots/snapshots.js';
import { loadState, type SavedLab, type SavedMachine, saveState } from './state.js';
import { bringUp, ensureHost } from './up.js';

export { LAB_PACKAGES } from './recipe.js';

/** A lab of systemd-nspawn machines on this box. Needs root, and Debian's packages of LAB_PACKAGES. */
export function createNspawnLab(folders: LabFolders = {}): LabProvider {
  const paths = labPaths(folders);
  return {
    async up(spec, onProgress, signal) {
      requireLabRoot();
      try {
        return await withLabLock(paths, () => bringUp(spec, paths, onProgress, signal));
      } catch (error) {
        if (!signal?.aborted) throw error;
        throw new InterruptedError({
          what: 'Interrupted: the lab is half up',
          where: wholeFile(paths.stateDir),
          fix: 'Run `kubewright lab up` again to resume, or `kubewright lab down` to remove what is there',
          cause: error,
        });
      }
    },

    status: () => status(paths),

    chosen: async () => (await loadState(paths))?.settings?.chosen,

    async sshArgs(name) {
      const { machine } = await find(paths, name);
      return sshArguments(paths, machine.address);
    },

    async stop(name) {
      requireLabRoot();
      await withLabLock(paths, async () => {
        const { lab, machine } = await find(paths, name);
        await powerOff(machine, paths);
        await saveState(paths, lab);
      });
    },

    async start(name) {
      requireLabRoot();
      await withLabLock(paths, async () => {
        const { lab, machine } = await find(paths, name);
        if (!machine.prepared) throw halfMade(name);
        await ensureHost(lab, paths);
        await bootMachine(lab, machine, paths);
      });
    },

    async down(onProgress) {
      requireLabRoot();
      await withLabLock(paths, () => tearDown(paths, onProgress));
    },

    async snapshot(request, onProgress, signal) {
      requireLabRoot();
      try {
        return await withLabLock(paths, async () => snapshotLab(request, await existing(paths), paths, onProgress, signal));
      } catch (error) {
        if (!signal?.aborted) throw error;
        throw new InterruptedError({
          what: 'Interrupted: the lab is as it was before',
          where: wholeFile(paths.stateDir),
          fix: 'Run the same command again',
          cause: error,
        });
      }
    },
  };
}

/** What the real ssh needs to log in to a lab machine without a question. */
function sshArguments(paths: LabPaths, address: string): string[] {
  const options = {
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: paths.sshKnownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    LogLevel: 'ERROR',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  // No configuration file: the user's own might redirect this address.
  return ['-F', '/dev/null', '-i', paths.sshKey, ...flags, '-l', LAB_USER, address];
}

async function status(paths: LabPaths): Promise<LabStatus> {
  const lab = await loadState(paths);
  if (!lab) return { machines: [] };
  const machines = lab.machines.map(async ({ name, address, process }) => {
    const running = await isAlive(process);
    return { name, address, running, ...(running && process ? { since: await startedAt(process) } : {}) };
  });
  return { machines: await Promise.all(machines), inventoryDir: lab.inventoryDir, by: 'systemd-nspawn' };
}

async function find(paths: LabPaths, name: string): Promise<{ lab: SavedLab; machine: SavedMachine }> {
  const lab = await existing(paths);
  const machine = lab.machines.find((m) => m.name === name);
  if (machine) return { lab, machine };
  const names = lab.machines.map((m) => m.name).join(', ');
  throw new InputError({ what: `The lab has no machine '${name}'`, fix: `Name one of ${names}` });
}

async function existing(paths: LabPaths): Promise<SavedLab> {
  const lab = await loadState(paths);
  if (lab) return lab;
  throw new InputError({ what: 'There is no lab', where: wholeFile(paths.stateDir), fix: 'Make one with `kubewright lab up`' });
}

function halfMade(name: string): KubewrightError {
  return new KubewrightError({
    what: `${name} is incomplete`,
    why: '`kubewright lab up` was interrupted',
    fix: 'Run `kubewright lab up` again: it resumes',
  });
}

function requireLabRoot(): void {
  requireRoot('A lab on this box', 'It mounts disks, makes network interfaces and starts containers');
}
