import { escapeLine } from '../../base/escape.js';
import { painter } from '../format.js';
import type { LiveStream } from '../live/live-region.js';
import { type LiveTask, TaskList } from '../live/task-list.js';
import { BaseStages } from './stage-view.js';
import type { StageOptions } from './stages.js';

/** What takes less time than this is over before it can be read. Milliseconds. */
const FIRST_MS = 300;

/** The current stage as one task, rewritten in place. */
export class LiveStages extends BaseStages {
  readonly #list: TaskList;
  #task: LiveTask | undefined;

  constructor(stderr: LiveStream, clock?: () => number) {
    super(clock);
    this.#list = new TaskList(stderr, { paint: painter(false), clock: this.clock, firstMs: FIRST_MS });
  }

  override stage(doing: string, hosts: readonly string[], o: StageOptions = {}): void {
    this.#task?.end('done');
    super.stage(doing, hosts, o);
    this.#task = this.#list.begin(doing, ({ columns }) =>
      this.progress.idle ? [] : [this.progress.line(this.clock(), columns)],
    );
  }

  say(text: string): void {
    this.#list.print(text.split('\n').map(escapeLine));
  }

  whileAsking<T>(ask: () => Promise<T>): Promise<T> {
    return this.#list.whileAsking(ask);
  }

  end(): void {
    void this.#list.close();
  }

  protected changed(): void {
    this.#list.changed();
  }
}
