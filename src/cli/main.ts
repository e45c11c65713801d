import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatError, KubewrightError } from '../base/errors.js';
import { PACKAGE_ROOT } from '../base/package-root.js';

/**
 * Runs one command line and sets the exit code. Users see what happened and what to do, never a stack trace.
 *
 * Start-up time is looked after (`npm run bench:startup`): nothing is imported here that --version or --help can do without.
 */
export async function main(argv: string[]): Promise<void> {
  // Above all errors of what we write to: nobody catches those, and oclif waits for ever for some.
  const fail = (error: unknown): void => void report(error, argv).then((code) => process.exit(code));
  process.on('uncaughtException', fail);
  process.stdout.on('error', fail);
  if (argv[0] === '--version') {
    process.stdout.write(`${await versionLine()}\n`);
    return;
  }
  try {
    const { dispatch } = await import('./dispatch.js');
    await dispatch(spellHelp(argv));
  } catch (error) {
    process.exitCode = await report(error, argv);
  }
}

/** `help provision` means `provision --help`, which prints the same without loading the help command. */
function spellHelp(argv: string[]): string[] {
  const [first, ...rest] = argv;
  return first === 'help' && rest.every((arg) => !arg.startsWith('-')) ? [...rest, '--help'] : argv;
}

/** What oclif would print: `kubewright/0.1.0 linux-x64 node-v20.20.2`. */
async function versionLine(): Promise<string> {
  const { name, version }: { name: string; version: string } = JSON.parse(
    await readFile(join(PACKAGE_ROOT, 'package.json'), 'utf8'),
  );
  return `${name}/${version} ${process.platform}-${process.arch} node-${process.version}`;
}

async function report(error: unknown, argv: readonly string[]): Promise<number> {
  if (error instanceof KubewrightError) {
    process.stderr.write(`${formatError(error)}\n`);
    debug(error);
    return error.exitCode;
  }
  if (isOclif(error)) {
    // An ExitError is `this.exit()`: nothing went wrong.
    if (error.code === 'EEXIT') return error.oclif.exit ?? 0;
    const { wrongLine } = await import('./usage-errors.js');
    process.stderr.write(`${wrongLine(error.message, argv)}\n`);
    return error.oclif.exit ?? 2;
  }
  // `kubewright … | head`, a terminal that was closed: the reader has gone, and nobody is left to tell. What came out stays.
  if (['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].some((code) => isCode(error, code))) return Number(process.exitCode ?? 0);
  if (NO_ROOM.some((code) => isCode(error, code))) {
    const { message } = error as Error;
    process.stderr.write(`The output cannot be written\n  why:  ${message}\n  hint: Make room, or write it somewhere else\n`);
    return 1;
  }
  if (isCode(error, 'ENOENT') && error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    process.stderr.write('The working folder is not there any more\n  hint: Go to another one, and give the command again\n');
    return 2;
  }
  const text = isZod(error)
    ? error.issues.map((i) => i.message).join('; ')
    : error instanceof Error
      ? error.message
      : String(error);
  process.stderr.write(
    `${text}\n  why:  this is a bug in kubewright, not in your input\n  hint: run it again with DEBUG=kubewright and report what it prints\n`,
  );
  debug(error);
  return 1;
}

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'];

function debug(error: unknown): void {
  if ((process.env.DEBUG ?? '').split(/[\s,]+/).includes('kubewright') && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
}

/** oclif's own errors. They and zod's are known by their shape: importing the classes takes time that --help hasn't. */
function isOclif(error: unknown): error is Error & { code?: string; oclif: { exit?: number } } {
  return error instanceof Error && 'oclif' in error && typeof error.oclif === 'object' && error.oclif !== null;
}

function isZod(error: unknown): error is Error & { issues: readonly { message: string }[] } {
  return error instanceof Error && error.name === 'ZodError' && 'issues' in error && Array.isArray(error.issues);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
