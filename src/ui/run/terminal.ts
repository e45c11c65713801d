import { dirname } from 'node:path';
import { count, duration } from '../../base/text/format.js';
import { cutTo } from '../../base/text/width.js';
import type { RunEvent } from '../../engine/events.js';
import { type Paint, painter } from '../format.js';
import type { LiveStream } from '../live/live-region.js';
import { type LiveTask, TaskList } from '../live/task-list.js';
import type { Size } from '../live/task-renderer.js';
import type { History } from './history.js';
import { LogLines } from './log-lines.js';
import { Progress } from './progress.js';
import { progressBoard } from './progress-board.js';
import type { View, ViewOptions } from './view.js';

/** How long lines may wait for others like them. Milliseconds. */
const HOLD_MS = 2_000;

export interface TerminalViewOptions extends ViewOptions {
  /** Milliseconds since the epoch; for tests and replays. */
  readonly clock?: () => number;
  /** Looks for an earlier run of the same plays; for tests. */
  readonly history?: (start: Extract<RunEvent, { type: 'run-start' }>) => Promise<History | undefined>;
}

/**
 * A run as a list of tasks: the current play is a task whose lines are the board of its hosts; what has happened stays above it. Only
 * looks: it registers no signal handler and nothing waits for it.
 */
export class TerminalView implements View {
  readonly #list: TaskList;
  readonly #paint: Paint;
  readonly #progress = new Progress();
  readonly #log: LogLines;
  readonly #clock: () => number;
  readonly #findHistory: NonNullable<TerminalViewOptions['history']>;
  #history: History | undefined;
  #check = false;
  #connected = 0;
  #over = false;
  /** The play, or what happens before and between plays. */
  #task: LiveTask | undefined;
  #since: number;

  constructor(o: TerminalViewOptions, stdout: LiveStream) {
    this.#clock = o.clock ?? Date.now;
    this.#since = this.#clock();
    this.#findHistory = o.history ?? loadHistory;
    this.#paint = painter(o.color);
    const onTick = (): void => this.#log.flush(this.#clock() - HOLD_MS);
    this.#list = new TaskList(stdout, { paint: this.#paint, clock: this.#clock, onTick });
    const print = (lines: readonly string[]): void => this.#list.print(lines);
    const columns = (): number => this.#list.columns;
    this.#log = new LogLines({ verbosity: o.verbosity, paint: this.#paint, live: true, columns, print }, this.#progress);
  }

  event(e: RunEvent): void {
    this.#progress.take(e);
    if (e.type === 'host-connected') {
      this.#connected++;
      // Not earlier: passwords are asked for before the first connection.
      this.#task ??= this.#wait('connect', () => `${count(this.#connected, 'host')} connected`, this.#since);
    } else if (e.type === 'run-start') {
      this.#check = e.check;
      this.#between(e.at);
      void this.#findHistory(e).then((history) => {
        this.#history = history;
      });
    } else if (e.type === 'play-start') {
      this.#task?.end('done');
      this.#task = this.#list.begin(e.play, (size) => this.#board(size));
    } else if (e.type === 'run-end') this.#close();
    this.#log.take(e);
    if (e.type === 'play-end') {
      this.#task?.end(e.failed.length > 0 ? 'failed' : 'done', this.#log.playLine(e));
      this.#between(e.at);
    }
    // The first frame of a play at once, the others soon: many events come together.
    if (e.type === 'play-start' || e.type === 'play-end') this.#list.draw();
    else this.#list.changed();
  }

  async end(): Promise<void> {
    await this.#close();
    this.#log.flush();
  }

  /** Draws what is known now. */
  draw(): void {
    this.#list.draw();
  }

  #between(since: number): void {
    this.#task?.end('done');
    this.#task = this.#wait('prepare', () => 'Preparing the next play', since);
  }

  #wait(title: string, what: () => string, since: number): LiveTask {
    return this.#list.begin(title, ({ columns }) => [
      this.#paint('dim', cutTo(`${what()}  ${duration(Math.max(0, this.#clock() - since))}`, columns)),
    ]);
  }

  #board(size: Size): string[] {
    const columns = size.columns + 1;
    const o = { columns, rows: size.rows, now: this.#clock(), check: this.#check, paint: this.#paint, history: this.#history };
    return progressBoard(this.#progress, o);
  }

  #close(): Promise<void> {
    if (this.#over) return Promise.resolve();
    this.#over = true;
    return this.#list.close();
  }
}

/** Read when it is needed, and not awaited: an estimate that comes a second later is good enough. */
async function loadHistory(start: Extract<RunEvent, { type: 'run-start' }>): Promise<History | undefined> {
  const { findHistory } = await import('./history.js');
  return findHistory(dirname(start.dir), start);
}
