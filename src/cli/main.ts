import { readFile } from 'node:fs/promises';

/**
 * Runs a command line and sets the exit code. Users see what happened and what to do, never a stack trace.
 *
 * Start-up time is measured (`npm run bench:startup`): nothing is imported here that --version or --help can do without.
 */
export async function main(argv: string[]): Promise<void> {
  // Mainly errors of the output streams: nothing else catches them, and oclif waits for some forever.
  const report = async (error: unknown): Promise<number> => {
    try {
      return await (await import('./report.js')).report(error, argv);
    } catch (broken) {
      // Else it would be reported again, without end.
      process.stderr.write(damaged(broken));
      return 1;
    }
  };
  const fail = (error: unknown): void => void report(error).then((code) => process.exit(code));
  process.on('uncaughtException', fail);
  process.stdout.on('error', fail);
  if (isVersion(argv)) {
    process.stdout.write(`${await versionLine()}\n`);
    return;
  }
  try {
    const { dispatch } = await import('./dispatch.js');
    await dispatch(spellHelp(argv));
  } catch (error) {
    process.exitCode = await report(error);
  }
}

/** Files of the build are missing, for example because it is being built again. */
function damaged(why: unknown): string {
  const text = why instanceof Error ? why.message : String(why);
  return `error: This copy of kubewright is damaged\n  why:  ${text}\n  hint: Install it again; in a clone, run npm ci && npm run build\n`;
}

/** `-v` alone is what people try second; behind a command it means --verbose. */
function isVersion([first, ...rest]: readonly string[]): boolean {
  return first === '--version' || (rest.length === 0 && (first === '-v' || first === '-V' || first === 'version'));
}

/** Turns `help provision` into `provision --help`, which prints the same without loading the help command. */
function spellHelp(argv: string[]): string[] {
  const [first, ...rest] = argv;
  if (first === '-h') return ['--help', ...rest];
  return first === 'help' && rest.every((arg) => !arg.startsWith('-')) ? [...rest, '--help'] : argv;
}

/** What oclif would print: `kubewright/0.1.0 linux-x64 node-v20.20.2`. */
async function versionLine(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url);
  const { name, version }: { name: string; version: string } = JSON.parse(await readFile(file, 'utf8'));
  return `${name}/${version} ${process.platform}-${process.arch} node-${process.version}`;
}
