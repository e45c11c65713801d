import { type ErrorParts, KubewrightError } from '../base/errors.js';
import { formatError, formatLabelled, lookOf } from '../base/text/render-error.js';
import { document, errorDocument, wantsJson } from './json-errors.js';

/**
 * Says what went wrong and what to do, on stderr.
 * @returns the exit code
 */
export async function report(error: unknown, argv: readonly string[]): Promise<number> {
  // An ExitError is `this.exit()`: nothing went wrong.
  if (isOclif(error) && error.code === 'EEXIT') return error.oclif.exit ?? 0;
  // `kubewright … | head`, a terminal that was closed: the reader is gone, and with it the one to report to.
  if (['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].some((code) => isCode(error, code))) return Number(process.exitCode ?? 0);
  const look = lookOf(process.stderr);
  const print = (parts: ErrorParts): void => void process.stderr.write(`${formatLabelled('error', parts, look)}\n`);
  if (error instanceof KubewrightError) {
    process.stderr.write(`${formatError(error, look)}\n`);
    if (wantsJson(argv)) process.stdout.write(`${errorDocument(error)}\n`);
    debug(error);
    return error.exitCode;
  }
  if (isOclif(error)) {
    const { usageError } = await import('./usage-errors.js');
    const parts = usageError(error.message, argv);
    print(parts);
    if (wantsJson(argv)) process.stdout.write(`${document([parts], 2)}\n`);
    return error.oclif.exit ?? 2;
  }
  if (NO_ROOM.some((code) => isCode(error, code))) {
    print({
      what: 'Cannot write the output',
      why: (error as Error).message,
      fix: 'Free some space, or write it to another place',
    });
    return 1;
  }
  if (isCode(error, 'ENOENT') && error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    print({ what: 'The working directory no longer exists', fix: 'Change to another directory and run the command again' });
    return 2;
  }
  print({
    what: isZod(error) ? error.issues.map((i) => i.message).join('; ') : error instanceof Error ? error.message : String(error),
    why: 'This is a bug in kubewright, not in your input',
    fix: 'Run the command again with DEBUG=kubewright and report what it prints',
  });
  debug(error);
  return 1;
}

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'];

function debug(error: unknown): void {
  if ((process.env.DEBUG ?? '').split(/[\s,]+/).includes('kubewright') && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
}

/** oclif's own errors. These and zod's are recognised by shape: importing the classes would slow --help down. */
function isOclif(error: unknown): error is Error & { code?: string; oclif: { exit?: number } } {
  return error instanceof Error && 'oclif' in error && typeof error.oclif === 'object' && error.oclif !== null;
}

function isZod(error: unknown): error is Error & { issues: readonly { message: string }[] } {
  return error instanceof Error && error.name === 'ZodError' && 'issues' in error && Array.isArray(error.issues);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
