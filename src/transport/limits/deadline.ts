/** A timeout that can be paused while the user is asked something. */
export class Deadline {
  readonly #onEnd: () => void;
  #leftMs: number;
  #since = 0;
  #paused = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, onEnd: () => void) {
    this.#leftMs = ms;
    this.#onEnd = onEnd;
    this.#run();
  }

  /** Pauses may nest. */
  pause(on: boolean): void {
    this.#paused += on ? 1 : -1;
    if (on && this.#paused === 1) {
      clearTimeout(this.#timer);
      this.#leftMs -= Date.now() - this.#since;
    } else if (!on && this.#paused === 0) this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#paused = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.#since = Date.now();
    this.#timer = setTimeout(this.#onEnd, Math.max(0, this.#leftMs));
  }
}
