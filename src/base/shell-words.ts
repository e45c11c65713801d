export class ShellWordsError extends Error {
  /** What is wrong, without the position. */
  readonly reason: string;
  /** Position in the line, from 0. */
  readonly at: number;

  constructor(reason: string, at: number, message = reason) {
    super(message);
    this.reason = reason;
    this.at = at;
  }
}

export interface Word {
  readonly text: string;
  /** Where it begins in the line, from 0. */
  readonly at: number;
}

const [SPACE, TAB, CR, LF, HASH, SINGLE, DOUBLE, BACKSLASH] = [...' \t\r\n#\'"\\'].map((c) => c.charCodeAt(0));
const SPECIAL = new Set([SPACE, TAB, CR, LF, HASH, SINGLE, DOUBLE, BACKSLASH]);

/**
 * Splits a line into words as Python's `shlex.split(line, comments=True)` does: quotes, backslashes, and comments, which
 * begin at any bare `#`, even within a word. Only spaces, tabs and line ends separate words.
 */
export function placedWords(line: string, comments = true): Word[] {
  const words: Word[] = [];
  let word: string | undefined;
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c === SPACE || c === TAB || c === CR || c === LF) {
      if (word !== undefined) words.push({ text: word, at: start });
      word = undefined;
      continue;
    }
    if (c === HASH && comments) break;
    if (word === undefined) {
      word = '';
      start = i;
    }
    if (c === SINGLE || c === DOUBLE) {
      const quote = c === SINGLE ? "'" : '"';
      const end = closing(line, i, quote);
      word += unescapeQuoted(line.slice(i + 1, end), quote);
      i = end;
    } else if (c === BACKSLASH) {
      i++;
      if (i >= line.length) throw new ShellWordsError('the line ends with a backslash', i - 1);
      word += line[i];
    } else {
      // Plain text up to the next special character, in one piece.
      const from = i;
      while (i + 1 < line.length && !SPECIAL.has(line.charCodeAt(i + 1))) i++;
      word += line.slice(from, i + 1);
    }
  }
  if (word !== undefined) words.push({ text: word, at: start });
  return words;
}

/** Arguments of a command, as `shlex.split(line)` does: without comments and positions. @throws ShellWordsError */
export function shellWords(line: string): string[] {
  return placedWords(line, false).map((w) => w.text);
}

function closing(line: string, start: number, quote: string): number {
  if (quote === "'" || !line.includes('\\', start)) {
    const end = line.indexOf(quote, start + 1);
    if (end >= 0) return end;
  } else {
    for (let i = start + 1; i < line.length; i++) {
      if (line[i] === '\\') i++;
      else if (line[i] === quote) return i;
    }
  }
  throw new ShellWordsError(`the quote ${quote} is not closed`, start, `the quote ${quote} at column ${start + 1} is not closed`);
}

/** Inside double quotes a backslash escapes only itself and the quote. */
function unescapeQuoted(text: string, quote: string): string {
  return quote === '"' && text.includes('\\') ? text.replaceAll(/\\(["\\])/g, '$1') : text;
}
