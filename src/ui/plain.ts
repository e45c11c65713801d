import type { RunEvent } from '../engine/events.js';
import { Outcome } from './outcome.js';
import { Progress } from './progress.js';
import type { View, ViewOptions } from './view.js';
import {
  count,
  diffLines,
  duration,
  failureBlock,
  hostSummary,
  hostTrouble,
  type Paint,
  painter,
  STATUS_COLOR,
  STATUS_WORD,
  type TaskEnd,
  warningLine,
} from './words.js';

/** A task that runs longer than this gets a line now and then, so that nobody takes a quiet log for a dead one. */
const QUIET_MS = 15_000;

/** Lines for logs and pipes: nothing is ever written over. */
export class PlainView implements View {
  readonly #o: ViewOptions;
  readonly #paint: Paint;
  readonly #progress = new Progress();
  readonly #outcome = new Outcome();
  readonly #toldAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #dir = '';
  #check = false;

  constructor(o: ViewOptions) {
    this.#o = o;
    this.#paint = painter(o.color);
    this.#timer = setInterval(() => this.heartbeat(Date.now()), 5_000);
    this.#timer.unref();
  }

  event(e: RunEvent): void {
    this.#progress.take(e);
    this.#outcome.take(e);
    switch (e.type) {
      case 'run-start':
        this.#dir = e.dir;
        this.#check = e.check;
        this.#line(
          `${e.title}: ${count(e.hosts.length, 'host')}${e.check ? ' (check mode: nothing is changed)' : ''}, log: ${e.dir}`,
        );
        break;
      case 'play-start':
        this.#toldAt.clear();
        this.#line('', this.#paint('bold', `PLAY ${e.play} (${count(e.hosts.length, 'host')})`));
        break;
      case 'task-start':
        if (this.#o.verbosity >= 2) this.#line(`${e.host} [${e.n}/${e.of}] ${e.title}`);
        break;
      case 'task-output':
        if (this.#o.verbosity >= 2) this.#line(`${e.host} | ${e.text}`);
        break;
      case 'task-end':
        this.#taskEnd(e);
        break;
      case 'warning':
        this.#line(warningLine(e, this.#paint));
        break;
      case 'host-unreachable':
        this.#line(...hostTrouble('UNREACHABLE', [e.host], e.error, this.#paint));
        break;
      case 'host-failed':
        this.#line(...hostTrouble('FAILED', [e.host], e.error, this.#paint));
        break;
      case 'host-lost':
        this.#line(this.#paint('yellow', `${e.host} connection lost, try ${e.attempt}: ${e.error}`));
        break;
      case 'host-back':
        this.#line(`${e.host} connected again; its tasks went on meanwhile`);
        break;
      case 'push':
        if (e.bytes >= e.of) this.#line(`${e.host} received ${e.artifact} (${Math.ceil(e.of / 1_000_000)} MB)`);
        break;
      case 'run-end':
        clearInterval(this.#timer);
        this.#line(...this.#outcome.recap(e, this.#paint));
        break;
      default:
        break;
    }
  }

  end(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  /** Says what has been at work for long; `now` in milliseconds since the epoch. */
  heartbeat(now: number): void {
    for (const [host, state] of this.#progress.hosts) {
      const present = state.present;
      if (!present) continue;
      const last = Math.max(present.since, this.#toldAt.get(host) ?? 0);
      if (now - last < QUIET_MS) continue;
      this.#toldAt.set(host, now);
      const note = state.note ? `, ${state.note}` : '';
      this.#line(this.#paint('dim', `${host} still at: ${present.title} (${duration(now - present.since)}${note})`));
    }
  }

  #taskEnd(e: TaskEnd): void {
    if (e.status === 'failed') this.#line(...failureBlock({ ...e, hosts: [e.host] }, this.#dir, this.#paint));
    else if (e.status !== 'ok' || this.#o.verbosity >= 1) {
      this.#line(`${e.host} ${this.#paint(STATUS_COLOR[e.status], STATUS_WORD[e.status])}: ${e.title} ${duration(e.ms)}`);
    }
    if (e.diff) this.#line(...diffLines(e.diff, this.#paint));
    const host = this.#progress.hosts.get(e.host);
    if (host && !host.failed && host.done === host.tasks) {
      const text = hostSummary(host.changed, host.tasks, this.#check);
      const color = host.changed > 0 ? 'yellow' : 'green';
      this.#line(`${e.host} ${this.#paint(color, text)} ${duration(e.at - (host.since ?? e.at))}`);
    }
  }

  #line(...lines: readonly string[]): void {
    this.#o.stdout.write(`${lines.join('\n')}\n`);
  }
}
