import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockedError } from '../../errors.js';
import type { LabPaths } from './paths.js';
import { identify, isAlive, type ProcessId } from './processes.js';

/** Runs `work` while no other command changes the same lab; a lock whose process is gone is taken over. */
export async function withLabLock<T>(paths: LabPaths, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(paths.lockFile), { recursive: true });
  const self = await identify(process.pid);
  for (;;) {
    const file = await open(paths.lockFile, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (file) {
      await file.writeFile(JSON.stringify(self));
      await file.close();
      break;
    }
    const holder = await readHolder(paths.lockFile);
    if (await isAlive(holder)) {
      throw new LockedError({
        what: 'Another command is working on this lab',
        where: paths.stateDir,
        why: `Process ${holder?.pid} holds ${paths.lockFile}`,
        todo: 'Wait until it has ended, or stop it',
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
    return undefined; // written half, by a process that was killed then
  }
}
