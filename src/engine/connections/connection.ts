import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../transport/types.js';

export interface ReconnectOptions {
  /** Opens a new session to the host; rejects if that fails. */
  readonly connect: (host: string, signal?: AbortSignal) => Promise<Session>;
  /** Milliseconds of retries; default 5 minutes. */
  readonly giveUpMs?: number;
  /** Milliseconds before the second try, doubled each time up to 15 s; default 500. */
  readonly firstDelayMs?: number;
  readonly signal?: AbortSignal;
}

/** `lost` is called before each retry, `back` after the one that succeeds. */
export interface ConnectionNews {
  readonly lost: (error: string, attempt: number) => void;
  readonly back: () => void;
}

/** The session of a host, renewed when it is lost. All users of the host share it. */
export class Connection {
  readonly host: string;
  readonly #sessions: Map<string, Session>;
  readonly #o: ReconnectOptions;
  readonly #tell: ConnectionNews;
  #renewing: Promise<Session | Error> | undefined;

  constructor(host: string, sessions: Map<string, Session>, o: ReconnectOptions, tell: ConnectionNews) {
    this.host = host;
    this.#sessions = sessions;
    this.#o = o;
    this.#tell = tell;
  }

  get session(): Session | undefined {
    return this.#sessions.get(this.host);
  }

  /**
   * A new session that replaces `dead`, or the error of the last try. Concurrent calls share the tries, and a session that has
   * been renewed meanwhile is used.
   */
  async renew(dead: Session | undefined, cause: Error): Promise<Session | Error> {
    const now = this.session;
    if (now && now !== dead) return now;
    this.#renewing ??= this.#tryAgain(dead, cause).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #tryAgain(dead: Session | undefined, cause: Error): Promise<Session | Error> {
    await dead?.close().catch(() => undefined);
    const until = Date.now() + (this.#o.giveUpMs ?? 300_000);
    let delay = this.#o.firstDelayMs ?? 500;
    let last = cause;
    for (let attempt = 1; ; attempt++) {
      if (this.#o.signal?.aborted) return last;
      this.#tell.lost(last.message, attempt);
      try {
        const session = await this.#o.connect(this.host, this.#o.signal);
        if (this.#o.signal?.aborted) {
          await session.close();
          return last;
        }
        this.#sessions.set(this.host, session);
        this.#tell.back();
        return session;
      } catch (error) {
        last = error instanceof Error ? error : new Error(String(error));
      }
      // Jitter: fifty hosts behind one switch must not all come back at once.
      const wait = delay * (0.5 + Math.random());
      if (Date.now() + wait > until) return last;
      await sleep(wait, undefined, { signal: this.#o.signal }).catch(() => undefined);
      delay = Math.min(delay * 2, 15_000);
    }
  }
}
