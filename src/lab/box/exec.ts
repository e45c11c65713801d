import { spawn } from 'node:child_process';
import { KubewrightError } from '../../base/errors.js';

export interface ExecOptions {
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Called with each line of stderr as it comes. */
  readonly onLine?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program without a shell; never rejects because of its exit code. 127: the program does not exist. */
export function tryExec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [file = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: options.signal, env: options.env ?? process.env });
    let stdout = '';
    let stderr = '';
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-20_000);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    });
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    child.stdin.on('error', () => {}); // a program may end without reading
    child.stdin.end(options.input ?? '');
  });
}

/** As `tryExec`, but a failure is an error with the program's last output. Returns stdout. */
export async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
  const result = await tryExec(argv, options);
  if (result.code === 0) return result.stdout;
  throw new KubewrightError({
    what: `${argv[0]} failed with exit code ${result.code}`,
    where: argv.slice(0, 6).join(' '),
    why: result.stderr.trim().split('\n').slice(-8).join('\n') || undefined,
    fix: 'Fix what it complains about, then run the same command again: it resumes',
  });
}
