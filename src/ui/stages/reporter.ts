/** News of one of several things that are being done: `m11-k8s`, `booting`. */
export interface StageEvent {
  readonly stage: string;
  readonly text: string;
  /** The stage is done. */
  readonly over?: boolean;
  /** Nothing newer replaces this text. */
  readonly stays?: boolean;
}

export interface StageOfReport<T> {
  /** It draws on the terminal itself, so nothing is drawn around it. */
  readonly draws?: boolean;
  /** Whether it was done; default: it did not throw. */
  readonly ok?: (result: T) => boolean;
}

/** Reports how far a command is that does several things, one after the other or at the same time. */
export interface StageReporter {
  progress(e: StageEvent): void;
  /** The stage is done, and its last text says what came of it. */
  over(stage: string): void;
  /** Lines that stay. */
  say(text: string): void;
  /** A stage that holds those that are reported meanwhile. */
  stage<T>(title: string, work: () => Promise<T>, o?: StageOfReport<T>): Promise<T>;
  /** Whatever is still running has ended so. May be called again. */
  end(outcome: 'done' | 'failed'): Promise<void>;
}

/** Lines for logs and pipes: one for each event. */
export class PlainReporter implements StageReporter {
  readonly #stdout: { write(text: string): unknown };

  constructor(stdout: { write(text: string): unknown }) {
    this.#stdout = stdout;
  }

  progress(e: StageEvent): void {
    this.say(`${e.stage}: ${e.text}`);
  }

  over(): void {
    // Its last text has been printed.
  }

  say(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  stage<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.say(`\n== ${title}`);
    return work();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}
