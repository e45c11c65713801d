import { escapeLine } from '../../base/escape.js';
import type { LiveStream } from '../live/live-region.js';
import { BaseStages } from './stage-view.js';

/** How often a line is printed. Milliseconds. */
const LINE_MS = 10_000;
const COLUMNS = 120;

/** A line every 10 s for logs and pipes: nothing is written over. */
export class PlainStages extends BaseStages {
  readonly #stderr: Pick<LiveStream, 'write'>;
  readonly #timer: NodeJS.Timeout;
  #asking = 0;

  constructor(stderr: Pick<LiveStream, 'write'>, clock?: () => number) {
    super(clock);
    this.#stderr = stderr;
    this.#timer = setInterval(() => {
      if (this.#asking === 0 && !this.progress.idle)
        this.say(this.progress.line(this.clock(), COLUMNS, { names: true, time: true }));
    }, LINE_MS);
    this.#timer.unref();
  }

  say(text: string): void {
    this.#stderr.write(`${text.split('\n').map(escapeLine).join('\n')}\n`);
  }

  async whileAsking<T>(ask: () => Promise<T>): Promise<T> {
    this.#asking++;
    try {
      return await ask();
    } finally {
      this.#asking--;
    }
  }

  end(): void {
    clearInterval(this.#timer);
  }

  protected changed(): void {
    // The next line says it.
  }
}
