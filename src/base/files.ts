import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where Kubewright keeps what it makes, in the working directory. */
const OWN_DIR = '.kubewright';

/**
 * Creates a directory and its missing parents one by one: with `recursive`, Node.js 20 loops forever below a directory that
 * cannot hold others (/proc).
 *
 * @param mode of each created directory, before the umask; default 0o777.
 * @throws Error of node:fs, with its code.
 */
export function makeFolder(path: string, mode?: number): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have created it in the meantime.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Keeps `.kubewright` out of repositories: it holds names, addresses, output of hosts, and keys. Another directory is left alone, a
 * file that is there stays.
 */
export function hideFromGit(dir: string): void {
  if (basename(dir) !== OWN_DIR) return;
  try {
    writeFileSync(join(dir, '.gitignore'), '*\n', { flag: 'wx' });
  } catch {
    // It exists, or what is to be written beside it cannot be written either.
  }
}
