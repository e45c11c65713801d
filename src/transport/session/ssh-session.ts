import { type Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel, ExecOptions as Ssh2Options } from 'ssh2';
import { Semaphore } from '../../base/semaphore.js';
import { Become } from '../become/become.js';
import { killAsRoot } from '../become/kill-as-root.js';
import { becomeOnTerminal } from '../become/on-terminal.js';
import type { OpenChannel } from '../become/open-channel.js';
import { CommandInterruptedError, lostConnection, type TransportError } from '../errors.js';
import { applyBackpressure } from '../io/backpressure.js';
import { sendStdin } from '../io/stdin.js';
import { firstWordMs } from '../limits/first-word.js';
import type { ExecOptions, Exit, Session, Target } from '../types.js';

/** sshd's MaxSessions is 10 by default; some are left for other uses of the connection. */
const MAX_CHANNELS = 8;
/** Tries to open a channel, with growing pauses: about 15 seconds in all. */
const OPEN_TRIES = 25;
/** How long a server may take from reporting that a command runs to running it. */
const STARTED_MS = 300;
/** How long a command that is called off is waited for while its channel opens: it can only be ended once it is open. */
const OPENING_MS = 2000;

/** One SSH connection. Many commands run over it at once; more than the server allows wait. */
export class SshSession implements Session {
  readonly target: Target;
  readonly hostKey: Buffer | undefined;
  readonly loginKey: Buffer | undefined;
  readonly #client: Client;
  readonly #channels = new Semaphore(MAX_CHANNELS);
  /** Commands that need two channels: few enough that not all can wait for their second one. */
  readonly #pairs = new Semaphore(MAX_CHANNELS / 2);
  readonly #onDead = new Set<(cause: Error) => void>();
  #dead: Error | undefined;
  #open = 0;
  /** Becoming another user needs a terminal here. */
  #terminal: boolean;
  /** A wrong password is tried once: after a few tries an account may be locked. */
  #refusal: TransportError | undefined;

  constructor(target: Target, client: Client, hostKey?: Buffer, loginKey?: Buffer) {
    this.target = target;
    this.hostKey = hostKey;
    this.loginKey = loginKey;
    this.#client = client;
    const { method, password } = target.become;
    this.#terminal = method === 'su' || (method === 'doas' && password !== undefined);
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

  async exec(command: string, o: ExecOptions = {}): Promise<Exit> {
    const become = o.become && this.target.become.enabled && this.target.user !== this.target.become.user;
    if (!become) return this.#run(command, o);
    if (this.#refusal) return { kind: 'lost', cause: this.#refusal };
    if (!this.#terminal) {
      const how = new Become(this.target, command);
      const exit = await this.#run(how.command, o, how);
      if (!how.wantsTerminal) return this.#remember(exit, how);
      // Nothing has run: try again with a terminal, now and from now on.
      this.#terminal = true;
    }
    const release = await this.#pairs.take();
    try {
      const { exit, how } = await becomeOnTerminal(this.target, command, o, {
        open: (c, options) => this.#channel(c, options, o.signal),
        openAlways: (c, options) => this.#channel(c, options),
        end: (become, done) => this.#killAsRoot(become, o, done),
      });
      return this.#remember(exit, how);
    } finally {
      release();
    }
  }

  /** `tell` is called once, when the connection has ended for any reason. */
  onDead(tell: (cause: Error) => void): void {
    if (this.#dead) tell(this.#dead);
    else this.#onDead.add(tell);
  }

  /** A connection that this host makes to another. MaxSessions does not count it. @throws the host's error */
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
      // A server that does not answer must not block us.
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

  #remember(exit: Exit, how: Become | undefined): Exit {
    if (how?.wrongPassword && exit.kind === 'lost') this.#refusal = how.error();
    return exit;
  }

  async #run(command: string, o: ExecOptions, become?: Become): Promise<Exit> {
    if (o.signal?.aborted) return { kind: 'lost', cause: this.#interrupted() };
    const channel = await this.#channel(command, {}, o.signal);
    if (channel instanceof Error) return { kind: 'lost', cause: channel };
    // Aborted while the channel opened: a program without stdin does nothing, and a command is killed.
    if (o.signal?.aborted) {
      await endChannel(channel);
      return { kind: 'lost', cause: this.#interrupted() };
    }
    return new Promise((resolve) => {
      const { stream } = channel;
      let cut = false;
      const cutOff = (cause: TransportError): void => {
        if (cut) return;
        cut = true;
        // Before our own signal: sudo would pass that to the shell alone and die, and the shell's children could not be found.
        this.#killAsRoot(become, o, async (mayStillRun) => {
          await endChannel(channel, o.stdin);
          finish({ kind: 'lost', cause, mayStillRun });
        });
      };
      const onAbort = (): void => cutOff(this.#interrupted());
      const limit = firstWordMs(this.target);
      const timer = become && setTimeout(() => cutOff(become.late(limit)), limit);
      const finish = (exit: Exit): void => {
        o.signal?.removeEventListener('abort', onAbort);
        clearTimeout(timer);
        become?.end();
        resolve(exit);
      };
      o.signal?.addEventListener('abort', onAbort, { once: true });
      const send = (): void => {
        clearTimeout(timer);
        o.onReady?.();
        sendStdin(stream, o.stdin);
      };
      const answer = (password: string): void => {
        if (become?.refused) stream.close();
        else stream.write(password);
      };
      stream.on('data', (chunk: Buffer) => {
        const data = become ? become.stdout(chunk, send, answer) : chunk;
        if (data.length > 0) o.onStdout?.(data);
        applyBackpressure(stream, o);
      });
      stream.stderr.on('data', (chunk: Buffer) => {
        const data = become ? become.stderr(chunk, answer) : chunk;
        if (data.length > 0) o.onStderr?.(data);
        applyBackpressure(stream.stderr, o);
      });
      channel.ended.then((exit) => {
        if (!cut) finish(become && !become.ready && !this.#dead ? { kind: 'lost', cause: become.error() } : exit);
      });
      if (!become) send();
    });
  }

  #killAsRoot(become: Become | undefined, o: ExecOptions, done: (mayStillRun?: string) => void): void {
    const pid = o.killOnAbort ? become?.pid : undefined;
    if (pid === undefined) done();
    else killAsRoot(pid, (command) => this.exec(command, { become: true })).then(done);
  }

  /** A channel that runs a command, or why there is none. */
  async #channel(command: string, options: Ssh2Options, signal?: AbortSignal): Promise<OpenChannel | Error> {
    const release = await this.#channels.takeUnless(signal);
    if (!release) return this.#interrupted();
    for (let attempt = 1; ; attempt++) {
      if (this.#dead || signal?.aborted) {
        release();
        return this.#dead ?? this.#interrupted();
      }
      const channel = await this.#ask(command, options, release, signal);
      if (channel) return channel;
      if (attempt >= OPEN_TRIES) {
        release();
        return this.#dead ?? this.#lost('the server opens no more channels (MaxSessions)');
      }
      // It allows fewer sessions than expected. It also counts a session until it has cleaned up, a moment longer than we do.
      if (this.#open > 0) this.#channels.resize(Math.max(2, Math.min(this.#channels.size, this.#open)));
      await sleep(50 * attempt, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Undefined: the server does not open it, or says nothing in time. */
  #ask(
    command: string,
    options: Ssh2Options,
    release: () => void,
    signal?: AbortSignal,
  ): Promise<OpenChannel | Error | undefined> {
    return new Promise((resolve) => {
      let waits = true;
      const end = (result: OpenChannel | Error | undefined): void => {
        waits = false;
        clearTimeout(timer);
        clearTimeout(calledOff);
        this.#onDead.delete(onDead);
        signal?.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const onDead = (): void => end(undefined);
      const giveUp = (why: TransportError): void => {
        release();
        end(why);
      };
      let calledOff: NodeJS.Timeout | undefined;
      const onAbort = (): void => {
        calledOff = setTimeout(() => giveUp(this.#interrupted()), OPENING_MS);
      };
      const limit = firstWordMs(this.target);
      const timer = setTimeout(() => giveUp(this.#lost(`the server opened no channel within ${limit / 1000} s`)), limit);
      this.#onDead.add(onDead);
      signal?.addEventListener('abort', onAbort, { once: true });
      const opened = (error: Error | undefined, stream: ClientChannel): void => {
        if (waits) {
          // At once: a short command may have ended in the same packet, and its end is reported only once.
          end(error ? undefined : this.#watch(stream, release));
        } else if (!error) void endChannel(this.#watch(stream, () => undefined));
      };
      try {
        this.#client.exec(command, options, opened);
      } catch {
        end(undefined);
      }
    });
  }

  #watch(stream: ClientChannel, release: () => void): OpenChannel {
    this.#open++;
    const ended = new Promise<Exit>((resolve) => {
      let exit: Exit | undefined;
      const finish = (result: Exit): void => {
        this.#onDead.delete(onDead);
        this.#open--;
        release();
        resolve(result);
      };
      const onDead = (cause: Error): void => finish(exit ?? { kind: 'lost', cause });
      this.#onDead.add(onDead);
      stream.on('exit', (code: number | null, name?: string) => {
        exit = code === null ? { kind: 'killed', signal: name ?? 'unknown' } : { kind: 'exited', code };
      });
      stream.on('close', () => {
        if (!this.#dead) finish(exit ?? { kind: 'lost', cause: this.#lost('the channel was closed') });
      });
      stream.on('error', () => undefined);
    });
    return { stream, ended, opened: performance.now() };
  }

  #interrupted(): TransportError {
    return new CommandInterruptedError(this.target);
  }

  #lost(why: string): TransportError {
    return lostConnection(this.target, why);
  }
}

/** Ends a channel's command, then the channel. @param sent what its stdin is being sent. */
async function endChannel({ stream, ended, opened }: OpenChannel, sent?: ExecOptions['stdin']): Promise<void> {
  // sshd reports a command as started before it leads its process group, and until then a signal is lost. A command that reads
  // a file must not get the rest of it in the meantime.
  const young = opened + STARTED_MS - performance.now();
  if (young > 0 && !(sent instanceof Readable)) await Promise.race([ended, sleep(young, undefined, { ref: false })]);
  terminate(stream);
  stream.close();
  // A channel closes, and makes room, once all its output has been read.
  stream.resume();
  stream.stderr.resume();
}

/**
 * SIGTERM for what the channel has started: a command without a terminal outlives its channel. The server cannot signal
 * another user's processes. ssh2's own `signal` sends nothing once stdin has been closed.
 */
function terminate(stream: ClientChannel): void {
  const { _client: client, outgoing } = stream as unknown as {
    _client?: { _protocol?: { signal?: (channel: number, name: string) => void } };
    outgoing?: { id?: number; state?: string };
  };
  if (outgoing?.id !== undefined && outgoing.state !== 'closed') client?._protocol?.signal?.(outgoing.id, 'TERM');
}
