import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../base/errors.js';
import { wholeFile } from '../../../base/place.js';
import type { LabPaths, MachineDisk } from '../../box/paths.js';

/** A snapshot of all machines of a lab: which directories made up their disks. Written last, so that a record is complete. */
export interface SnapshotRecord {
  readonly version: 1;
  readonly name: string;
  /** ISO 8601. */
  readonly savedAt: string;
  /** What the copies occupy; layers and files that the machines still share are not counted. */
  readonly bytes: number;
  readonly machines: readonly SnapshotMachine[];
}

export interface SnapshotMachine {
  readonly name: string;
  /** `upper` is missing: the snapshot's own writable layer is the first of `layers`, which is not written to any more. */
  readonly disk: Omit<MachineDisk, 'upper'>;
  /** As in `copyPlain`. */
  readonly writable: WritableSnapshots;
}

/** The numbers of containerd's snapshots that containers were writing to; 'unknown' of a machine that was off. */
export type WritableSnapshots = readonly string[] | 'unknown';

export async function listRecords(paths: LabPaths): Promise<SnapshotRecord[]> {
  const files = await readdir(paths.snapshots).catch(() => [] as string[]);
  const records = files.filter((f) => f.endsWith('.json')).map((f) => readRecord(join(paths.snapshots, f)));
  return (await Promise.all(records)).sort((a, b) => a.savedAt.localeCompare(b.savedAt));
}

async function readRecord(file: string): Promise<SnapshotRecord> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as SnapshotRecord;
    if (value.version === 1 && Array.isArray(value.machines)) return value;
  } catch {
    // reported below
  }
  throw new InputError({
    what: 'The record of a snapshot is invalid',
    where: wholeFile(file),
    why: 'It is damaged, or a newer Kubewright wrote it',
    fix: 'Use the Kubewright that saved it, or remove that file: the snapshot is lost then',
  });
}

/** Atomic. */
export async function writeRecord(record: SnapshotRecord, paths: LabPaths): Promise<void> {
  await mkdir(paths.snapshots, { recursive: true, mode: 0o700 });
  const file = join(paths.snapshots, `${record.name}.json`);
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function removeRecord(name: string, paths: LabPaths): Promise<void> {
  await rm(join(paths.snapshots, `${name}.json`));
}
