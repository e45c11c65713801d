import type { Target } from '../types.js';

/** Of the time for connecting: slow hosts get more by --connect-timeout. */
const TIMES = 3;

/** Milliseconds in which a host has to begin what it is given: 30 s unless --connect-timeout is set. */
export function firstWordMs(target: Pick<Target, 'timeoutMs'>): number {
  return TIMES * target.timeoutMs;
}

/** Ends a wait for a host's first word: at its limit, or when one of the caller's signals is aborted. */
export class FirstWord {
  /** Aborted when the word is late, by `unbegun` until it has come, or by the caller's signal at any time until `stop`. */
  readonly signal: AbortSignal;
  late = false;
  readonly #end = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #unbegun: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#end.abort();
  #timer: NodeJS.Timeout | undefined;
  #came = false;

  constructor(caller?: AbortSignal, unbegun?: AbortSignal) {
    this.signal = this.#end.signal;
    this.#caller = caller;
    this.#unbegun = unbegun;
    for (const signal of [caller, unbegun]) {
      if (signal?.aborted) this.#end.abort();
      else signal?.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** The time runs from here. */
  start(ms: number): void {
    if (this.#came || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.late = true;
      this.#end.abort();
    }, ms);
  }

  came(): void {
    this.#came = true;
    clearTimeout(this.#timer);
    this.#unbegun?.removeEventListener('abort', this.#onAbort);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const signal of [this.#caller, this.#unbegun]) signal?.removeEventListener('abort', this.#onAbort);
  }
}
