import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockedError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import type { LabPaths } from './paths.js';
import { identify, isAlive, type ProcessId } from './processes.js';

/** Runs `work` while no other command changes the same lab; a lock whose process is gone is taken over. */
export async function withLabLock<T>(paths: LabPaths, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(paths.lockFile), { recursive: true });
  const self = await identify(process.pid);
  // Written under a temporary name, then linked: a half-written lock is never visible.
  const own = `${paths.lockFile}.${process.pid}`;
  await writeFile(own, JSON.stringify(self), { mode: 0o600 });
  for (;;) {
    const locked = await link(own, paths.lockFile).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (locked) {
      await rm(own, { force: true });
      break;
    }
    const holder = await readHolder(paths.lockFile);
    if (await isAlive(holder)) {
      await rm(own, { force: true });
      throw new LockedError({
        what: 'Another command is working on this lab',
        where: wholeFile(paths.stateDir),
        why: `Process ${holder?.pid} holds ${paths.lockFile}`,
        fix: 'Wait until it ends, or stop it',
      });
    }
    await rm(paths.lockFile, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(paths.lockFile, { force: true });
  }
}

async function readHolder(file: string): Promise<ProcessId | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessId;
  } catch {
    return undefined; // released meanwhile
  }
}
