import type { Where } from '../../base/place.js';

/** One line of an ssh_config file, or one `-o`, split as OpenSSH does. */
export interface OptionLine {
  /** In lower case: OpenSSH ignores case. */
  readonly keyword: string;
  readonly args: readonly string[];
  /** Everything after the keyword, for options that take a whole command line. */
  readonly rest: string;
  /** Its line in a file, or the variable or flag that has it. */
  readonly where: Where;
}

export class ConfigSyntaxError extends Error {}

/** Undefined: an empty line or a comment. @throws ConfigSyntaxError for a quote that is not closed. */
export function readLine(raw: string, where: Where): OptionLine | undefined {
  const line = raw.replace(/[ \t\r\n\f]+$/, '');
  const scan = new Delimited(line);
  let keyword = scan.next();
  // Leading whitespace makes an empty first word.
  if (keyword === '') keyword = scan.next();
  if (keyword === undefined || keyword === '' || keyword.startsWith('#')) return undefined;
  const rest = scan.rest;
  return { keyword: keyword.toLowerCase(), args: splitArguments(rest), rest, where };
}

/**
 * OpenSSH's `strdelim`: words separated by whitespace, where one `=` counts as whitespace and double quotes keep a word
 * together. Source: misc.c of OpenSSH 9.2.
 */
export class Delimited {
  #left: string | undefined;

  constructor(text: string) {
    this.#left = text;
  }

  get rest(): string {
    return this.#left ?? '';
  }

  next(): string | undefined {
    const text = this.#left;
    if (text === undefined) return undefined;
    if (text.startsWith('"')) {
      const end = text.indexOf('"', 1);
      if (end === -1) throw new ConfigSyntaxError('a quote is not closed');
      this.#left = text.slice(end + 1).replace(/^[ \t\r\n]+/, '');
      return text.slice(1, end);
    }
    const at = text.search(/[ \t\r\n"=]/);
    if (at === -1) {
      this.#left = undefined;
      return text;
    }
    const word = text.slice(0, at);
    if (text[at] === '"') {
      this.#left = text.slice(at);
      return word;
    }
    const sawEquals = text[at] === '=';
    let left = text.slice(at + 1).replace(/^[ \t\r\n]+/, '');
    if (left.startsWith('=') && !sawEquals) left = left.slice(1).replace(/^[ \t\r\n]+/, '');
    this.#left = left;
    return word;
  }
}

/** OpenSSH's `argv_split`: both kinds of quotes, backslashes before quotes, backslashes and spaces, comments where a word begins. */
function splitArguments(text: string): string[] {
  const words: string[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === ' ' || text[i] === '\t') continue;
    if (text[i] === '#') break;
    let word = '';
    let quote = '';
    for (; i < text.length; i++) {
      const c = text[i] ?? '';
      if (c === '\\') {
        const escaped = text[i + 1] ?? '';
        if (escaped !== '' && (`'"\\`.includes(escaped) || (quote === '' && escaped === ' '))) {
          word += escaped;
          i++;
        } else word += c;
      } else if (quote === '' && (c === ' ' || c === '\t')) break;
      else if (quote === '' && (c === '"' || c === "'")) quote = c;
      else if (c === quote) quote = '';
      else word += c;
    }
    if (quote !== '') throw new ConfigSyntaxError('a quote is not closed');
    words.push(word);
  }
  return words;
}
