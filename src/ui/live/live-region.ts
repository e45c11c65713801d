import { columnsOf } from '../../base/text/width.js';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
// Terminals that know synchronized output show a frame at once; the others ignore these.
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const BELOW = '\x1b[J';
const TO_END_OF_LINE = '\x1b[K';

export interface LiveStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** A terminal that can move its cursor. `term`: its kind; default $TERM. */
export function isTerminal<T extends object>(stream: T, term = process.env.TERM): stream is T & NodeJS.WriteStream {
  return 'isTTY' in stream && stream.isTTY === true && term !== 'dumb';
}

/**
 * The last lines of a terminal, rewritten in place; what is printed goes above them and stays. Only lines that changed are written, so
 * that nothing flickers. The cursor rests at the end of the last line; no line is as wide as the terminal and no frame as high, so that
 * nothing wraps or scrolls. Handles no signals: the cursor is shown again on the process's `exit` event.
 */
export class LiveRegion {
  readonly #stream: LiveStream;
  readonly #onResize: () => void;
  readonly #onExit = (): void => this.close();
  #shown: string[] = [];
  #open = false;

  /** `onResize`: the frame must be made again; what was there has been cleared. */
  constructor(stream: LiveStream, onResize: () => void) {
    this.#stream = stream;
    this.#onResize = () => {
      this.#erase();
      onResize();
    };
  }

  get columns(): number {
    return Math.max(20, this.#stream.columns ?? 80);
  }

  get rows(): number {
    return Math.max(5, this.#stream.rows ?? 24);
  }

  /** Shows these lines in place of those before. They must fit: see `columns` and `rows`. */
  draw(lines: readonly string[]): void {
    if (!this.#open) {
      if (lines.length === 0) return;
      this.#start();
    }
    const text = this.#change(lines.slice(0, this.rows - 1));
    if (text !== '') this.#stream.write(BEGIN + text + END);
  }

  /** Puts lines above the frame, where they stay. */
  print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const frame = this.#shown;
    const text = `${this.#toTop() + BELOW + lines.join('\n')}\n`;
    this.#shown = [];
    if (!this.#open) this.#stream.write(text);
    else this.#stream.write(BEGIN + text + this.#change(frame) + END);
  }

  /** Erases the frame and shows the cursor. May be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#erase();
    this.#stream.write(SHOW_CURSOR);
    this.#stream.off?.('resize', this.#onResize);
    process.off('exit', this.#onExit);
  }

  #start(): void {
    this.#open = true;
    this.#stream.write(HIDE_CURSOR);
    this.#stream.on?.('resize', this.#onResize);
    process.on('exit', this.#onExit);
  }

  #change(next: readonly string[]): string {
    const before = this.#shown;
    if (before.length === next.length && before.every((line, i) => line === next[i])) return '';
    let text = this.#toTop();
    for (const [i, line] of next.entries()) {
      if (i > 0) text += '\r\n';
      if (i >= before.length) text += line;
      else if (line !== before[i]) text += line + TO_END_OF_LINE;
    }
    // An unchanged last line was not written: go to its end, where the cursor rests.
    const last = next.at(-1) ?? '';
    const width = columnsOf(last);
    text += `\r${width > 0 ? `\x1b[${width}C` : ''}`;
    if (next.length < before.length) text += BELOW;
    this.#shown = [...next];
    return text;
  }

  #toTop(): string {
    const rows = this.#rowsShown() - 1;
    return this.#shown.length === 0 ? '' : `\r${rows > 0 ? `\x1b[${rows}A` : ''}`;
  }

  #erase(): void {
    if (this.#shown.length > 0) this.#stream.write(this.#toTop() + BELOW);
    this.#shown = [];
  }

  /** After the terminal has become narrower, lines that were drawn before take more rows. */
  #rowsShown(): number {
    return this.#shown.reduce((n, line) => n + Math.max(1, Math.ceil(columnsOf(line) / this.columns)), 0);
  }
}
