import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { signalGroup } from '../io/signal-group.js';

/** Characters kept of the command's stderr. */
const SAID = 2000;

/** A connection made by a command: writes go to its stdin, reads come from its stdout. */
export class ProxyCommand extends Duplex {
  /** The end of its stderr. */
  said = '';
  /** How it ended, once it has. */
  ended: string | undefined;
  readonly #child: ChildProcess;

  constructor(command: string) {
    super();
    // `exec`, as OpenSSH does, so that we end the command itself. Its own group keeps it from our terminal's Ctrl-C.
    this.#child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', detached: true });
    const { stdin, stdout, stderr } = this.#child;
    stdout?.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause();
    });
    stdout?.on('end', () => this.push(null));
    stderr?.on('data', (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-SAID);
    });
    stdin?.on('error', () => undefined);
    this.#child.on('error', (error) => this.destroy(error));
    this.#child.on('close', (code, signal) => {
      this.ended = signal ? `was killed by ${signal}` : `ended with exit status ${code}`;
      this.destroy();
    });
  }

  override _read(): void {
    this.#child.stdout?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const { stdin } = this.#child;
    if (stdin?.writable) stdin.write(chunk, done);
    else done(new Error('the proxy command has ended'));
  }

  override _final(done: () => void): void {
    this.#child.stdin?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { pid, exitCode, signalCode } = this.#child;
    // The whole group: an ssh that is killed while it connects leaves its own proxy command behind.
    if (pid !== undefined && exitCode === null && signalCode === null) signalGroup(pid);
    done(error);
  }
}
