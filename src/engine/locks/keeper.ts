import { PassThrough } from 'node:stream';
import { escapeLine } from '../../base/escape.js';
import { TransportError } from '../../transport/errors.js';
import { runShell } from '../../transport/session/run.js';
import type { Session } from '../../transport/types.js';
import type { Connection } from '../connections/connection.js';
import { infoLines, type LockAnswer, type LockInfo, LockReader } from './lock.js';
import { type KeeperScriptOptions, keeperScript } from './lock-script.js';

export interface KeeperOptions {
  readonly connection: Connection;
  readonly runDir: string;
  readonly nonce: string;
  readonly info: LockInfo;
  /** Another run has the lock: it was broken by force, or taken over while we were silent. */
  readonly onLost: (by: LockInfo) => void;
  /** The host was restarted while the run held its lock. */
  readonly onRestart: () => void;
  /** Aborting ends the tries to connect again while the lock is being taken. */
  readonly signal?: AbortSignal;
}

export type Ask = Pick<KeeperScriptOptions, 'over' | 'end' | 'look'>;

/** Channels in a row that may die before they answer. */
const TRIES = 8;

/** How a channel ended before it answered. */
export interface NoAnswer {
  readonly verdict: 'failed';
  readonly error: string;
}

/**
 * The lock of one host. One channel asks for it, keeps it alive by a line now and then, and gives it back; if the connection
 * dies, a new channel takes over. If we die, the lines stop: that is how others notice.
 */
export class Keeper {
  readonly #o: KeeperOptions;
  #stdin: PassThrough | undefined;
  #held = false;
  #complete = false;
  #closing = false;
  #boot: string | undefined;
  #lost: LockInfo | undefined;
  #released: (() => void) | undefined;
  #verified: (() => void) | undefined;
  /** Resolves when the lock is held; replaced whenever the connection is renewed. */
  #ready: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(o: KeeperOptions) {
    this.#o = o;
  }

  get held(): boolean {
    return this.#held;
  }

  /** The host's boot id, once it has answered. */
  get boot(): string | undefined {
    return this.#boot;
  }

  /** Waits while the lock is being taken again. @returns why it is no longer ours. */
  ready(): Promise<string | undefined> {
    return this.#ready;
  }

  /** Asks for the lock. Once it is ours, it stays so until `release`, `close` or `onLost`. */
  async take(how: Ask = {}): Promise<LockAnswer | NoAnswer> {
    for (let attempt = 1; ; attempt++) {
      const session = this.#o.connection.session;
      if (!session) return { verdict: 'failed', error: 'not connected' };
      const answer = await this.#ask(session, how);
      if (!('cause' in answer)) return answer;
      // A login shell that hangs does so again.
      if (
        attempt >= TRIES ||
        this.#o.signal?.aborted ||
        (answer.cause instanceof TransportError && answer.cause.kind === 'shell')
      )
        return { verdict: 'failed', error: answer.cause.message };
      const renewed = await this.#renewed(session, answer.cause);
      if (renewed instanceof Error) return { verdict: 'failed', error: renewed.message };
    }
  }

  /** Until Ctrl-C: nothing has been begun on this host. */
  async #renewed(session: Session, cause: Error): Promise<Session | Error> {
    const { connection, signal } = this.#o;
    if (!signal) return connection.renew(session, cause);
    let onAbort = (): void => undefined;
    const aborted = new Promise<Error>((resolve) => {
      onAbort = () => resolve(cause);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    const renewed = await Promise.race([connection.renew(session, cause), aborted]);
    signal.removeEventListener('abort', onAbort);
    return renewed;
  }

  beat(): void {
    if (this.#held) this.#stdin?.write('beat\n');
  }

  /** Asks the host whether the lock is still ours. @returns why it is not; undefined: it is, or there is no answer in time. */
  async verify(timeoutMs: number): Promise<string | undefined> {
    if (this.#held && this.#stdin) {
      const answered = new Promise<void>((resolve) => {
        this.#verified = resolve;
      });
      this.#stdin.write('verify\n');
      await within(timeoutMs, answered);
    }
    return this.#lost && this.#why();
  }

  /** The run has all its locks. */
  hold(): void {
    this.#complete = true;
    this.#stdin?.write('hold\n');
  }

  /** A program of ours has ended, and all its output has been read. Its directory is removed with the run. */
  seen(key: string): void {
    this.#stdin?.write(`seen ${this.#o.info.run}/${key}\n`);
  }

  /** Removes the directory of a program that has ended and whose output has been read. */
  forget(run: string, key: string): void {
    this.#stdin?.write(`forget ${run}/${key}\n`);
  }

  /** Gives the lock back, and removes the run's files on the host. */
  async release(timeoutMs: number): Promise<void> {
    if (!this.#held) return;
    await within(timeoutMs, this.#ready);
    // From here on the channel's end is expected, even if it comes together with the answer.
    this.#closing = true;
    if (this.#stdin) {
      const released = new Promise<void>((resolve) => {
        this.#released = resolve;
      });
      // From here on the channel's end is expected, not a loss.
      this.#held = false;
      this.#stdin.write('release\n');
      await within(timeoutMs, released);
    }
    this.close();
  }

  /** Closes the channel, not the lock: that turns stale by itself. */
  close(): void {
    this.#closing = true;
    this.#held = false;
    this.#stdin?.end();
    this.#stdin = undefined;
  }

  #ask(session: Session, how: Ask): Promise<LockAnswer | NoAnswer | { cause: Error }> {
    const { runDir, nonce, info } = this.#o;
    const stdin = new PassThrough();
    const reader = new LockReader(nonce);
    let stderr = '';
    return new Promise((resolve) => {
      stdin.write(keeperScript({ runDir, run: info.run, nonce, info: infoLines(info), ...how }));
      const ended = runShell(session, {
        unbegun: this.#o.signal,
        become: true,
        stdin,
        onStdout: (chunk) => {
          for (const said of reader.feed(chunk)) {
            if (said.verdict === 'released') this.#released?.();
            else if (said.verdict === 'mine') this.#verified?.();
            else if (said.verdict === 'lost') this.#lose(said.by);
            else {
              if (said.verdict === 'held' || said.verdict === 'free') stdin.end();
              else this.#hold(stdin, said);
              resolve(said);
            }
          }
        },
        onStderr: (chunk) => {
          stderr = (stderr + chunk.toString()).slice(-2000);
        },
      });
      void ended.then((exit) => {
        if (this.#stdin === stdin) {
          this.#stdin = undefined;
          this.#released?.();
          this.#verified?.();
          if (this.#held && !this.#closing)
            this.#again(session, exit.kind === 'lost' ? exit.cause : new Error('the channel of the lock was closed'));
        }
        if (exit.kind === 'lost') resolve({ cause: exit.cause });
        const said = stderr.trim().split('\n').slice(-3).map(escapeLine).join('\n');
        resolve({ verdict: 'failed', error: said || 'the lock could not be taken' });
      });
    });
  }

  #hold(stdin: PassThrough, answer: LockAnswer): void {
    this.#stdin = stdin;
    if (this.#boot !== undefined && this.#boot !== answer.boot) this.#o.onRestart();
    this.#boot = answer.boot;
    this.#held = true;
    if (this.#complete) this.hold();
  }

  /** The channel died: the next one takes the lock again, unless another run has it by now. */
  #again(session: Session, cause: Error): void {
    this.#ready = (async () => {
      const renewed = await this.#o.connection.renew(session, cause);
      if (renewed instanceof Error) return undefined;
      const answer = await this.take();
      if (answer.verdict === 'failed') return undefined;
      if (answer.verdict !== 'held') return undefined;
      this.#lose(answer.by);
      return this.#why();
    })();
  }

  #lose(by: LockInfo): void {
    if (this.#lost || this.#closing) return;
    this.#lost = by;
    this.#ready = Promise.resolve(this.#why());
    this.close();
    this.#o.onLost(by);
    this.#verified?.();
  }

  #why(): string {
    const by = this.#lost;
    return by?.run
      ? `the lock was taken by ${by.user}@${by.host}, run ${by.run}, since ${by.since}`
      : 'the lock was removed on the host';
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
