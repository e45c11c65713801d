import type { RunEvent } from '../../engine/events.js';
import { duration, type Paint, painter } from '../format.js';
import { hostsText } from '../host-ranges.js';
import { Teller } from './log-lines.js';
import { Progress } from './progress.js';
import type { View, ViewOptions } from './view.js';

/** A task that runs longer than this gets a line now and then, so that nobody takes a quiet log for a dead one. */
const QUIET_MS = 15_000;

/** Lines for logs and pipes: nothing is ever written over. */
export class PlainView implements View {
  readonly #o: ViewOptions;
  readonly #paint: Paint;
  readonly #progress = new Progress();
  readonly #teller: Teller;
  readonly #toldAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(o: ViewOptions) {
    this.#o = o;
    this.#paint = painter(o.color);
    const print = (lines: readonly string[]): void => this.#print(lines);
    this.#teller = new Teller({ verbosity: o.verbosity, paint: this.#paint, live: false, print }, this.#progress);
    this.#timer = setInterval(() => this.heartbeat(Date.now()), 5_000);
    this.#timer.unref();
  }

  event(e: RunEvent): void {
    this.#progress.take(e);
    if (e.type === 'play-start') this.#toldAt.clear();
    if (e.type === 'run-end') clearInterval(this.#timer);
    this.#teller.take(e);
  }

  end(): Promise<void> {
    clearInterval(this.#timer);
    this.#teller.flush();
    return Promise.resolve();
  }

  /** Says what has been at work for long; `now` in milliseconds since the epoch. */
  heartbeat(now: number): void {
    this.#teller.flush(now - 2_000);
    const groups = new Map<string, { hosts: string[]; title: string; since: number; note: string }>();
    for (const [host, state] of this.#progress.hosts) {
      const present = state.present;
      if (!present) continue;
      const last = Math.max(present.since, this.#toldAt.get(host) ?? 0);
      if (now - last < QUIET_MS) continue;
      this.#toldAt.set(host, now);
      const note =
        state.note?.kind === 'lost'
          ? `, connection lost, try ${state.note.attempt}: ${state.note.error}`
          : state.note
            ? `, sending ${state.note.artifact} ${state.note.percent} %`
            : '';
      const key = present.task + note;
      const known = groups.get(key);
      if (known) {
        known.hosts.push(host);
        known.since = Math.min(known.since, present.since);
      } else groups.set(key, { hosts: [host], title: present.title, since: present.since, note });
    }
    for (const g of groups.values()) {
      const text = `${hostsText(g.hosts)} still at: ${g.title} (${duration(now - g.since)}${g.note})`;
      this.#print([this.#paint('dim', text)]);
    }
  }

  #print(lines: readonly string[]): void {
    this.#o.stdout.write(`${lines.join('\n')}\n`);
  }
}
