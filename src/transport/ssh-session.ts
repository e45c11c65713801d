import { type Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { Become } from './become.js';
import { lostConnection, type TransportError } from './errors.js';
import type { ExecOptions, Exit, Session, Target } from './port.js';
import { Slots } from './slots.js';

/** sshd's MaxSessions is 10 by default; some are left for what else uses the connection. */
const MAX_CHANNELS = 8;
/** How often a channel is asked for, a little later each time: about 15 seconds in all. */
const OPEN_TRIES = 25;

/** One SSH connection. Many commands run at once over it; more than the server allows wait for their turn. */
export class SshSession implements Session {
  readonly target: Target;
  readonly hostKey: Buffer | undefined;
  readonly #client: Client;
  readonly #slots = new Slots(MAX_CHANNELS);
  readonly #onDead = new Set<(cause: Error) => void>();
  #dead: Error | undefined;

  constructor(target: Target, client: Client, hostKey?: Buffer) {
    this.target = target;
    this.hostKey = hostKey;
    this.#client = client;
    const die = (cause: Error): void => {
      this.#dead ??= cause;
      for (const tell of this.#onDead) tell(this.#dead);
      this.#onDead.clear();
    };
    client.removeAllListeners('error');
    client.removeAllListeners('close');
    client.on('error', (error: Error) => die(this.#lost(error.message)));
    client.on('close', () => die(this.#lost('the connection was closed')));
  }

  async exec(command: string, options: ExecOptions = {}): Promise<Exit> {
    const release = await this.#slots.take();
    try {
      for (let attempt = 1; ; attempt++) {
        const exit = await this.#run(command, options);
        // The server counts a session until it has cleaned up after it, a moment longer than we do.
        if (exit !== 'no-channel') return exit;
        if (attempt >= OPEN_TRIES) return { kind: 'lost', cause: this.#lost('the server opens no more channels') };
        await sleep(50 * attempt);
      }
    } finally {
      release();
    }
  }

  /** `tell` is called once, when the connection has ended for whatever reason. */
  onDead(tell: (cause: Error) => void): void {
    if (this.#dead) tell(this.#dead);
    else this.#onDead.add(tell);
  }

  /** A connection that this machine makes to another one. Not counted in MaxSessions. @throws what the machine said. */
  forward(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      const onDead = (cause: Error): void => reject(cause);
      this.#onDead.add(onDead);
      this.#client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
        this.#onDead.delete(onDead);
        if (error) reject(this.#dead ?? error);
        else resolve(stream);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#dead) return resolve();
      // A server that does not answer the farewell must not keep us.
      const timer = setTimeout(() => {
        this.#client.destroy();
        resolve();
      }, 2000);
      this.#client.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#client.end();
    });
  }

  /** `no-channel`: the server refused to open one, and nothing was run. */
  #run(command: string, o: ExecOptions): Promise<Exit | 'no-channel'> {
    if (this.#dead) return Promise.resolve({ kind: 'lost', cause: this.#dead });
    if (o.signal?.aborted) return Promise.resolve({ kind: 'lost', cause: this.#lost('interrupted') });
    const become =
      o.become && this.target.become.enabled && this.target.user !== this.target.become.user
        ? new Become(this.target, command)
        : undefined;
    return new Promise((resolve) => {
      let channel: ClientChannel | undefined;
      let exit: Exit | undefined;
      let finished = false;
      const finish = (result: Exit | 'no-channel'): void => {
        finished = true;
        this.#onDead.delete(onDead);
        o.signal?.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const onDead = (cause: Error): void => finish(exit ?? { kind: 'lost', cause });
      const onAbort = (): void => {
        channel?.close();
        finish({ kind: 'lost', cause: this.#lost('interrupted') });
      };
      this.#onDead.add(onDead);
      o.signal?.addEventListener('abort', onAbort, { once: true });

      const opened = (error: Error | undefined, stream: ClientChannel): void => {
        if (error) return finish(this.#dead ? { kind: 'lost', cause: this.#dead } : 'no-channel');
        // Called off meanwhile: a program that gets no stdin does nothing.
        if (finished) return stream.close();
        channel = stream;
        const send = (): void => sendStdin(stream, o.stdin);
        stream.on('data', (chunk: Buffer) => {
          const data = become ? become.stdout(chunk, send) : chunk;
          if (data.length > 0) o.onStdout?.(data);
        });
        stream.stderr.on('data', (chunk: Buffer) => {
          const data = become ? become.stderr(chunk, (password) => stream.write(password)) : chunk;
          if (become?.refused) stream.close();
          if (data.length > 0) o.onStderr?.(data);
        });
        stream.on('exit', (code: number | null, signal?: string) => {
          exit = code === null ? { kind: 'killed', signal: signal ?? 'unknown' } : { kind: 'exited', code };
        });
        stream.on('close', () => {
          if (become && !become.ready) return finish({ kind: 'lost', cause: become.error() });
          finish(exit ?? { kind: 'lost', cause: this.#lost('the channel was closed') });
        });
        stream.on('error', () => undefined);
        if (!become) send();
      };
      try {
        this.#client.exec(become ? become.command : command, opened);
      } catch (error) {
        finish({ kind: 'lost', cause: this.#lost(error instanceof Error ? error.message : String(error)) });
      }
    });
  }

  #lost(why: string): TransportError {
    return lostConnection(this.target, why);
  }
}

function sendStdin(stream: ClientChannel, stdin: ExecOptions['stdin']): void {
  if (stdin === undefined) {
    stream.end();
  } else if (stdin instanceof Readable) {
    if (stdin.destroyed) return stream.close();
    stdin.on('error', () => stream.close());
    stdin.pipe(stream);
  } else stream.end(stdin);
}
