import { type StageListener, type StageOptions, StageProgress } from './stages.js';

/** Reports on stderr how far a command is, and lets others print meanwhile. */
export interface StageView extends StageListener {
  /** A line that stays. */
  say(text: string): void;
  /** Nothing is drawn while a question is asked. */
  whileAsking<T>(ask: () => Promise<T>): Promise<T>;
  /** Ctrl-C: prints `text`, and the hosts that are still at work. */
  interrupted(text: string): void;
  /** Everything is over, and nothing of it is left on the screen. May be called again. */
  end(): void;
}

/** What the views of stages have in common. */
export abstract class BaseStages implements StageView {
  protected readonly progress = new StageProgress();
  protected readonly clock: () => number;

  constructor(clock: () => number = Date.now) {
    this.clock = clock;
  }

  stage(doing: string, hosts: readonly string[], o: StageOptions = {}): void {
    this.progress.stage(doing, hosts, o, this.clock());
    this.changed();
  }

  began(host: string): void {
    this.progress.began(host);
    this.changed();
  }

  part(n: number): void {
    this.progress.part(n, this.clock());
    this.changed();
  }

  done(host: string): void {
    this.progress.done(host, this.clock());
    this.changed();
  }

  interrupted(text: string): void {
    this.progress.interrupt();
    this.say([text, this.progress.stillAtWork].filter((t) => t !== '').join(' '));
    this.changed();
  }

  abstract end(): void;
  abstract say(text: string): void;
  abstract whileAsking<T>(ask: () => Promise<T>): Promise<T>;
  protected abstract changed(): void;
}
