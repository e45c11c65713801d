import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';

/** Not the one of a version manager: that looks into HOME. */
const PYTHON = '/usr/bin/python3';

/** Why the real command line cannot be started; undefined: it can. */
export function missingForCli(): string | undefined {
  const built = ['dist/cli/main.js', 'oclif.manifest.json'].every((f) => existsSync(join(PACKAGE_ROOT, f)));
  return built ? undefined : 'needs `npm run build`';
}

/** The same with a terminal. */
export function missingForPty(): string | undefined {
  return missingForCli() ?? (spawnSync(PYTHON, ['-c', 'import pty']).status === 0 ? undefined : 'needs python3');
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** On a terminal of its own; then everything shown is `out`, and `type('')` closes nothing: `hangUp` does. */
  readonly pty?: boolean;
  /** Words in front of the command, which end with its `exec`: `unshare --uts …`. */
  readonly under?: readonly string[];
}

/** Exit code, or the signal that ended it. */
export type Ended = number | NodeJS.Signals;

/** One `kubewright …` as a process of its own. */
export class Cli {
  out = '';
  err = '';
  /** With a terminal 128 and its number for a signal. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #pty: boolean;
  #changed: () => void = () => undefined;

  constructor(args: readonly string[], o: CliOptions) {
    const command = [...(o.under ?? []), process.execPath, join(PACKAGE_ROOT, 'bin/run.js'), ...args];
    const [file = '', ...rest] = o.pty ? [PYTHON, join(PACKAGE_ROOT, 'test/support/screen/keyboard.py'), ...command] : command;
    this.#pty = o.pty ?? false;
    const env = { ...process.env, NO_COLOR: '1', ...o.env };
    this.#child = spawn(file, rest, { cwd: o.cwd, env, stdio: [o.pty ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (d: Buffer) => {
      this.out += d.toString();
      this.#changed();
    });
    this.#child.stderr?.on('data', (d: Buffer) => {
      this.err += d.toString();
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve(signal ?? code ?? 0);
        this.#changed();
      });
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Process id of the command itself. */
  get pid(): number {
    const pid = this.#pty ? Number(/^(\d+)\r?\n/.exec(this.out)?.[1]) : (this.#child.pid ?? 0);
    if (!(pid > 0)) throw new Error('the command has not begun');
    return pid;
  }

  /** Waits until it has shown this. @throws Error with all that was shown when it has ended without. */
  async shows(wanted: string | RegExp, from = 0): Promise<void> {
    const found = (): boolean => {
      const text = this.out.slice(from) + this.err;
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    while (!found()) {
      if (!this.running) throw new Error(`ended without showing ${wanted}:\n${this.out}${this.err}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** @throws Error with all that was shown when it has ended. */
  mustRun(): void {
    if (!this.running) throw new Error(`ended too early:\n${this.out}${this.err}`);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) process.kill(this.pid, signal);
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** As `| head` does it. */
  readNoMore(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Closes the terminal under it. */
  hangUp(): void {
    this.#child.stdin?.end();
  }

  /** For the end of a test, however that went. */
  async kill(): Promise<void> {
    if (!this.running) return;
    if (this.#pty && /^\d+\r?\n/.test(this.out)) process.kill(this.pid, 'SIGKILL');
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
