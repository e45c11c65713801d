import { type ErrorParts, InputErrors, type KubewrightError, PreflightError, UnreachableErrors } from '../base/errors.js';
import { whereText } from '../base/place.js';

/** Whether the reader of stdout expects JSON: words behind `--` are another command's. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

/** An error that ended a command with `--json`, as one line for stdout. */
export function errorDocument(error: KubewrightError): string {
  const all =
    error instanceof UnreachableErrors
      ? error.all.map((e) => ({ ...e.parts, where: e.parts.where ?? e.host }))
      : error instanceof PreflightError || error instanceof InputErrors
        ? error.all
        : [error.parts];
  return document(all, error.exitCode);
}

export function document(all: readonly ErrorParts[], exitCode: number): string {
  const errors = all.map(({ what, where, why, fix }) => ({
    what,
    ...(where === undefined ? {} : { where: whereText(where) }),
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { hint: fix }),
  }));
  return JSON.stringify({ type: 'error', exitCode, errors });
}
