import { dirname } from 'node:path';
import { count, duration } from '../../base/format.js';
import { cutTo } from '../../base/width.js';
import type { RunEvent } from '../../engine/events.js';
import { type Paint, painter } from '../format.js';
import { LiveRegion, type LiveStream } from '../live-region.js';
import type { History } from './history.js';
import { LogLines } from './log-lines.js';
import { Progress } from './progress.js';
import { progressBoard } from './progress-board.js';
import type { View, ViewOptions } from './view.js';

/** At most so many frames a second. */
const FRAME_MS = 100;
/** Times go on without events. */
const TICK_MS = 1_000;

export interface TerminalViewOptions extends ViewOptions {
  /** Milliseconds since the epoch; for tests and replays. */
  readonly clock?: () => number;
  /** Looks for an earlier run of the same plays; for tests. */
  readonly history?: (start: Extract<RunEvent, { type: 'run-start' }>) => Promise<History | undefined>;
}

/** A live picture of the present play at the bottom; what has happened stays above it. Only looks: it touches no signal. */
export class TerminalView implements View {
  readonly #region: LiveRegion;
  readonly #paint: Paint;
  readonly #progress = new Progress();
  readonly #log: LogLines;
  readonly #clock: () => number;
  readonly #findHistory: NonNullable<TerminalViewOptions['history']>;
  #history: History | undefined;
  #check = false;
  #connected = 0;
  #phase: 'connecting' | 'between' | 'play' | 'over' = 'connecting';
  #since: number;
  #frame: NodeJS.Timeout | undefined;
  readonly #tick: NodeJS.Timeout;

  constructor(o: TerminalViewOptions, stdout: LiveStream) {
    this.#clock = o.clock ?? Date.now;
    this.#since = this.#clock();
    this.#findHistory = o.history ?? loadHistory;
    this.#paint = painter(o.color);
    this.#region = new LiveRegion(stdout, () => this.draw());
    const print = (lines: readonly string[]): void => this.#region.print(lines);
    this.#log = new LogLines(
      { verbosity: o.verbosity, paint: this.#paint, live: true, columns: () => this.#region.columns, print },
      this.#progress,
    );
    this.#tick = setInterval(() => {
      this.#log.flush(this.#clock() - 2 * TICK_MS);
      if (this.#phase === 'play' || this.#connected > 0) this.draw();
    }, TICK_MS);
    this.#tick.unref();
  }

  event(e: RunEvent): void {
    this.#progress.take(e);
    if (e.type === 'host-connected') this.#connected++;
    else if (e.type === 'run-start') {
      this.#check = e.check;
      [this.#phase, this.#since] = ['between', e.at];
      void this.#findHistory(e).then((history) => {
        this.#history = history;
      });
    } else if (e.type === 'play-start') this.#phase = 'play';
    else if (e.type === 'play-end') [this.#phase, this.#since] = ['between', e.at];
    else if (e.type === 'run-end') {
      this.#phase = 'over';
      this.#close();
    }
    this.#log.take(e);
    if (this.#phase === 'over') return;
    // The first frame of a play at once, the others soon: many events come together.
    if (e.type === 'play-start' || e.type === 'play-end') this.draw();
    else
      this.#frame ??= setTimeout(() => {
        this.draw();
      }, FRAME_MS);
  }

  end(): Promise<void> {
    this.#phase = 'over';
    this.#close();
    this.#log.flush();
    return Promise.resolve();
  }

  /** Draws what is known now. */
  draw(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    if (this.#phase === 'over') return;
    const { columns, rows } = this.#region;
    const now = this.#clock();
    if (this.#phase === 'play') {
      const paint = this.#paint;
      this.#region.draw(
        progressBoard(this.#progress, { columns, rows: rows - 1, now, check: this.#check, paint, history: this.#history }),
      );
      return;
    }
    const what = this.#phase === 'between' ? 'Getting the next play ready' : `${count(this.#connected, 'host')} connected`;
    this.#region.draw([this.#paint('dim', cutTo(`${what}  ${duration(now - this.#since)}`, columns - 1))]);
  }

  #close(): void {
    clearInterval(this.#tick);
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#region.close();
  }
}

/** Read when it is needed, and not awaited: an estimate that comes a second later is good enough. */
async function loadHistory(start: Extract<RunEvent, { type: 'run-start' }>): Promise<History | undefined> {
  const { findHistory } = await import('./history.js');
  return findHistory(dirname(start.dir), start);
}
