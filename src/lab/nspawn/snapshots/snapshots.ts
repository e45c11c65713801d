import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, KubewrightError } from '../../../base/errors.js';
import { wholeFile } from '../../../base/place.js';
import { FIRST_DISK, type LabPaths, type MachineDisk, machinePaths } from '../../box/paths.js';
import { inParallel } from '../../box/pool.js';
import { isAlive } from '../../box/processes.js';
import type { OnProgress, SnapshotInfo, SnapshotRequest } from '../../provider.js';
import { makeLayer, unmountBelow } from '../disk.js';
import { bootMachine, powerOff } from '../machine.js';
import { type SavedLab, type SavedMachine, saveState } from '../state.js';
import { ensureHost } from '../up.js';
import { copyPlain, copySize, writableSnapshots } from './copy.js';
import { listRecords, removeRecord, type SnapshotMachine, type SnapshotRecord, writeRecord } from './records.js';
import { removeUnused } from './unused.js';

const AT_ONCE = 4;
/** Bytes that stay free: machines go on writing. */
const RESERVE = 1_000_000_000;
/** mount(2) takes one page of options, and each layer's path is part of them. */
const MOST_LAYERS = 20;

/**
 * Snapshots of all machines at once, under the lab's lock. The common root and all earlier layers stay where they are; saving ends the
 * writable layer of each machine and gives it a new one, so only what must not be on an overlay is copied. The lab's record changes
 * all machines in one write: a command that is cut off leaves the lab as it was before or as it is afterwards.
 */
export async function snapshotLab(
  request: SnapshotRequest,
  lab: SavedLab,
  paths: LabPaths,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<SnapshotInfo[]> {
  const records = await listRecords(paths);
  if (request.action === 'list') return records.map(info);
  await removeUnused(lab, records, paths);
  const { action, name } = request;
  const found = records.find((r) => r.name === name);
  if (action === 'save') {
    if (found) throw exists(name);
    return [info(await save(name, lab, paths, onProgress, signal))];
  }
  if (!found) throw unknown(name, records);
  if (action === 'restore') await restore(found, lab, paths, onProgress, signal);
  else await removeRecord(name, paths);
  await removeUnused(lab, await listRecords(paths), paths);
  return [info(found)];
}

async function save(
  name: string,
  lab: SavedLab,
  paths: LabPaths,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<SnapshotRecord> {
  checkDisks(lab);
  const running = await runningOf(lab);
  const machines = await Promise.all(
    lab.machines.map(async (machine): Promise<SnapshotMachine> => {
      const { upper, layers } = diskOf(machine);
      return {
        name: machine.name,
        disk: { layers: [upper, ...layers], plain: newName('plain') },
        writable: running.includes(machine) ? await writableSnapshots(machine.cgroups) : 'unknown',
      };
    }),
  );
  const sizes = await Promise.all(machines.map((m, i) => copySize(plainOf(lab.machines[i], paths), m.writable)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  await needSpace(bytes, paths);

  // All are off before the first is copied: no member of etcd has gone on without another.
  await stopAll(running, lab, paths, onProgress, true);
  try {
    await inParallel(machines, AT_ONCE, async (m) => {
      signal?.throwIfAborted();
      onProgress({ stage: m.name, text: 'saving its disk' });
      const from = plainOf(
        lab.machines.find((l) => l.name === m.name),
        paths,
      );
      await copyPlain(from, join(machinePaths(paths, m.name).dir, m.disk.plain), m.writable, signal);
    });
    // The layers are closed first: a record must never name one that is still written to.
    await switchDisks(lab, paths, ({ disk = FIRST_DISK }) => ({
      upper: newName('upper'),
      layers: [disk.upper, ...disk.layers],
      plain: disk.plain,
    }));
    const record: SnapshotRecord = { version: 1, name, savedAt: new Date().toISOString(), bytes, machines };
    await writeRecord(record, paths);
    return record;
  } finally {
    await bootAll(running, lab, paths, onProgress);
  }
}

async function restore(
  record: SnapshotRecord,
  lab: SavedLab,
  paths: LabPaths,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<void> {
  const saved = new Map(record.machines.map((m) => [m.name, m]));
  const other = lab.machines.filter((m) => !saved.has(m.name)).map((m) => m.name);
  if (other.length > 0 || saved.size !== lab.machines.length) {
    throw new InputError({
      what: `The snapshot ${record.name} is one of other machines`,
      why: `The lab has ${lab.machines.map((m) => m.name).join(', ')}; the snapshot ${[...saved.keys()].join(', ')}`,
      fix: 'Make a lab of the same machines and save it, or restore a snapshot that has them all',
    });
  }
  await needSpace(record.bytes, paths);
  const copies = new Map<string, string>();
  await inParallel(record.machines, AT_ONCE, async (m) => {
    signal?.throwIfAborted();
    onProgress({ stage: m.name, text: 'copying its disk' });
    const { dir } = machinePaths(paths, m.name);
    const copy = newName('plain');
    await copyPlain(join(dir, m.disk.plain), join(dir, copy), m.writable, signal);
    copies.set(m.name, copy);
  });
  signal?.throwIfAborted();
  // What they are at is thrown away: no clean shutdown.
  await stopAll(lab.machines, lab, paths, onProgress, false);
  await switchDisks(lab, paths, (machine) => ({
    upper: newName('upper'),
    layers: saved.get(machine.name)?.disk.layers ?? [],
    plain: copies.get(machine.name) ?? FIRST_DISK.plain,
  }));
  await bootAll(lab.machines, lab, paths, onProgress);
}

/** All machines in one write of the record. They are off. */
async function switchDisks(lab: SavedLab, paths: LabPaths, next: (machine: SavedMachine) => MachineDisk): Promise<void> {
  const disks = new Map(lab.machines.map((m) => [m, next(m)]));
  for (const [machine, disk] of disks) {
    const { dir } = machinePaths(paths, machine.name);
    await unmountBelow(dir);
    await makeLayer(dir, disk.upper);
  }
  for (const [machine, disk] of disks) machine.disk = disk;
  await saveState(paths, lab);
}

async function stopAll(
  machines: readonly SavedMachine[],
  lab: SavedLab,
  paths: LabPaths,
  onProgress: OnProgress,
  polite: boolean,
): Promise<void> {
  await inParallel(machines, machines.length, async (machine) => {
    onProgress({ stage: machine.name, text: 'shutting down' });
    await powerOff(machine, paths, polite);
  });
  await saveState(paths, lab);
}

async function bootAll(machines: readonly SavedMachine[], lab: SavedLab, paths: LabPaths, onProgress: OnProgress): Promise<void> {
  if (machines.length > 0) await ensureHost(lab, paths);
  await inParallel(machines, AT_ONCE, async (machine) => {
    onProgress({ stage: machine.name, text: 'booting' });
    await bootMachine(lab, machine, paths);
    onProgress({ stage: machine.name, text: `booted, sshd answers on ${machine.address}`, over: true });
  });
}

async function runningOf(lab: SavedLab): Promise<SavedMachine[]> {
  const alive = await Promise.all(lab.machines.map((m) => isAlive(m.process)));
  return lab.machines.filter((_, i) => alive[i]);
}

function diskOf({ disk = FIRST_DISK }: SavedMachine): MachineDisk {
  return disk;
}

function plainOf(machine: SavedMachine | undefined, paths: LabPaths): string {
  return machine ? join(machinePaths(paths, machine.name).dir, diskOf(machine).plain) : '';
}

function newName(kind: 'upper' | 'plain'): string {
  return `${kind}-${randomBytes(4).toString('hex')}`;
}

function info({ name, savedAt, bytes }: SnapshotRecord): SnapshotInfo {
  return { name, savedAt: new Date(savedAt), bytes };
}

/** @throws KubewrightError if the disk would be too full afterwards. */
async function needSpace(bytes: number, paths: LabPaths): Promise<void> {
  const disk = await statfs(paths.stateDir);
  const free = disk.bavail * disk.bsize;
  if (free >= bytes + RESERVE) return;
  const mb = (n: number) => `${Math.ceil(n / 1e6)} MB`;
  throw new KubewrightError({
    what: 'Not enough disk space for the copies of the machines',
    where: wholeFile(paths.stateDir),
    why: `They need ${mb(bytes)}, and ${mb(RESERVE)} must stay free for the machines; ${mb(free)} are free`,
    fix: 'Delete snapshots that you no longer need (`kubewright lab snapshot list`), or free space on that file system',
  });
}

function checkDisks(lab: SavedLab): void {
  const half = lab.machines.filter((m) => !m.prepared).map((m) => m.name);
  if (half.length > 0) {
    throw new InputError({
      what: `The lab is half made: ${half.join(', ')} ${half.length === 1 ? 'has' : 'have'} no disk yet`,
      fix: 'Run `kubewright lab up` again, then save the snapshot',
    });
  }
  if (lab.machines.some((m) => diskOf(m).layers.length >= MOST_LAYERS)) {
    throw new InputError({
      what: `The lab already is ${MOST_LAYERS} snapshots upon each other`,
      why: 'Each save adds a layer to the disks of the machines',
      fix: 'Restore an early snapshot and go on from there, or make a new lab',
    });
  }
}

function exists(name: string): InputError {
  return new InputError({
    what: `There is already a snapshot named '${name}'`,
    fix: `Choose another name, or delete it first: kubewright lab snapshot delete ${name}`,
  });
}

function unknown(name: string, records: readonly SnapshotRecord[]): InputError {
  const names = records.map((r) => r.name).join(', ');
  return new InputError({
    what: `There is no snapshot named '${name}'`,
    fix: names ? `Name one of ${names}` : `Save one first: kubewright lab snapshot save ${name}`,
  });
}
