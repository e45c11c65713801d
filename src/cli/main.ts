import { Errors, flush, run } from '@oclif/core';
import { ZodError } from 'zod';
import { PACKAGE_ROOT } from '../app/package-root.js';
import { formatError, KubewrightError } from '../errors.js';

/** Runs one command line and sets the exit code. Users see what happened and what to do, never a stack trace. */
export async function main(argv: string[]): Promise<void> {
  try {
    await run(argv, { root: PACKAGE_ROOT });
    await flush();
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof KubewrightError) {
    process.stderr.write(`${formatError(error)}\n`);
    debug(error);
    return error.exitCode;
  }
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
  if (error instanceof Errors.CLIError) {
    process.stderr.write(`${error.message}\n`);
    return error.oclif.exit ?? 2;
  }
  // `kubewright … | head`: the reader has gone, and nobody is left to tell.
  if (isCode(error, 'EPIPE')) return 0;
  const text =
    error instanceof ZodError
      ? error.issues.map((i) => i.message).join('; ')
      : error instanceof Error
        ? error.message
        : String(error);
  process.stderr.write(
    `${text}\n  Why: this is a bug in kubewright, not in your input\n  Do:  run it again with DEBUG=kubewright and report what it prints\n`,
  );
  debug(error);
  return 1;
}

function debug(error: unknown): void {
  if ((process.env.DEBUG ?? '').split(/[\s,]+/).includes('kubewright') && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
