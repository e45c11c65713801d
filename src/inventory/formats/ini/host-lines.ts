import type { Word } from '../../../base/shell-words.js';
import { Names } from './line-vars.js';

const [BLANK, TAB, HASH, SINGLE, DOUBLE, EQUALS] = [...' \t#\'"='].map((c) => c.charCodeAt(0));

/** A host line: its first word, and the `name=value` that follow. */
export interface HostLine {
  readonly pattern: Word;
  readonly names: Names;
  /** Values without their quotes, in the order of the names. */
  readonly texts: readonly string[];
  /** Where the words begin in the line, from 0. */
  readonly at: readonly number[];
}

/** One `name=value`. */
export interface Assignment {
  readonly name: string;
  readonly text: string;
  readonly at: number;
}

/**
 * Reads host lines in the usual form: no backslashes, no comments, quotes around whole values only.
 * Thousands of hosts in a row have the same names in the same order, so the previous line tells what to expect.
 */
export class HostLines {
  /** `name=` of each word of the previous line. */
  #prefixes: readonly string[] = [];
  #names = new Names([]);

  /** @returns what `placedWords` would make of it; undefined: the line has another form, or is wrong. */
  read(line: string): HostLine | undefined {
    if (line.includes('\\')) return undefined;
    const end = plainEnd(line, 0);
    if (end <= 0) return undefined;
    const prefixes: string[] = [];
    const texts: string[] = [];
    const places: number[] = [];
    let at = afterBlanks(line, end);
    while (at < line.length) {
      const prefix = this.#prefix(line, at, prefixes.length);
      if (prefix === undefined) return undefined;
      const start = at + prefix.length;
      const stop = valueEnd(line, start);
      if (stop < 0) return undefined;
      const quoted = isQuote(line.charCodeAt(start));
      prefixes.push(prefix);
      texts.push(quoted ? line.slice(start + 1, stop - 1) : line.slice(start, stop));
      places.push(at);
      at = afterBlanks(line, stop);
    }
    const names = this.#namesOf(prefixes);
    return names && { pattern: { text: line.slice(0, end), at: 0 }, names, texts, at: places };
  }

  /** The same for a line that was read in another way. The last value of a name wins and takes the first one's place. */
  of(pattern: Word, assignments: readonly Assignment[]): HostLine {
    const last = [...new Map(assignments.map((a) => [a.name, a])).values()];
    return {
      pattern,
      names: new Names(last.map((a) => a.name)),
      texts: last.map((a) => a.text),
      at: last.map((a) => a.at),
    };
  }

  /** Name and equals sign of the word that begins at `at`. */
  #prefix(line: string, at: number, nth: number): string | undefined {
    const expected = this.#prefixes[nth];
    if (expected !== undefined && line.startsWith(expected, at)) return expected;
    for (let i = at; i < line.length; i++) {
      const c = line.charCodeAt(i);
      if (c === EQUALS) return line.slice(at, i + 1);
      if (isBlank(c) || isQuote(c) || c === HASH) return undefined;
    }
    return undefined;
  }

  /** undefined: a name is repeated. */
  #namesOf(prefixes: readonly string[]): Names | undefined {
    const before = this.#prefixes;
    if (prefixes.length === before.length && prefixes.every((prefix, i) => prefix === before[i])) return this.#names;
    if (new Set(prefixes).size < prefixes.length) return undefined;
    this.#prefixes = prefixes;
    this.#names = new Names(prefixes.map((prefix) => prefix.slice(0, -1)));
    return this.#names;
  }
}

/** Where a value ends that is quoted entirely or not at all; -1: it is neither. */
function valueEnd(line: string, start: number): number {
  const quote = line.charCodeAt(start);
  if (!isQuote(quote)) return plainEnd(line, start);
  const end = line.indexOf(quote === SINGLE ? "'" : '"', start + 1) + 1;
  return end > 0 && (end === line.length || isBlank(line.charCodeAt(end))) ? end : -1;
}

/** Where a word of plain characters ends; -1: it contains others. */
function plainEnd(line: string, from: number): number {
  for (let i = from; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (isBlank(c)) return i;
    if (isQuote(c) || c === HASH) return -1;
  }
  return line.length;
}

function afterBlanks(line: string, from: number): number {
  let at = from;
  while (isBlank(line.charCodeAt(at))) at++;
  return at;
}

function isBlank(c: number): boolean {
  return c === BLANK || c === TAB;
}

function isQuote(c: number): boolean {
  return c === SINGLE || c === DOUBLE;
}
