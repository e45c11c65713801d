import { type ListrEventManager, ListrEventType, type ListrLogger, ListrLogLevels, type ListrTaskObject } from 'listr2';
import { duration } from '../../base/text/format.js';
import { cutTo } from '../../base/text/width.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The lines of a task that is running, the first one its heading. None may be wider than `columns`. */
export type TaskLines = (size: Size) => readonly string[];

/** What draws: one for all lists of a terminal. */
export interface Screen {
  readonly logger: ListrLogger<ListrLogLevels>;
  now(): number;
  add(renderer: TaskRenderer): void;
  remove(renderer: TaskRenderer): void;
  /** Something is to be drawn soon. */
  changed(): void;
}

export interface TaskRendererTaskOptions {
  /** Default: the title, the last output and the time. */
  readonly lines?: TaskLines;
  readonly since?: number;
}

type Task = ListrTaskObject<undefined, typeof TaskRenderer, typeof TaskRenderer>;

/** The columns of a mark and the space after it. */
const MARK = 2;

/**
 * A renderer for listr2 that says what to draw and leaves the drawing to the screen: see docs/architecture.md, Views, for what the
 * default renderer does to a terminal.
 */
export class TaskRenderer {
  // The screen was chosen because its stream is a terminal; listr2 asks process.stdout.
  static readonly nonTTY = true;
  static readonly rendererOptions: { readonly screen?: Screen } = {};
  static readonly rendererTaskOptions: TaskRendererTaskOptions = {};
  readonly #tasks: readonly Task[];
  readonly #screen: Screen | undefined;
  readonly #events: ListrEventManager | undefined;

  constructor(tasks: Task[], options: { readonly screen?: Screen }, events?: ListrEventManager) {
    this.#tasks = tasks;
    this.#screen = options.screen;
    this.#events = events;
  }

  render(): void {
    this.#screen?.add(this);
    this.#events?.on(ListrEventType.SHOULD_REFRESH_RENDER, () => this.#screen?.changed());
  }

  end(): void {
    this.#screen?.remove(this);
  }

  /** The running tasks, each with its mark. */
  frame(size: Size): string[] {
    const screen = this.#screen;
    if (!screen) return [];
    return this.#tasks
      .filter((t) => !t.hasFinalized())
      .flatMap((task) => {
        const { lines, since } = task.rendererTaskOptions as TaskRendererTaskOptions;
        const inner = { columns: size.columns - MARK, rows: size.rows };
        const made = lines ? lines(inner) : [oneLine(task, screen.now() - (since ?? screen.now()), inner.columns)];
        return made.map((line, i) => (i === 0 ? `${screen.logger.icon(ListrLogLevels.STARTED)} ` : ' '.repeat(MARK)) + line);
      });
  }
}

function oneLine(task: Task, ms: number, columns: number): string {
  const time = ` ${duration(Math.max(0, ms))}`;
  return cutTo(task.output ? `${task.title}: ${task.output}` : `${task.title}`, columns - time.length) + time;
}
