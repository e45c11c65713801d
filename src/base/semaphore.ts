/** Lets N callers through at once; the others wait in order. */
export class Semaphore {
  #size = 1;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param size at least 1; less counts as 1, so that waiting always ends. */
  constructor(size: number) {
    this.resize(size);
  }

  get size(): number {
    return this.#size;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Callers that hold a slot keep it, even if that is now more than `size`. */
  resize(size: number): void {
    this.#size = Math.max(1, size);
    this.#admit();
  }

  /** Resolves when a slot is free; call the result to release it. */
  async take(): Promise<() => void> {
    if (this.#taken < this.#size && this.#waiting.length === 0) this.#taken++;
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#admit();
      });
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#taken--;
      this.#admit();
    };
  }

  /** `take`, unless the signal is aborted before: undefined. */
  async takeUnless(signal: AbortSignal | undefined): Promise<(() => void) | undefined> {
    if (!signal) return this.take();
    if (signal.aborted) return undefined;
    const taken = this.take();
    let onAbort = (): void => undefined;
    const aborted = new Promise<undefined>((resolve) => {
      onAbort = () => resolve(undefined);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    const release = await Promise.race([taken, aborted]);
    signal.removeEventListener('abort', onAbort);
    // The slot comes all the same.
    if (!release) void taken.then((free) => free());
    return release;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.take();
    try {
      return await work();
    } finally {
      release();
    }
  }

  #admit(): void {
    while (this.#taken < this.#size) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#taken++;
      next();
    }
  }
}
