import { escapeLine } from '../../base/escape.js';
import { count, duration } from '../../base/text/format.js';
import { columnsOf, cutTo } from '../../base/text/width.js';
import { hostsText } from '../host-ranges.js';

/** What a step consists of, all machines together: `logins`. */
export interface Parts {
  readonly noun: string;
  readonly of: number;
}

export interface StageOptions {
  readonly parts?: Parts;
  /** Ctrl-C calls it off everywhere at once; else machines that are at it finish it. */
  readonly calledOff?: boolean;
}

/** Hears how far a command is that does one thing after the other on many machines. */
export interface StageListener {
  /** The next step, with these machines; the one before is over. */
  stage(doing: string, hosts: readonly string[], o?: StageOptions): void;
  /** A machine's turn has come. */
  began(host: string): void;
  /** A machine has got on by so many parts. */
  part(n: number): void;
  /** A machine is through with this step, in whatever way. */
  done(host: string): void;
}

/** So few machines are named at once; more of them only when nothing happens. */
const FEW = 3;
/** After Ctrl-C so many are named, else they are counted. */
const NAMED = 8;
/** Nothing has happened for so long: it may hang. Milliseconds. */
const QUIET_MS = 4_000;

/** What the step at work is, who is through, and who is waited for. Pure: times are given, in milliseconds since the epoch. */
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

  /** From now on the machines that are at work are finished, and no more are begun. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Nothing is to be told: no step has begun, or all machines are through. */
  get idle(): boolean {
    return this.#left.size === 0;
  }

  /** Machines whose turn has come and that are not through, in the order of the inventory. */
  get atWork(): readonly string[] {
    return [...this.#left].filter((h) => this.#working.has(h));
  }

  /** What to say after the message of Ctrl-C: few are named, many counted; empty when nobody is left to be waited for. */
  get stillAtWork(): string {
    const hosts = this.#calledOff ? [] : this.atWork;
    if (hosts.length === 0) return '';
    return escapeLine(`Still at work: ${hosts.length <= NAMED ? hosts.join(', ') : count(hosts.length, 'host')}.`);
  }

  /** One line of at most `columns`. `names`: those who are waited for are named in any case; `time`: how long the step takes. */
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

/** Whole seconds: a line is not drawn more often. */
function seconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)}s` : duration(ms);
}
