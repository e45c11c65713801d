import { Listr, ListrLogger, ListrLogLevels, type ListrTaskWrapper, ProcessOutput } from 'listr2';
import type { Paint } from '../format.js';
import { LiveRegion, type LiveStream } from './live-region.js';
import { type Screen, type Size, type TaskLines, TaskRenderer } from './task-renderer.js';

/** At most one frame in this time. Milliseconds. */
const FRAME_MS = 100;
/** Times go on without events. */
const TICK_MS = 1_000;

export interface TaskListOptions {
  readonly paint: Paint;
  /** Milliseconds since the epoch; for tests and replays. */
  readonly clock?: () => number;
  /** What takes less time than this is over before it can be read: nothing is drawn. Milliseconds; default 0. */
  readonly firstMs?: number;
  /** Called with each tick, before it is drawn. */
  readonly onTick?: () => void;
}

/** A task on the screen. What it stands for is done elsewhere: it begins and ends by the events of that. */
export interface LiveTask {
  /** Shown after its title. */
  output(text: string): void;
  /** Takes it off the screen. `line`: what stays of it, under a mark for its outcome. May be called again, without effect. */
  end(outcome: 'done' | 'failed', line?: string): void;
}

/**
 * Tasks that are running, at the end of a terminal; what is printed goes above them and stays. listr2 keeps the tasks and their states,
 * this draws them on a stream of ours. A list of one task per task: which tasks there are is known as they begin.
 */
export class TaskList {
  readonly #region: LiveRegion;
  readonly #logger: ListrLogger<ListrLogLevels>;
  readonly #clock: () => number;
  readonly #born: number;
  readonly #firstMs: number;
  readonly #renderers = new Set<TaskRenderer>();
  readonly #running = new Set<LiveTask>();
  readonly #lists = new Set<Promise<unknown>>();
  readonly #tick: NodeJS.Timeout;
  #frame: NodeJS.Timeout | undefined;
  #hidden = 0;
  #closed = false;

  constructor(stream: LiveStream, o: TaskListOptions) {
    // Nothing of it is read but `write`.
    const output = new ProcessOutput(stream as NodeJS.WriteStream, stream as NodeJS.WriteStream);
    this.#logger = new ListrLogger<ListrLogLevels>({
      processOutput: output,
      icon: { [ListrLogLevels.STARTED]: '▸', [ListrLogLevels.COMPLETED]: '✓', [ListrLogLevels.FAILED]: '✗' },
      color: {
        [ListrLogLevels.COMPLETED]: (text) => o.paint('green', text ?? ''),
        [ListrLogLevels.FAILED]: (text) => o.paint('red', text ?? ''),
      },
    });
    this.#region = new LiveRegion(
      {
        get columns() {
          return stream.columns;
        },
        get rows() {
          return stream.rows;
        },
        write: (text) => output.toStdout(text, false),
        on: (event, listener) => stream.on?.(event, listener),
        off: (event, listener) => stream.off?.(event, listener),
      },
      () => this.draw(),
    );
    this.#clock = o.clock ?? Date.now;
    this.#born = this.#clock();
    this.#firstMs = o.firstMs ?? 0;
    this.#tick = setInterval(() => {
      o.onTick?.();
      this.draw();
    }, TICK_MS);
    this.#tick.unref();
  }

  get columns(): number {
    return this.#region.columns;
  }

  /** A task that is running from now on. `lines`: what is shown of it, made for each frame; default: its title, output and time. */
  begin(title: string, lines?: TaskLines): LiveTask {
    let settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
    let wrapper: ListrTaskWrapper<undefined, typeof TaskRenderer, typeof TaskRenderer> | undefined;
    let early = '';
    let renderer: TaskRenderer | undefined;
    const over = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const screen: Screen = {
      logger: this.#logger,
      now: this.#clock,
      add: (r) => {
        renderer = r;
        this.#renderers.add(r);
      },
      remove: (r) => this.#renderers.delete(r),
      changed: () => this.changed(),
    };
    const list = new Listr<undefined, typeof TaskRenderer, typeof TaskRenderer>(
      [
        {
          title,
          task: (_, t) => {
            wrapper = t;
            if (early !== '') t.output = early;
            return over;
          },
          rendererOptions: { lines, since: this.#clock() },
        },
      ],
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: TaskRenderer,
        rendererOptions: { screen },
      },
    );
    const run = list.run().finally(() => this.#lists.delete(run));
    this.#lists.add(run);
    const task: LiveTask = {
      output: (text) => {
        if (wrapper) wrapper.output = text;
        else early = text;
      },
      end: (outcome, line) => {
        if (!this.#running.delete(task)) return;
        // listr2 knows it some turns of the event loop later. What is printed next must come after this line, even if the process ends.
        if (renderer) this.#renderers.delete(renderer);
        const level = outcome === 'done' ? ListrLogLevels.COMPLETED : ListrLogLevels.FAILED;
        if (line !== undefined) this.print([`${this.#logger.icon(level)} ${line}`]);
        if (outcome === 'done') settle?.resolve();
        else settle?.reject(new Error(title));
        this.changed();
      },
    };
    this.#running.add(task);
    this.changed();
    return task;
  }

  /** Lines above the tasks, which stay. */
  print(lines: readonly string[]): void {
    this.#region.print(lines);
  }

  /** Something is to be drawn soon: many events come together. */
  changed(): void {
    if (this.#closed || this.#hidden > 0) return;
    const early = this.#firstMs - (this.#clock() - this.#born);
    this.#frame ??= setTimeout(() => this.draw(), Math.max(FRAME_MS, early)).unref();
  }

  /** Draws what is known now. */
  draw(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    if (this.#closed || this.#hidden > 0 || this.#clock() - this.#born < this.#firstMs) return;
    const lines = this.#lines({ columns: this.#region.columns - 1, rows: this.#region.rows - 1 });
    this.#region.draw(lines);
  }

  /** Nothing is drawn while `work` uses the terminal. */
  async whileAsking<T>(work: () => Promise<T>): Promise<T> {
    this.#hidden++;
    this.#region.close();
    try {
      return await work();
    } finally {
      this.#hidden--;
      this.changed();
    }
  }

  /** Takes everything off the screen that does not stay. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#tick);
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#region.close();
    for (const task of [...this.#running]) task.end('done');
    await Promise.all(this.#lists);
  }

  /** Every task has a line at least, as long as there is room; what is left over is counted. */
  #lines({ columns, rows }: Size): string[] {
    const lines: string[] = [];
    const renderers = [...this.#renderers];
    for (const [i, r] of renderers.entries()) {
      const later = renderers.length - i - 1;
      lines.push(...r.frame({ columns, rows: Math.max(1, rows - lines.length - later) }));
    }
    if (lines.length <= rows) return lines;
    return [...lines.slice(0, rows - 1), `  … ${lines.length - rows + 1} more`];
  }
}
