import { escapeLine } from '../../base/escape.js';
import { duration } from '../../base/text/format.js';
import { painter } from '../format.js';
import type { LiveStream } from '../live/live-region.js';
import { type LiveTask, TaskList } from '../live/task-list.js';
import type { StageEvent, StageOfReport, StageReporter } from './reporter.js';

interface Running {
  readonly task: LiveTask;
  readonly since: number;
  text: string;
}

/** One task for each stage, with its newest text; how it ended stays above. */
export class LiveReporter implements StageReporter {
  readonly #list: TaskList;
  readonly #clock: () => number;
  readonly #running = new Map<string, Running>();

  constructor(stdout: LiveStream, o: { readonly color: boolean; readonly clock?: () => number }) {
    this.#clock = o.clock ?? Date.now;
    this.#list = new TaskList(stdout, { paint: painter(o.color), clock: this.#clock });
  }

  progress(e: StageEvent): void {
    const text = escapeLine(e.text);
    if (e.stays) return this.say(`${e.stage}: ${e.text}`);
    const running = this.#running.get(e.stage) ?? { task: this.#list.begin(escapeLine(e.stage)), since: this.#clock(), text };
    running.text = text;
    running.task.output(text);
    this.#running.set(e.stage, running);
    if (e.over) this.over(e.stage);
  }

  over(stage: string): void {
    this.#end(stage, 'done');
  }

  say(text: string): void {
    this.#list.print(text.split('\n').map(escapeLine));
  }

  async stage<T>(title: string, work: () => Promise<T>, o: StageOfReport<T> = {}): Promise<T> {
    const since = this.#clock();
    const task = this.#list.begin(title);
    const ended = (outcome: 'done' | 'failed'): void => {
      for (const stage of [...this.#running.keys()]) this.#end(stage, outcome);
      task.end(outcome, `${title} ${duration(this.#clock() - since)}`);
    };
    try {
      if (o.draws) this.#list.print([`▸ ${title}`]);
      const result = await (o.draws ? this.#list.whileAsking(work) : work());
      ended(o.ok?.(result) === false ? 'failed' : 'done');
      return result;
    } catch (error) {
      ended('failed');
      throw error;
    }
  }

  async end(outcome: 'done' | 'failed'): Promise<void> {
    for (const stage of [...this.#running.keys()]) this.#end(stage, outcome);
    await this.#list.close();
  }

  #end(stage: string, outcome: 'done' | 'failed'): void {
    const running = this.#running.get(stage);
    if (!running) return;
    this.#running.delete(stage);
    const text = [`${escapeLine(stage)}:`, running.text, duration(this.#clock() - running.since)];
    running.task.end(outcome, text.join(' '));
  }
}
