import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll } from 'vitest';
import type { RunEvent } from '../../src/engine/events.js';
import { runPlays } from '../../src/engine/plays/run-plays.js';
import type { PlannedPlay, RunPlaysOptions, RunResult } from '../../src/engine/types.js';
import { Secret } from '../../src/shell/secret.js';
import { type Shell, sh } from '../../src/shell/shell.js';
import type { Task } from '../../src/tasks/task.js';
import type { ExecOptions, Exit, Session, Target } from '../../src/transport/types.js';

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** A folder that is gone when the test file has ended. */
function temporary(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  made.push(dir);
  return dir;
}

export interface TestShell {
  readonly name: string;
  /** Words of the command; undefined: not on this machine. */
  readonly command: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
}

function which(name: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** dash, bash as `sh` runs it, and busybox with its own tools first in PATH (KW_TEST_BUSYBOX names another binary). */
export function testShells(): TestShell[] {
  const dash = which('dash');
  const bash = which('bash');
  const busybox = process.env.KW_TEST_BUSYBOX ?? which('busybox');
  const shells: TestShell[] = [
    { name: 'dash', command: dash ? [dash] : undefined, env: {} },
    { name: 'bash', command: bash ? [bash, '--posix'] : undefined, env: {} },
  ];
  if (!busybox) return [...shells, { name: 'busybox', command: undefined, env: {} }];
  const bin = temporary('kw-busybox-');
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync(busybox, join(bin, applet));
  }
  return [...shells, { name: 'busybox', command: [join(bin, 'sh')], env: { KW_TOOLS: bin, PATH: `${bin}:${process.env.PATH}` } }];
}

export interface LocalOptions {
  readonly shell?: TestShell;
  /** Called with every chunk; true cuts the connection off before the chunk is handed on. */
  readonly cut?: (chunk: Buffer) => boolean;
}

/** A session to this very machine, whose connection can be cut as a network does it. */
export class LocalSession implements Session {
  readonly target: Target;
  readonly commands: string[] = [];
  readonly scripts: string[] = [];
  #dead = false;
  /** Ends the commands that are at work when the connection dies. */
  readonly #lose = new Set<(cause: Error) => void>();
  readonly #o: LocalOptions;

  constructor(name: string, o: LocalOptions = {}) {
    this.#o = o;
    this.target = {
      name,
      address: '127.0.0.1',
      port: 22,
      user: 'root',
      connection: 'local',
      become: { enabled: true, user: 'root', method: 'sudo' },
      hostKeys: { mode: 'strict', files: [] },
      timeoutMs: 1000,
    };
  }

  exec(command: string, o: ExecOptions = {}): Promise<Exit> {
    if (this.#dead) return Promise.resolve({ kind: 'lost', cause: new Error('connection reset') });
    this.commands.push(command);
    if (typeof o.stdin === 'string') this.scripts.push(o.stdin);
    const shell = this.#o.shell?.command ?? ['sh'];
    const [file = 'sh', ...args] = command === 'sh' ? shell : [...shell, '-c', command];
    return new Promise((resolve) => {
      const child = spawn(file, args, { env: { ...process.env, ...this.#o.shell?.env, KW_SH: shell.join(' ') } });
      const lose = (cause: Error): void => {
        child.stdout.destroy();
        child.stderr.destroy();
        child.stdin.destroy();
        child.kill('SIGKILL');
        resolve({ kind: 'lost', cause });
      };
      this.#lose.add(lose);
      child.stdout.on('data', (chunk: Buffer) => {
        if (this.#dead) return;
        if (this.#o.cut?.(chunk)) this.cut();
        else o.onStdout?.(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => o.onStderr?.(chunk));
      child.on('error', (error) => resolve({ kind: 'lost', cause: error }));
      child.on('close', (code, signal) => {
        this.#lose.delete(lose);
        resolve(signal ? { kind: 'killed', signal } : { kind: 'exited', code: code ?? 0 });
      });
      child.stdin.on('error', () => undefined);
      o.signal?.addEventListener('abort', () => lose(new Error('aborted')));
      if (o.stdin instanceof Readable) o.stdin.pipe(child.stdin);
      else child.stdin.end(o.stdin ?? '');
    });
  }

  /** As a network does it: whatever runs over the connection ends, and nobody says goodbye. */
  cut(): void {
    this.#dead = true;
    for (const lose of this.#lose) lose(new Error('connection reset'));
    this.#lose.clear();
  }

  close(): Promise<void> {
    this.cut();
    return Promise.resolve();
  }
}

/** A folder for one test: what runs in it, and where. */
export function sandbox(): { root: string; runDir: string; cacheDir: string; journalDir: string } {
  const root = temporary('kw-engine-');
  const runDir = join(root, 'run');
  mkdirSync(runDir, { mode: 0o700 });
  return { root, runDir, cacheDir: join(root, 'cache'), journalDir: join(root, 'journal') };
}

/** A task that makes a file, and is ok once it is there. */
export function touchTask(path: string, more: Partial<Task> = {}): Task {
  return { id: `t/${path}`, title: `Make ${path}`, check: sh`[ -e ${path} ]`, apply: sh`: > ${path}`, ...more };
}

export function task(id: string, check: Shell, apply: Shell, more: Partial<Task> = {}): Task {
  return { id, title: `Title of ${id}`, check, apply, ...more };
}

export function play(
  name: string,
  hosts: readonly string[],
  tasks: PlannedPlay['tasks'],
  more: Partial<PlannedPlay> = {},
): PlannedPlay {
  return { name, tags: [], hosts, tasks, ...more };
}

export type TestRun = RunResult & { readonly events: RunEvent[]; readonly sessions: Map<string, Session> };

/** Runs plays against this machine under other folders. */
export async function runLocal(
  box: ReturnType<typeof sandbox>,
  plays: readonly PlannedPlay[],
  more: Partial<RunPlaysOptions> & LocalOptions = {},
): Promise<TestRun> {
  const events: RunEvent[] = [];
  const hosts = [...new Set(plays.flatMap((p) => p.hosts))];
  const sessions = more.sessions ?? new Map<string, Session>(hosts.map((h) => [h, new LocalSession(h, more)]));
  const result = await runPlays({
    title: 'test',
    plays,
    reconnect: (host) => Promise.resolve(new LocalSession(host, more)),
    artifacts: { localPath: () => undefined, push: () => Promise.reject(new Error('no push')) },
    ...box,
    retry: { giveUpMs: 2000, firstDelayMs: 10 },
    ...more,
    sessions,
    view: (e) => {
      events.push(e);
      more.view?.(e);
    },
  });
  return { ...result, events, sessions };
}

export function ofType<T extends RunEvent['type']>(events: readonly RunEvent[], type: T): Extract<RunEvent, { type: T }>[] {
  return events.filter((e): e is Extract<RunEvent, { type: T }> => e.type === type);
}

/** `task=status` in order. */
export function statuses(events: readonly RunEvent[], host?: string): string[] {
  return ofType(events, 'task-end')
    .filter((e) => !host || e.host === host)
    .map((e) => `${e.task}=${e.status}`);
}

export const testSecret = new Secret('test.token', "p4ss'w0rd $(id)\nsecond-line-of-the-secret-value");
