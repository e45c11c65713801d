import { count, duration } from '../../base/text/format.js';
import { hostsText, inOrder } from '../../base/text/host-ranges.js';
import type { RunEvent } from '../../engine/events.js';
import {
  diffLines,
  failureBlock,
  hostSummary,
  hostTrouble,
  type Paint,
  rangeText,
  STATUS_COLOR,
  STATUS_WORD,
  type TaskEnd,
  warningLines,
} from '../format.js';
import type { Progress } from './progress.js';
import { Recap } from './recap.js';

export interface LogLinesOptions {
  readonly verbosity: number;
  readonly paint: Paint;
  /** Above a live picture of the current play: only what must stay after it. */
  readonly live: boolean;
  /** Width of the terminal; absent: lines are not wrapped. */
  readonly columns?: () => number | undefined;
  readonly print: (lines: readonly string[]) => void;
}

/** From this number of hosts on, equal lines of several hosts become one. */
const FOLD_FROM = 20;
/** How long a line may wait for others like it. Milliseconds. */
const HOLD_MS = 2_000;

interface Held {
  readonly since: number;
  readonly hosts: string[];
  readonly times: number[];
  readonly say: (hosts: readonly string[], times: readonly number[]) => readonly string[];
}

/** A run as lines that stay: for logs and pipes, and above a live picture. `progress` must have taken each event already. */
export class LogLines {
  readonly #o: LogLinesOptions;
  readonly #progress: Progress;
  readonly #recap = new Recap();
  readonly #held = new Map<string, Held>();
  #dir = '';
  #check = false;
  /** Place in the inventory. */
  #order: ReadonlyMap<string, number> = new Map();

  constructor(o: LogLinesOptions, progress: Progress) {
    this.#o = o;
    this.#progress = progress;
  }

  take(e: RunEvent): void {
    const { paint, verbosity, live } = this.#o;
    this.#recap.take(e);
    if (e.type === 'play-start' || e.type === 'play-end' || e.type === 'run-end') this.flush();
    else this.flush(e.at - HOLD_MS);
    switch (e.type) {
      case 'run-start': {
        [this.#dir, this.#check] = [e.dir, e.check];
        this.#order = new Map(e.hosts.map((h, i) => [h, i]));
        const mode = e.check ? ' (check mode: nothing is changed)' : '';
        this.#print(`${e.title}: ${count(e.hosts.length, 'host')}${mode}, log: ${e.dir}`);
        break;
      }
      case 'play-start':
        if (!live) this.#print('', paint('bold', `PLAY ${e.play} (${count(e.hosts.length, 'host')})`));
        break;
      case 'task-start':
        if (verbosity >= 2) this.#print(`${e.host} [${e.n}/${e.of}] ${e.title}`);
        break;
      case 'task-output':
        if (verbosity >= 2) this.#print(`${e.host} | ${e.text}`);
        break;
      case 'task-end':
        this.#taskEnd(e);
        break;
      case 'warning':
        this.#print(...warningLines(e, paint, this.#o.columns?.()));
        break;
      case 'host-unreachable':
        this.#hold(e, `unreachable ${e.error}`, 0, (hosts) =>
          hostTrouble('UNREACHABLE', hosts, e.error, paint, this.#o.columns?.()),
        );
        break;
      case 'host-failed':
        this.#hold(e, `failed ${e.error}`, 0, (hosts) => hostTrouble('FAILED', hosts, e.error, paint, this.#o.columns?.()));
        break;
      case 'host-lost':
        if (!live) this.#print(paint('yellow', `${e.host} connection lost, try ${e.attempt}: ${e.error}`));
        break;
      case 'host-back':
        if (!live) this.#print(`${e.host} reconnected; its tasks kept running`);
        break;
      case 'push':
        if (!live && e.bytes >= e.of) this.#print(`${e.host} received ${e.artifact} (${Math.ceil(e.of / 1_000_000)} MB)`);
        break;
      case 'run-end':
        this.#print(...this.#recap.lines(e, paint, this.#o.columns?.()));
        break;
      default:
        break;
    }
  }

  /** Prints lines that have waited for others since before `until`, milliseconds since the epoch. */
  flush(until = Number.POSITIVE_INFINITY): void {
    for (const [key, held] of this.#held) {
      if (held.since > until) continue;
      this.#held.delete(key);
      this.#print(...held.say(inOrder(held.hosts, this.#order), held.times));
    }
  }

  /** Printed at once with few hosts; with many, once others may have come to the same. */
  #hold(e: { readonly at: number; readonly host: string }, key: string, ms: number, say: Held['say']): void {
    const known = this.#held.get(key);
    if (known) {
      known.hosts.push(e.host);
      known.times.push(ms);
    } else this.#held.set(key, { since: e.at, hosts: [e.host], times: [ms], say });
    if (this.#order.size < FOLD_FROM) this.flush();
  }

  #taskEnd(e: TaskEnd): void {
    const { verbosity, live } = this.#o;
    const telling = e.status === 'failed' || verbosity >= 1 || e.diff !== undefined || (e.status !== 'ok' && !live);
    if (telling) {
      const key = [e.task, e.status, e.code ?? '', e.diff ?? '', ...(e.tail ?? [])].join('\0');
      this.#hold(e, key, e.ms, (hosts, times) => this.#taskLines(e, hosts, times));
    }
    if (!live) this.#hostDone(e);
  }

  #taskLines(e: TaskEnd, hosts: readonly string[], times: readonly number[]): string[] {
    const { paint } = this.#o;
    const diff = e.diff ? diffLines(e.diff, paint) : [];
    if (e.status === 'failed')
      return [...failureBlock({ ...e, hosts, ms: Math.max(...times) }, this.#dir, paint, this.#o.columns?.()), ...diff];
    const status = paint(STATUS_COLOR[e.status], STATUS_WORD[e.status]);
    return [`${hostsText(hosts)} ${status}: ${e.title} ${rangeText(times)}`, ...diff];
  }

  /** A line for a host that has finished the play. */
  #hostDone(e: TaskEnd): void {
    const host = this.#progress.hosts.get(e.host);
    if (this.#order.size >= FOLD_FROM || !host || host.failed !== undefined || host.done !== host.tasks) return;
    const text = hostSummary(host.changed, host.tasks, this.#check);
    const color = host.changed > 0 ? 'yellow' : 'green';
    this.#print(`${e.host} ${this.#o.paint(color, text)} ${duration(e.at - (host.since ?? e.at))}`);
  }

  /** `etcd 12s  9 hosts, 14 changed on 3`. */
  playLine(e: Extract<RunEvent, { type: 'play-end' }>): string {
    const { paint } = this.#o;
    const hosts = [...this.#progress.hosts.values()];
    const failed = hosts.filter((h) => h.failed !== undefined).length;
    const changed = hosts.filter((h) => h.changed > 0);
    const changes = changed.reduce((n, h) => n + h.changed, 0);
    const notes = [count(hosts.length, 'host')];
    if (changes > 0) notes.push(paint('yellow', `${changes} ${this.#check ? 'would change' : 'changed'} on ${changed.length}`));
    if (failed > 0) notes.push(paint('red', `${failed} failed`));
    return `${paint('bold', e.play)} ${duration(e.ms)}  ${notes.join(', ')}`;
  }

  #print(...lines: readonly string[]): void {
    this.#o.print(lines);
  }
}
