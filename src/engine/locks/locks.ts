import { setTimeout as sleep } from 'node:timers/promises';
import { Semaphore } from '../../base/semaphore.js';
import type { Connections } from '../connections/connections.js';
import { ownController } from '../journal/controller.js';
import { Keeper } from './keeper.js';
import { BEAT_EVERY_MS, type FoundProgram, judge, type LockAnswer, type LockInfo, lockedError, presentTask } from './lock.js';

export interface LocksOptions {
  readonly run: string;
  readonly runDir: string;
  readonly nonce: string;
  readonly forks: number;
  readonly connections: Connections;
  /** Stop the holder's programs, and take the lock. */
  readonly force?: boolean;
  /** Follow the programs of this run, whichever operator began it. */
  readonly adopt?: string;
  readonly onNote: (host: string, text: string) => void;
  /** The lock could not be requested: no permission, no shell, connection lost for good. */
  readonly onFailed: (host: string, error: string) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds to wait for a run that began at the same moment and will give way. */
const GIVE_WAY_MS = 20_000;
/** Milliseconds that releasing may take. */
const RELEASE_MS = 10_000;
/** Milliseconds to wait for a host's answer: taking a lock over may include stopping a program that hangs. */
const VERIFY_MS = 10_000;

/** The locks of one run on all its hosts. */
export class Locks {
  readonly #o: LocksOptions;
  readonly #own: LockInfo;
  readonly #keepers = new Map<string, Keeper>();
  readonly #found = new Map<string, readonly FoundProgram[]>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(o: LocksOptions) {
    this.#o = o;
    this.#own = { run: o.run, since: new Date().toISOString(), ...ownController() };
  }

  /**
   * Takes all of them, or none.
   *
   * Of several runs that begin at the same moment and share a host, exactly one continues: while neither has all its hosts,
   * the one with the smaller name waits for the other to give way.
   *
   * @throws LockedError naming every host that another run holds.
   */
  static async acquire(hosts: readonly string[], o: LocksOptions): Promise<Locks> {
    const locks = new Locks(o);
    const refused = new Map<string, LockAnswer>();
    const limit = new Semaphore(o.forks);
    await Promise.all(hosts.filter((h) => o.connections.has(h)).map((host) => limit.run(async () => locks.#take(host, refused))));
    if (refused.size > 0) {
      await locks.release();
      throw lockedError(refused, locks.#own);
    }
    for (const keeper of locks.#keepers.values()) keeper.hold();
    locks.#timer = setInterval(() => {
      for (const keeper of locks.#keepers.values()) keeper.beat();
    }, BEAT_EVERY_MS);
    locks.#timer.unref();
    return locks;
  }

  /** Programs of dead runs, by host: they must be followed before anything is started there. */
  get found(): ReadonlyMap<string, readonly FoundProgram[]> {
    return this.#found;
  }

  /** Waits while a host's lock is being taken again. @returns why it is no longer ours. */
  ready(host: string): Promise<string | undefined> {
    return this.#keepers.get(host)?.ready() ?? Promise.resolve(undefined);
  }

  /** Asks the host whether its lock is still ours. @returns why not; undefined: it is, or the host cannot be asked. */
  verify(host: string): Promise<string | undefined> {
    return this.#keepers.get(host)?.verify(VERIFY_MS) ?? Promise.resolve(undefined);
  }

  /** A program of this run has ended, and all its output has been read. */
  seen(host: string, key: string): void {
    this.#keepers.get(host)?.seen(key);
  }

  /** Removes the files of another run's program. */
  forget(host: string, run: string, key: string): void {
    this.#keepers.get(host)?.forget(run, key);
  }

  /** Keeps the lock of a host on which a program may still run; it turns stale by itself. */
  abandon(host: string): void {
    this.#keepers.get(host)?.close();
    this.#keepers.delete(host);
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const keepers = [...this.#keepers.values()];
    this.#keepers.clear();
    await Promise.all(keepers.map((k) => k.release(RELEASE_MS)));
  }

  async #take(host: string, refused: Map<string, LockAnswer>): Promise<void> {
    const o = this.#o;
    const keeper = new Keeper({
      connection: o.connections.get(host),
      runDir: o.runDir,
      nonce: o.nonce,
      info: this.#own,
      signal: o.signal,
      onLost: (by) => o.onNote(host, lostText(by)),
      onRestart: () => o.onNote(host, 'the host was restarted during this run (its boot id changed)'),
    });
    const until = Date.now() + GIVE_WAY_MS;
    let over: string | undefined;
    let end = false;
    for (;;) {
      const answer = await keeper.take({ over, end });
      if (answer.verdict === 'failed') return o.onFailed(host, answer.error);
      if (answer.verdict !== 'held') return this.#taken(host, keeper, answer, end);
      const judgement = judge(answer, this.#own);
      const again = Date.now() < until && !o.signal?.aborted;
      const follow = judgement === 'ours-to-follow' || (judgement === 'orphan' && answer.by.run === o.adopt);
      // Force stops even our own programs, instead of waiting for them.
      if (judgement === 'stale' || (follow && !o.force)) {
        // Another run may be taking it over right now: then the next answer names that run.
        over = answer.by.run;
      } else if (o.force && answer.stuck.length === 0) {
        over = answer.by.run;
        end = true;
      } else if (judgement === 'at-work' && answer.taking && this.#own.run < answer.by.run && again) {
        await sleep(150);
      } else {
        refused.set(host, answer);
        return;
      }
      if (!again) {
        refused.set(host, answer);
        return;
      }
    }
  }

  #taken(host: string, keeper: Keeper, answer: LockAnswer, forced: boolean): void {
    this.#keepers.set(host, keeper);
    const programs = answer.programs.filter((p) => !answer.stopped.includes(`${p.run}/${p.key}`));
    const { by } = answer;
    const who = `run ${by.run} (${by.user}@${by.host}, ${by.since})`;
    const note = (text: string): void => this.#o.onNote(host, text);
    if (answer.verdict === 'restarted') note(`the host was restarted during ${who}: its lock is void`);
    else if (answer.verdict === 'over' && forced) {
      const stopped = answer.programs.filter((p) => answer.stopped.includes(`${p.run}/${p.key}`));
      const at = stopped.map((p) => `; its program was stopped at ${presentTask(p)} (play ${p.label.play})`);
      for (const p of stopped) keeper.forget(p.run, p.key);
      note(`broke the lock of ${who}${at.join('')}`);
    } else if (answer.verdict === 'over') note(`took over the stale lock of ${who}: its controller is gone`);
    if (programs.length > 0) this.#found.set(host, programs);
  }
}

function lostText(by: LockInfo): string {
  return by.run
    ? `the lock of this run was taken by ${by.user}@${by.host}, run ${by.run}: nothing more is started on this host`
    : 'the lock of this run was removed on the host: nothing more is started there';
}
