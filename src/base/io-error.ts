import type { ErrorParts } from './errors.js';
import { wholeFile } from './place.js';

/** Why a file operation failed and what helps, by Node's error code. */
const KNOWN: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  EACCES: ['Permission denied', 'Check its owner and mode, or run this as another user'],
  EDQUOT: ['The disk quota is used up', 'Free some space, or use another disk'],
  EEXIST: ['A file of that name exists already', 'Remove it, or use another name'],
  EISDIR: ['It is a directory', 'Name a file'],
  EMFILE: ['Too many files are open', 'Raise the limit (ulimit -n)'],
  ENOENT: ['It does not exist', 'Check the path'],
  ENOSPC: ['The disk is full', 'Free some space, or use another disk'],
  ENOTDIR: ['A part of the path is not a directory', 'Check the path'],
  EPERM: ['The operation is not permitted', 'Check its owner, mode and attributes, or run this as another user'],
  EROFS: ['The file system is read-only', 'Use another directory'],
};

/** Whether an error has one of Node's codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The reason in words; for an unknown code, the error's own message. */
export function ioReason(error: unknown): string {
  return known(error)?.[0] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * A failed file operation as an error.
 *
 * @param what one sentence: `The inventory cannot be read`.
 * @param fix default: by the error's code.
 */
export function ioError(what: string, path: string, cause: unknown, fix?: string): ErrorParts {
  return { what, where: wholeFile(path), why: ioReason(cause), fix: fix ?? known(cause)?.[1], cause };
}

function known(error: unknown): readonly [string, string] | undefined {
  return error instanceof Error && 'code' in error ? KNOWN[String(error.code)] : undefined;
}
