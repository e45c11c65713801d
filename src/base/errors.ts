import { type Where, whereText } from './place.js';

/**
 * Errors that a user can act on. Everything else is a bug and may show a stack trace in `DEBUG=kubewright` only.
 *
 * Exit codes are part of the interface: 0 done, 1 something failed, 2 bad input, 3 unreachable or refused,
 * 4 locked, 130 interrupted.
 */

/** What a user needs to know about an error; every part is plain text without a trailing newline. */
export interface ErrorParts {
  /** What happened, one sentence without a full stop. */
  readonly what: string;
  /** A place in a file, or the name of a host, an option, a variable. */
  readonly where?: Where;
  /** The reason, if known. */
  readonly why?: string;
  /** What to do now: a command or a change, never "contact your administrator". */
  readonly fix?: string;
  /** Identifies the error for code that recognises it; never shown. */
  readonly code?: string;
  readonly cause?: unknown;
}

/** Something the user should know that stops nothing; it has the parts of an error. */
export interface Warning extends ErrorParts {
  /** Shown in red: not to be overlooked. */
  readonly danger?: true;
}

export class KubewrightError extends Error {
  readonly exitCode: number = 1;
  readonly parts: ErrorParts;

  constructor(parts: ErrorParts) {
    super(parts.what, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = new.target.name;
    this.parts = parts;
  }
}

/** Bad input: nothing was touched. */
export class InputError extends KubewrightError {
  override readonly exitCode = 2;
}

/** All the bad input found in one pass; each is printed. */
export class InputErrors extends InputError {
  readonly all: readonly ErrorParts[];

  constructor(found: readonly ErrorParts[]) {
    // One cause may show up in several places, for example a vault password script that fails.
    const all = found.filter(
      (p, i) => found.findIndex((q) => q.what === p.what && sameWhere(q.where, p.where) && q.why === p.why) === i,
    );
    const first = all[0] ?? { what: 'Bad input' };
    super(all.length === 1 ? first : { what: `${all.length} problems in the input` });
    this.all = all;
  }
}

/** A host could not be reached, or refused the login (host key, authentication, sudo). */
export class UnreachableError extends KubewrightError {
  override readonly exitCode = 3;
}

/** Another run holds the lock. */
export class LockedError extends KubewrightError {
  override readonly exitCode = 4;
}

export class InterruptedError extends KubewrightError {
  override readonly exitCode = 130;
}

/** The code of a problem that is there because a host cannot be reached. */
export const UNREACHABLE = 'unreachable';

/** The hosts do not meet the requirements; nothing was changed. Exit code 3 where one of the problems has the code `UNREACHABLE`. */
export class PreflightError extends KubewrightError {
  override readonly exitCode: number;
  readonly all: readonly ErrorParts[];

  constructor(all: readonly ErrorParts[]) {
    super({ what: `${all.length} ${all.length === 1 ? 'problem' : 'problems'} found; nothing was changed` });
    this.exitCode = all.some((p) => p.code === UNREACHABLE) ? 3 : 1;
    this.all = all;
  }
}

/** What is wrong with one host. */
export interface HostError {
  readonly host: string;
  readonly parts: ErrorParts;
}

/** All the hosts that cannot be used, in one message; nothing was changed. */
export class UnreachableErrors extends UnreachableError {
  readonly all: readonly HostError[];

  constructor(all: readonly HostError[], of: number) {
    super({ what: `Cannot log in to ${all.length} of ${of} ${of === 1 ? 'host' : 'hosts'}; nothing was changed` });
    this.all = all;
  }
}

function sameWhere(a: Where | undefined, b: Where | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && whereText(a) === whereText(b));
}
