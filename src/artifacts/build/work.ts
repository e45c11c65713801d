import { execFile, spawn } from 'node:child_process';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { KubewrightError, LockedError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';

/** Removes a directory that was a root. Refuses if something is mounted in it, which would be removed too. */
export async function removeTree(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((l) => l.split(' ')[4] ?? '');
  const inside = mounts.find((m) => m === dir || m.startsWith(`${dir}/`));
  if (inside) {
    throw new KubewrightError({
      what: 'A directory of an earlier build cannot be removed',
      where: wholeFile(dir),
      why: `${inside} is mounted in it`,
      fix: `umount ${inside}`,
    });
  }
  await promisify(execFile)('rm', ['-rf', '--one-file-system', '--', dir]);
}

/** Stages of `once` that an earlier run finished. */
export async function finishedSteps(workDir: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(join(workDir, 'done')).catch(() => []));
}

/** Runs a stage once: a marker tells later runs that it is finished. */
export async function once(workDir: string, name: string, step: () => Promise<void>): Promise<void> {
  const marker = join(workDir, 'done', name);
  const finished = await access(marker).then(
    () => true,
    () => false,
  );
  if (finished) return;
  await step();
  await mkdir(join(workDir, 'done'), { recursive: true });
  await writeFile(marker, '');
}

/**
 * Holds an exclusive lock until the returned function is called or this process ends, however it ends.
 * @throws LockedError when another process holds it.
 */
export async function lock(file: string): Promise<() => Promise<void>> {
  // flock(1) keeps the lock while its child reads our pipe; the kernel closes that pipe when we are gone.
  const child = spawn('flock', ['--nonblock', '--conflict-exit-code', '75', file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((done, failed) => {
    child.on('close', (code) => done(code));
    child.on('error', failed);
  });
  const held = new Promise<void>((done) => createInterface({ input: child.stdout }).once('line', () => done()));
  const code = await Promise.race([held, ended]);
  if (code !== undefined) {
    throw new LockedError({
      what: 'Another bundle build is running',
      where: wholeFile(file),
      why: code === 75 ? undefined : `flock ended with exit code ${code}`,
      fix: 'Wait until it has finished',
    });
  }
  return async () => {
    child.stdin.end();
    await ended;
  };
}
