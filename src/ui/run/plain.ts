import { duration } from '../../base/text/format.js';
import { hostsText } from '../../base/text/host-ranges.js';
import type { RunEvent } from '../../engine/events.js';
import { type Paint, painter } from '../format.js';
import { LogLines } from './log-lines.js';
import { Progress } from './progress.js';
import type { View, ViewOptions } from './view.js';

/** A task that runs longer than this gets a line now and then, so that a quiet log does not look dead. Milliseconds. */
const QUIET_MS = 15_000;

/** Lines for logs and pipes: nothing is rewritten. */
export class PlainView implements View {
  readonly #o: ViewOptions;
  readonly #paint: Paint;
  readonly #progress = new Progress();
  readonly #log: LogLines;
  readonly #toldAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(o: ViewOptions) {
    this.#o = o;
    this.#paint = painter(o.color);
    const print = (lines: readonly string[]): void => this.#print(lines);
    const columns = (): number | undefined => terminalColumns(o.stdout);
    this.#log = new LogLines({ verbosity: o.verbosity, paint: this.#paint, live: false, columns, print }, this.#progress);
    this.#timer = setInterval(() => this.heartbeat(Date.now()), 5_000);
    this.#timer.unref();
  }

  event(e: RunEvent): void {
    this.#progress.take(e);
    if (e.type === 'play-start') this.#toldAt.clear();
    if (e.type === 'run-end') clearInterval(this.#timer);
    this.#log.take(e);
  }

  end(): Promise<void> {
    clearInterval(this.#timer);
    this.#log.flush();
    return Promise.resolve();
  }

  /** Names the tasks that have been running for long; `now` in milliseconds since the epoch. */
  heartbeat(now: number): void {
    this.#log.flush(now - 2_000);
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
      const text = `${hostsText(g.hosts)} still running: ${g.title} (${duration(now - g.since)}${g.note})`;
      this.#print([this.#paint('dim', text)]);
    }
  }

  #print(lines: readonly string[]): void {
    this.#o.stdout.write(`${lines.join('\n')}\n`);
  }
}

function terminalColumns(stream: ViewOptions['stdout']): number | undefined {
  return 'isTTY' in stream && stream.isTTY ? stream.columns : undefined;
}
