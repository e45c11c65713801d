import type { RunEvent } from '../../engine/events.js';
import type { View, ViewOptions } from './view.js';

/** One event per line, as the engine sent it: the interface for programs. */
export class JsonView implements View {
  readonly #o: ViewOptions;

  constructor(o: ViewOptions) {
    this.#o = o;
  }

  event(e: RunEvent): void {
    this.#o.stdout.write(`${JSON.stringify(e)}\n`);
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}
