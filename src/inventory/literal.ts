import type { VarValue } from './model.js';

/**
 * A value of an INI inventory as Ansible reads it: a Python literal where it is one (numbers, True, False, None, quoted
 * strings, lists, tuples, dicts), else the text as it stands.
 */
export function pythonValue(text: string): VarValue {
  const reader = new Reader(text);
  try {
    const value = reader.value();
    reader.end();
    return reader.done ? value : text;
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

class NotALiteral extends Error {}

/** Digits with single underscores between them. */
const DIGITS = '\\d(?:_?\\d)*';
const NUMBER = new RegExp(
  `[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?)`,
  'y',
);
const WORD = /(?:True|False|None)\b/y;
const STRING = /[uU]?(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/y;
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
/** Deeper than anyone writes; Python gives up too. */
const DEEPEST = 100;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  /** Blanks and a comment: Python's reader skips both behind a value. */
  end(): void {
    this.space();
    if (this.#text[this.#at] === '#') this.#at = this.#text.length;
  }

  value(): VarValue {
    this.space();
    const c = this.#text[this.#at] ?? '';
    if (c === '[' || c === '(' || c === '{') {
      if (++this.#depth > DEEPEST) throw new NotALiteral();
      const value = c === '[' ? this.#list('[', ']') : c === '(' ? this.#list('(', ')') : this.#dict();
      this.#depth--;
      return value;
    }
    const word = this.#take(WORD);
    if (word) return word[0] === 'None' ? null : word[0] === 'True';
    if (/[uU'"]/.test(c)) return this.#strings();
    const number = this.#take(NUMBER);
    if (number) return toNumber(number[0]);
    throw new NotALiteral();
  }

  #list(open: string, close: string): VarValue {
    this.#expect(open);
    const items: VarValue[] = [];
    for (;;) {
      this.space();
      if (this.#accept(close)) return items;
      items.push(this.value());
      this.space();
      if (!this.#accept(',')) {
        this.#expect(close);
        // Parentheses without a comma only group.
        return open === '(' && items.length === 1 ? (items[0] ?? null) : items;
      }
    }
  }

  #dict(): VarValue {
    this.#expect('{');
    const entries: [string, VarValue][] = [];
    for (;;) {
      this.space();
      if (this.#accept('}')) return Object.fromEntries(entries);
      const key = this.value();
      this.space();
      this.#expect(':');
      entries.push([typeof key === 'string' ? key : String(key), this.value()]);
      this.space();
      if (!this.#accept(',')) {
        this.#expect('}');
        return Object.fromEntries(entries);
      }
    }
  }

  /** Adjacent strings are one, as in Python. */
  #strings(): string {
    let out: string | undefined;
    for (let match = this.#take(STRING); match; this.space(), match = this.#take(STRING)) {
      out = (out ?? '') + unescapeString(match[1] ?? match[2] ?? '');
    }
    if (out === undefined) throw new NotALiteral();
    return out;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match;
  }

  #accept(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #expect(c: string): void {
    if (!this.#accept(c)) throw new NotALiteral();
  }
}

function unescapeString(text: string): string {
  return text.replaceAll(
    ESCAPE,
    (whole, octal: string | undefined, x: string | undefined, u: string | undefined, long: string | undefined, c: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const hex = x ?? u ?? long;
      if (hex === undefined) return ESCAPES[c] ?? whole;
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw new NotALiteral();
      return String.fromCodePoint(code);
    },
  );
}

/** A whole number that this language cannot hold exactly stays text: it is a password or a key, not a quantity. */
function toNumber(text: string): number | string {
  const digits = text.replaceAll('_', '');
  // 007 is no number in Python.
  if (/^[+-]?0\d/.test(digits) && !/^[+-]?0+$/.test(digits) && !/[.eE]/.test(digits)) throw new NotALiteral();
  const sign = digits.startsWith('-') ? -1 : 1;
  // `+ 0` keeps -0 from being told apart from 0.
  const value = sign * Number(digits.replace(/^[+-]/, '')) + 0;
  if (!Number.isFinite(value) || (/^[+-]?\d+$/.test(digits) && !Number.isSafeInteger(value))) return text;
  return value;
}
