import type { Session } from '../transport/port.js';
import { Limit } from './limit.js';
import { acquireLock, type LockInfo, lockedError, ownInfo, REFRESH_EVERY_MS, refreshLock, releaseLock } from './lock.js';

export interface LocksOptions {
  readonly run: string;
  readonly runDir: string;
  readonly nonce: string;
  readonly forks: number;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly onTakenOver: (host: string, from: LockInfo) => void;
  /** The lock could not be asked for: no right to, no shell, connection lost. */
  readonly onFailed: (host: string, error: string) => void;
}

/** The locks of one run on all its hosts. */
export class Locks {
  readonly #o: LocksOptions;
  readonly #held = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(o: LocksOptions) {
    this.#o = o;
  }

  /**
   * Takes all of them, or none.
   * @throws LockedError naming every host that another run holds.
   */
  static async acquire(hosts: readonly string[], o: LocksOptions): Promise<Locks> {
    const locks = new Locks(o);
    const info = ownInfo(o.run, new Date());
    const refused = new Map<string, LockInfo>();
    await locks.#each(hosts, async (host, session) => {
      const outcome = await acquireLock(session, { runDir: o.runDir, info, nonce: o.nonce });
      if (outcome.kind === 'held') refused.set(host, outcome.by);
      else if (outcome.kind === 'failed') o.onFailed(host, outcome.error);
      else {
        locks.#held.add(host);
        if (outcome.from) o.onTakenOver(host, outcome.from);
      }
    });
    if (refused.size > 0) {
      await locks.release();
      throw lockedError(refused);
    }
    locks.#timer = setInterval(() => {
      void locks.#each([...locks.#held], (_host, session) => refreshLock(session, o.runDir, o.run));
    }, REFRESH_EVERY_MS);
    locks.#timer.unref();
    return locks;
  }

  /** Keeps the lock of a host on which a program may still be running; it turns stale by itself. */
  abandon(host: string): void {
    this.#held.delete(host);
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const hosts = [...this.#held];
    this.#held.clear();
    await this.#each(hosts, (_host, session) => releaseLock(session, this.#o.runDir, this.#o.run));
  }

  async #each(hosts: readonly string[], work: (host: string, session: Session) => Promise<void>): Promise<void> {
    const limit = new Limit(this.#o.forks);
    await Promise.all(
      hosts.map((host) => {
        const session = this.#o.sessions.get(host);
        return session ? limit.run(() => work(host, session)) : undefined;
      }),
    );
  }
}
