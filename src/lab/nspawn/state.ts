import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { KubewrightError } from '../../base/errors.js';
import { hasCode } from '../../base/io-error.js';
import { wholeFile } from '../../base/place.js';
import type { LabPaths, MachineDisk } from '../box/paths.js';
import type { ProcessId } from '../box/processes.js';
import type { LabMachine, LabOs, LabSettings } from '../provider.js';

/** What `up` has made or is about to make: written *before* each thing is made, so that `down` finds all of it. */
export interface SavedLab {
  readonly version: 1;
  readonly subnet: string;
  readonly inventoryDir: string;
  readonly rootfs: string;
  /** Undefined: debian12, as in labs of older versions. */
  readonly os?: LabOs;
  /** Kernel settings of the box that the lab or its machines change, with their previous values. */
  sysctls: Record<string, string>;
  machines: SavedMachine[];
  /** As in LabSpec. Labs of older versions have none. */
  settings?: { readonly chosen: LabSettings; readonly asked: LabSettings };
}

export interface SavedMachine extends LabMachine {
  /** The systemd-nspawn process. */
  process?: ProcessId;
  /** The machine's directories in each cgroup hierarchy. */
  cgroups: string[];
  /** Its disk is complete; otherwise `up` makes it again. */
  prepared?: boolean;
  /** Undefined: FIRST_DISK, as before the first snapshot. */
  disk?: MachineDisk;
}

/** Undefined if there is no lab. */
export async function loadState(paths: LabPaths): Promise<SavedLab | undefined> {
  let text: string;
  try {
    text = await readFile(paths.stateFile, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const state = parseState(text);
  if (state) return state;
  throw new KubewrightError({
    what: 'The record of the lab is invalid',
    where: wholeFile(paths.stateFile),
    why: 'It is damaged, or a newer Kubewright wrote it',
    fix: `Use the Kubewright that made the lab, or remove ${paths.stateDir} after stopping its machines by hand`,
  });
}

function parseState(text: string): SavedLab | undefined {
  try {
    const value = JSON.parse(text) as Partial<SavedLab>;
    return value.version === 1 && Array.isArray(value.machines) ? (value as SavedLab) : undefined;
  } catch {
    return undefined;
  }
}

/** Atomic: a kill leaves either the old record or the new one. */
export async function saveState(paths: LabPaths, state: SavedLab): Promise<void> {
  await mkdir(paths.stateDir, { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(state, null, 2)}\n`;
  // Several machines come up at once: writers take turns in the order in which the texts were made.
  writing = writing.then(async () => {
    const temporary = `${paths.stateFile}.new`;
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, paths.stateFile);
  });
  await writing;
}

let writing: Promise<void> = Promise.resolve();
