export class ShellWordsError extends Error {}

/**
 * Splits a line into words as Python's `shlex.split(line, comments=True)` does: quotes, backslashes, and comments, which
 * begin at any bare `#`, also within a word.
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? '';
    if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === '#') {
      break;
    } else if (c === "'" || c === '"') {
      const end = closing(line, i, c);
      word = (word ?? '') + unescapeQuoted(line.slice(i + 1, end), c);
      i = end;
    } else if (c === '\\') {
      i++;
      if (i >= line.length) throw new ShellWordsError('a backslash stands at the end');
      word = (word ?? '') + line[i];
    } else word = (word ?? '') + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function closing(line: string, start: number, quote: string): number {
  for (let i = start + 1; i < line.length; i++) {
    if (quote === '"' && line[i] === '\\') i++;
    else if (line[i] === quote) return i;
  }
  throw new ShellWordsError(`the quote ${quote} at column ${start + 1} is not closed`);
}

/** Inside double quotes a backslash escapes only itself and the quote. */
function unescapeQuoted(text: string, quote: string): string {
  return quote === '"' ? text.replaceAll(/\\(["\\])/g, '$1') : text;
}
