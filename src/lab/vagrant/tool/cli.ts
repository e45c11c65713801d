import { spawn } from 'node:child_process';

/** One line of `vagrant --machine-readable`: time, machine (or nothing), kind, data. */
export interface Row {
  /** The machine's name; empty for messages about Vagrant itself. */
  readonly target: string;
  readonly type: string;
  readonly data: readonly string[];
}

/** Source: https://developer.hashicorp.com/vagrant/docs/cli/machine-readable. Undefined for other lines. */
export function parseRow(line: string): Row | undefined {
  const [time = '', target = '', type = '', ...data] = line.trimEnd().split(',');
  if (!/^\d+$/.test(time) || type === '') return undefined;
  return { target, type, data: data.map(decode) };
}

function decode(text: string): string {
  return text.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '');
}

/** Text of a `ui` line without Vagrant's own prefix (`==> m11-k8s: `), colours and blank lines. */
export function uiText(row: Row): string {
  return (row.data[1] ?? '')
    .split('\n')
    .map((line) =>
      line
        .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
        .replace(/^(==>|\s{4}) ?[\w.-]+: ?/, '')
        .trimEnd(),
    )
    .filter((line) => line.trim() !== '')
    .join('\n');
}

export interface VagrantResult {
  /** 127: there is no such program. 130: it was interrupted. */
  readonly code: number;
  readonly rows: readonly Row[];
  /** Its other output: `ssh-config` prints plain text. */
  readonly stdout: string;
  readonly stderr: string;
}

interface VagrantRun {
  readonly onRow?: (row: Row) => void;
  /** Asks Vagrant to stop: it finishes what can't be interrupted, as after Ctrl-C. */
  readonly stop?: AbortSignal;
  /** Asks again: Vagrant then stops at once. */
  readonly kill?: AbortSignal;
}

export type Vagrant = (args: readonly string[], run?: VagrantRun) => Promise<VagrantResult>;

/**
 * Vagrant in a directory. It gets a process group of its own, so that Ctrl-C on the terminal reaches it only through us, once:
 * a second signal makes Vagrant skip its cleanup.
 */
export function vagrantIn(cwd: string | undefined, env: NodeJS.ProcessEnv = process.env): Vagrant {
  return (args, run = {}) =>
    new Promise((resolve) => {
      const child = spawn('vagrant', [...args], {
        cwd,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...env, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1' },
      });
      const rows: Row[] = [];
      let stdout = '';
      let stderr = '';
      let rest = '';
      const onLine = (line: string) => {
        const row = args.includes('--machine-readable') ? parseRow(line) : undefined;
        if (row) {
          rows.push(row);
          run.onRow?.(row);
        } else stdout += `${line}\n`;
      };
      const interrupt = () => {
        try {
          if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
        } catch {
          // it has ended meanwhile
        }
      };
      for (const signal of [run.stop, run.kill]) {
        if (signal?.aborted) interrupt();
        else signal?.addEventListener('abort', interrupt, { once: true });
      }
      const done = (code: number) => {
        for (const signal of [run.stop, run.kill]) signal?.removeEventListener('abort', interrupt);
        if (rest !== '') onLine(rest);
        resolve({ code, rows, stdout, stderr });
      };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr = (stderr + text).slice(-20_000);
      });
      child.on('error', (error) => {
        stderr += error.message;
        done(127);
      });
      child.on('close', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 1)));
    });
}

/** Vagrant's own explanation of a failure. */
export function failureText(result: VagrantResult): string {
  const exit = result.rows.filter((r) => r.type === 'error-exit').at(-1);
  const errors = result.rows.filter((r) => r.type === 'ui' && r.data[0] === 'error').map(uiText);
  const text = exit?.data[1] ?? (errors.at(-1) || result.stderr || result.stdout);
  return text
    .split('\n')
    .map((l) => l.trimEnd())
    .filter((l) => l !== '')
    .slice(0, 20)
    .join('\n');
}
