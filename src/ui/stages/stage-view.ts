import { escapeLine } from '../../base/escape.js';
import { LiveRegion, type LiveStream } from '../live-region.js';
import { type StageListener, type StageOptions, StageProgress } from './stages.js';

/** What takes less time than this is over before it can be read. Milliseconds. */
const FIRST_MS = 300;
/** At most so many frames a second. */
const FRAME_MS = 100;
/** Times go on without events. */
const TICK_MS = 1_000;
/** Without a terminal a line comes so seldom. */
const LINE_MS = 10_000;
const PLAIN_COLUMNS = 120;

/** Says on stderr how far it is, and lets others speak meanwhile. */
export interface StageView extends StageListener {
  /** A line that stays. */
  say(text: string): void;
  /** Nothing is shown while somebody is asked. */
  whileAsking<T>(ask: () => Promise<T>): Promise<T>;
  /** Ctrl-C: says `text`, and who is still at work. */
  interrupted(text: string): void;
  /** Everything is over, and nothing of it is left on the screen. May be called again. */
  end(): void;
}

export interface StageViewOptions {
  readonly stderr: LiveStream & { readonly isTTY?: boolean };
  /** Lines now and then, also on a terminal. */
  readonly plain?: boolean;
  /** Kind of terminal; default $TERM. */
  readonly term?: string;
  /** Milliseconds since the epoch; for tests. */
  readonly clock?: () => number;
}

/** One line that is written over, or, where that cannot be, one line in 10 s. */
export function createStageView(o: StageViewOptions): StageView {
  const moves = (o.term ?? process.env.TERM) !== 'dumb';
  return o.stderr.isTTY && moves && !o.plain ? new LiveStages(o) : new PlainStages(o);
}

abstract class Base implements StageView {
  protected readonly progress = new StageProgress();
  protected readonly clock: () => number;
  readonly #timer: NodeJS.Timeout;

  constructor(o: StageViewOptions, everyMs: number) {
    this.clock = o.clock ?? Date.now;
    this.#timer = setInterval(() => this.tick(), everyMs);
    this.#timer.unref();
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

  end(): void {
    clearInterval(this.#timer);
  }

  /** Time has gone on; called by a timer. */
  abstract tick(): void;
  abstract say(text: string): void;
  abstract whileAsking<T>(ask: () => Promise<T>): Promise<T>;
  protected abstract changed(): void;
}

class LiveStages extends Base {
  readonly #region: LiveRegion;
  readonly #born: number;
  #frame: NodeJS.Timeout | undefined;
  #asking = 0;
  #over = false;

  constructor(o: StageViewOptions) {
    super(o, TICK_MS);
    this.#region = new LiveRegion(o.stderr, () => this.tick());
    this.#born = this.clock();
  }

  say(text: string): void {
    this.#region.print(text.split('\n').map(escapeLine));
  }

  async whileAsking<T>(ask: () => Promise<T>): Promise<T> {
    this.#asking++;
    this.#hide();
    try {
      return await ask();
    } finally {
      this.#asking--;
      this.changed();
    }
  }

  override end(): void {
    super.end();
    this.#over = true;
    this.#hide();
  }

  tick(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    if (this.#over || this.#asking > 0 || this.clock() - this.#born < FIRST_MS) return;
    if (this.progress.idle) return;
    this.#region.draw([this.progress.line(this.clock(), this.#region.columns - 1)]);
  }

  protected changed(): void {
    if (this.#over || this.#asking > 0) return;
    const early = FIRST_MS - (this.clock() - this.#born);
    this.#frame ??= setTimeout(() => this.tick(), Math.max(FRAME_MS, early)).unref();
  }

  #hide(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#region.close();
  }
}

class PlainStages extends Base {
  readonly #stderr: LiveStream;
  #asking = 0;

  constructor(o: StageViewOptions) {
    super(o, LINE_MS);
    this.#stderr = o.stderr;
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

  tick(): void {
    if (this.#asking > 0 || this.progress.idle) return;
    this.say(this.progress.line(this.clock(), PLAIN_COLUMNS, { names: true, time: true }));
  }

  protected changed(): void {
    // The next line will tell.
  }
}
