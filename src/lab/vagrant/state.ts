import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError, KubewrightError } from '../../base/errors.js';
import { hasCode, ioError } from '../../base/io-error.js';
import { wholeFile } from '../../base/place.js';
import type { VagrantMachine } from './machines.js';
import type { VagrantPaths } from './paths.js';
import type { Hypervisor } from './tool/boxes.js';

/** What `up` has made or is about to make: written before Vagrant starts. */
export interface SavedVagrantLab {
  readonly version: 1;
  readonly provider: 'vagrant';
  readonly hypervisor: Hypervisor;
  /** The user's inventories; empty if the lab made its own. */
  readonly inventories: readonly string[];
  readonly inventoryDir: string;
  readonly machines: readonly VagrantMachine[];
}

/** Undefined if there is no lab. */
export async function loadVagrantLab(paths: VagrantPaths): Promise<SavedVagrantLab | undefined> {
  let text: string;
  try {
    text = await readFile(paths.stateFile, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new KubewrightError(
      ioError('The record of the lab cannot be read', paths.stateFile, error, 'Run the command as the user who made the lab'),
    );
  }
  try {
    const value = JSON.parse(text) as Partial<SavedVagrantLab>;
    if (value.version === 1 && Array.isArray(value.machines)) return value as SavedVagrantLab;
  } catch {
    // reported below
  }
  throw new KubewrightError({
    what: 'The record of the lab is invalid',
    where: wholeFile(paths.stateFile),
    why: 'It is damaged, or a newer Kubewright wrote it',
    fix: `Run \`vagrant destroy\` in ${paths.folder}, then remove ${paths.stateDir}`,
  });
}

export async function saveText(file: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, text, { mode });
  await rename(`${file}.new`, file);
}

/** What an existing lab can't change. @throws InputError. */
export function checkChange(old: SavedVagrantLab | undefined, wanted: SavedVagrantLab, paths: VagrantPaths): void {
  if (!old) return;
  const refuse = (what: string, why: string) =>
    new InputError({
      what,
      where: wholeFile(paths.stateDir),
      why,
      fix: 'Run `kubewright lab down --destroy` first, or request the same as before',
    });
  if (old.hypervisor !== wanted.hypervisor) {
    throw refuse("An existing lab can't change its provider", `It has ${old.hypervisor}, requested is ${wanted.hypervisor}`);
  }
  if (old.inventoryDir !== wanted.inventoryDir) {
    throw refuse(
      "An existing lab can't change its inventory's directory",
      `It has ${old.inventoryDir}, requested is ${wanted.inventoryDir}`,
    );
  }
  const gone = old.machines.filter((m) => !wanted.machines.some((w) => w.name === m.name && w.address === m.address));
  if (gone.length > 0) {
    throw refuse(
      "An existing lab can't lose machines or change their addresses",
      `It has ${gone.map((m) => `${m.name} (${m.address})`).join(', ')}`,
    );
  }
}
