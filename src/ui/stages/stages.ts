import { escapeLine } from '../../base/escape.js';
import { count, duration } from '../../base/text/format.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { columnsOf, cutTo } from '../../base/text/width.js';

/** What a stage consists of, over all hosts: `logins`. */
export interface Parts {
  readonly noun: string;
  readonly of: number;
}

export interface StageOptions {
  readonly parts?: Parts;
  /** Ctrl-C cancels it on all hosts at once; otherwise hosts that are at work finish it. */
  readonly calledOff?: boolean;
}

/** Receives the progress of a command that runs one stage after the other on many hosts. */
export interface StageListener {
  /** The next stage, with its hosts; the previous one is over. */
  stage(doing: string, hosts: readonly string[], o?: StageOptions): void;
  /** A host has started. */
  began(host: string): void;
  /** N more parts are done on a host. */
  part(n: number): void;
  /** A host has finished this stage, whether it succeeded or not. */
  done(host: string): void;
}

/** Up to N hosts are named at once; more only when nothing happens. */
const FEW = 3;
/** After Ctrl-C up to N hosts are named; more are counted. */
const NAMED = 8;
/** Without any event for this long, something may hang. Milliseconds. */
const QUIET_MS = 4_000;

/** The current stage, the hosts that are done and those that are waited for. Pure: times are arguments, in milliseconds since the epoch. */
export class StageProgress {
  #doing = '';
  #total = 0;
  #done = 0;
  #parts: Parts | undefined;
  #partsDone = 0;
  #since = 0;
  #lastAt = 0;
  #calledOff = false;
  #interrupted = false;
  /** In the order of the inventory. */
  #left = new Set<string>();
  #working = new Set<string>();

  stage(doing: string, hosts: readonly string[], o: StageOptions, now: number): void {
    [this.#doing, this.#total, this.#done, this.#partsDone] = [doing, hosts.length, 0, 0];
    [this.#parts, this.#calledOff] = [o.parts, o.calledOff ?? false];
    [this.#since, this.#lastAt] = [now, now];
    this.#left = new Set(hosts);
    this.#working = new Set();
  }

  began(host: string): void {
    if (this.#left.has(host)) this.#working.add(host);
  }

  part(n: number, now: number): void {
    this.#partsDone += n;
    this.#lastAt = now;
  }

  done(host: string, now: number): void {
    this.#working.delete(host);
    if (!this.#left.delete(host)) return;
    this.#done++;
    this.#lastAt = now;
  }

  /** From now on hosts that are at work finish, and no more are started. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** There is nothing to show: no stage has begun, or all hosts are done. */
  get idle(): boolean {
    return this.#left.size === 0;
  }

  /** Hosts that have started and are not done, in the order of the inventory. */
  get atWork(): readonly string[] {
    return [...this.#left].filter((h) => this.#working.has(h));
  }

  /** What follows the message of Ctrl-C: few hosts are named, many counted; empty when no host is left to wait for. */
  get stillAtWork(): string {
    const hosts = this.#calledOff ? [] : this.atWork;
    if (hosts.length === 0) return '';
    return escapeLine(`Still at work: ${hosts.length <= NAMED ? hosts.join(', ') : count(hosts.length, 'host')}.`);
  }

  /** One line of at most `columns`. `names`: always name the hosts that are waited for; `time`: show how long the stage has run. */
  line(now: number, columns: number, o: { readonly names?: boolean; readonly time?: boolean } = {}): string {
    const quietMs = now - this.#lastAt;
    const quiet = quietMs >= QUIET_MS;
    const parts = this.#parts ? `, ${this.#partsDone} of ${count(this.#parts.of, this.#parts.noun)}` : '';
    const state = this.#interrupted
      ? `interrupted while ${this.#doing}`
      : `${this.#doing}: ${this.#done} of ${count(this.#total, 'host')}${parts}`;
    const time = o.time ? ` after ${seconds(now - this.#since)}` : '';
    if (!o.names && !quiet && !this.#interrupted && this.#left.size > FEW) return cutTo(escapeLine(state + time), columns);
    const wait = `, waiting ${quiet ? `${seconds(quietMs)} ` : ''}for `;
    const waited = this.atWork.length > 0 ? this.atWork : [...this.#left];
    const room = Math.max(12, columns - columnsOf(state + time + wait));
    return cutTo(escapeLine(`${state}${time}${waited.length === 0 ? '' : wait + hostsText(waited, room)}`), columns);
  }
}

/** Whole seconds, because a line is not drawn more often. */
function seconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)}s` : duration(ms);
}
