/** At most `n` at a time; the others wait in order. */
export class Limit {
  readonly #n: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(n: number) {
    this.#n = Math.max(1, n);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#n) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes to the next one without becoming free in between.
      if (next) next();
      else this.#running--;
    }
  }
}
