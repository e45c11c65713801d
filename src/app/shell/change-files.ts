import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../../base/errors.js';
import { makeFolder } from '../../base/files.js';
import { hasCode, ioError } from '../../base/io-error.js';
import { wholeFile } from '../../base/place.js';

/** What a file is to be. Texts are bytes as latin1, so that only our lines change. */
export interface Change {
  /** As it is called; it may be a link. */
  readonly path: string;
  /** undefined: it is removed. */
  readonly content: string | undefined;
}

/** What is in a file, as latin1; undefined: there is none. @throws InputError if it cannot be read. */
export function readIfThere(path: string): string | undefined {
  const target = behindLinks(path);
  try {
    return readFileSync(target, 'latin1');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new InputError(ioError('The file cannot be read', path, cause));
  }
}

/**
 * Makes the changes that are not there yet. What can be seen to prevent one is found before the first; each file is
 * written beside its place and renamed. Links stay links, modes and owners stay.
 * @returns what was changed; directories that were made.
 * @throws InputError
 */
export function changeFiles(changes: readonly Change[]): { changed: readonly string[]; made: readonly string[] } {
  const needed = changes.filter((c) => readIfThere(c.path) !== c.content);
  for (const c of needed) checkWritable(c.path);
  const made: string[] = [];
  for (const { path, content } of needed) {
    const target = behindLinks(path);
    try {
      if (content === undefined) rmSync(target);
      else {
        made.push(...missingParents(target));
        makeFolder(dirname(target), 0o700);
        write(target, content);
      }
    } catch (cause) {
      throw new InputError(ioError('The file cannot be written', path, cause));
    }
  }
  return { changed: needed.map((c) => c.path), made };
}

function write(path: string, content: string): void {
  const info = statSync(path, { throwIfNoEntry: false });
  // A hard link would be cut by a rename: the other name may be in a directory of dotfiles.
  if (info && info.nlink > 1) {
    writeInPlace(path, content);
    return;
  }
  const beside = `${path}.kubewright-new`;
  try {
    rmSync(beside, { force: true });
    writeSynced(beside, content, 'wx');
    if (info) sameAs(beside, info);
    renameSync(beside, path);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** With the former text beside it until it is done. */
function writeInPlace(path: string, content: string): void {
  const backup = `${path}.kubewright-backup`;
  writeSynced(backup, readFileSync(path, 'latin1'), 'w', 0o600);
  writeSynced(path, content, 'r+');
  rmSync(backup);
}

function writeSynced(path: string, content: string, flag: 'wx' | 'w' | 'r+', mode = 0o644): void {
  const fd = openSync(path, flag, mode);
  try {
    if (flag === 'r+') writeFileSync(path, content, 'latin1');
    else writeFileSync(fd, content, 'latin1');
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function sameAs(path: string, info: Stats): void {
  chmodSync(path, info.mode & 0o7777);
  const own = statSync(path);
  if (own.uid !== info.uid || own.gid !== info.gid) chownSync(path, info.uid, info.gid);
}

function checkWritable(path: string): void {
  const target = behindLinks(path);
  const info = statSync(target, { throwIfNoEntry: false });
  if (info && !info.isFile()) {
    throw new InputError({ what: 'It is not a file', where: wholeFile(path), fix: 'Move it out of the way, and run this again' });
  }
  // Root could write it all the same; it was made read-only on purpose.
  if (info && (info.mode & 0o200) === 0) {
    throw new InputError({
      what: 'The file is read-only; nothing was changed',
      where: wholeFile(path),
      fix: `Allow it (chmod u+w ${target}), or load the output of kubewright shell print yourself`,
    });
  }
  let dir = dirname(target);
  while (!existsSync(dir)) dir = dirname(dir);
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new InputError(ioError('The file cannot be written; nothing was changed', path, cause));
  }
}

/** @throws InputError at a link that leads nowhere. */
function behindLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw new InputError(ioError('The file cannot be read', path, cause));
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
    throw new InputError({
      what: 'The file is a link to one that does not exist; nothing was changed',
      where: wholeFile(path),
      fix: 'Remove the link, or create the file that it points to',
    });
  }
}

/** From the outermost. */
function missingParents(path: string): string[] {
  const missing: string[] = [];
  for (let dir = dirname(path); !existsSync(dir); dir = dirname(dir)) missing.unshift(dir);
  return missing;
}
