/** Lets so many through at once; the others wait in line. */
export class Slots {
  #size: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#size = count;
  }

  get size(): number {
    return this.#size;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Those who are in stay in, also when there are more of them now than there is room for. */
  resize(count: number): void {
    this.#size = count;
    this.#admit();
  }

  /** Resolves when there is room; call the result once to give it back. */
  async take(): Promise<() => void> {
    if (this.#taken < this.#size && this.#waiting.length === 0) this.#taken++;
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#admit();
      });
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken--;
      this.#admit();
    };
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
