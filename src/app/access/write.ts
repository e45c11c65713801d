import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { InputError } from '../../base/errors.js';
import { makeFolder } from '../../base/files.js';
import { hasCode, ioError } from '../../base/io-error.js';
import { wholeFile } from '../../base/place.js';

/** Where kubectl writes: the first file of KUBECONFIG, else ~/.kube/config. */
export function defaultKubeconfig(env: NodeJS.ProcessEnv): string {
  const [first] = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return first ?? join(env.HOME || homedir(), '.kube/config');
}

/**
 * Changes a kubeconfig without harm to what is in it: under kubectl's own lock, beside its place and renamed, mode 0600, with the
 * former text kept in FILE.kubewright-backup. A link stays one; the file that it points to is changed.
 *
 * @param change makes the new text of the old one ('' for a new file).
 * @returns the path of the backup; undefined: there was nothing to keep.
 * @throws InputError if it cannot be read or written, or is locked; then nothing has been changed.
 */
export function updateKubeconfig(file: string, change: (text: string) => string): { backup?: string } {
  const path = targetOf(file);
  try {
    makeFolder(dirname(path), 0o700);
  } catch (cause) {
    throw new InputError(ioError('The kubeconfig cannot be written', path, cause));
  }
  const unlock = lock(path);
  try {
    const old = readOld(path);
    const text = change(old ?? '');
    if (text === old) return {};
    const backup = old === undefined || old.trim() === '' ? undefined : `${path}.kubewright-backup`;
    replace(path, text, backup);
    return backup === undefined ? {} : { backup };
  } finally {
    unlock();
  }
}

/** The file behind a link. */
function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw new InputError(ioError('The kubeconfig cannot be read', file, cause));
    if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return file;
    throw new InputError({
      what: 'The kubeconfig is a link to a file that does not exist',
      where: wholeFile(file),
      fix: 'Remove the link, or create the file that it points to',
    });
  }
}

/** As client-go does it: kubectl does not wait for it either. Source: k8s.io/client-go/tools/clientcmd/config.go */
function lock(path: string): () => void {
  const name = `${path}.lock`;
  try {
    closeSync(openSync(name, constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw new InputError(ioError('The kubeconfig cannot be written', path, cause));
    throw new InputError({
      what: 'Another program is writing the kubeconfig',
      where: wholeFile(path),
      why: `${name} exists`,
      fix: 'Try again; if no kubectl is running, remove that file',
    });
  }
  return () => rmSync(name, { force: true });
}

function readOld(path: string): string | undefined {
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) return undefined;
    // Root could write it all the same; it was made read-only on purpose.
    if (info.isFile() && (info.mode & 0o200) === 0) {
      throw new InputError({
        what: 'The kubeconfig is read-only',
        where: wholeFile(path),
        fix: `Allow it (chmod u+w ${path}), or write another file with -o FILE`,
      });
    }
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(ioError('The kubeconfig cannot be read', path, cause));
  }
}

function replace(path: string, text: string, backup: string | undefined): void {
  const beside = `${path}.kubewright-new`;
  try {
    if (backup !== undefined) {
      copyFileSync(path, `${backup}-new`);
      chmodSync(`${backup}-new`, 0o600);
      renameSync(`${backup}-new`, backup);
    }
    rmSync(beside, { force: true });
    const fd = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw new InputError(ioError('The kubeconfig cannot be written', path, cause));
  }
}
