import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FIRST_DISK, type LabPaths, machinePaths, PLAIN_FOLDERS, workOf } from '../../box/paths.js';
import { removeTree } from '../disk.js';
import type { SavedLab } from '../state.js';
import type { SnapshotRecord } from './records.js';

/** Removes the directories of machines that neither the lab nor a snapshot is made of: what a restore replaced, what a killed command left. */
export async function removeUnused(lab: SavedLab, records: readonly SnapshotRecord[], paths: LabPaths): Promise<void> {
  for (const { name, disk = FIRST_DISK } of lab.machines) {
    const { dir } = machinePaths(paths, name);
    const saved = records.flatMap((r) => r.machines.filter((m) => m.name === name).map((m) => m.disk));
    const plain = [disk, ...saved].map((d) => d.plain);
    const used = new Set([disk.upper, workOf(disk.upper), ...plain, ...[disk, ...saved].flatMap((d) => d.layers)]);
    if (plain.includes(FIRST_DISK.plain)) for (const folder of PLAIN_FOLDERS) used.add(folder);
    for (const entry of await readdir(dir).catch(() => [] as string[])) {
      const ours = /^(upper|work|plain)(-|$)/.test(entry) || PLAIN_FOLDERS.some((f) => f === entry);
      if (ours && !used.has(entry)) await removeTree(join(dir, entry));
    }
  }
}
