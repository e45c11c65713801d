import type { VarValue } from './model.js';

/**
 * A value of an INI inventory as Ansible reads it: a Python literal where it is one (numbers, True, False, None, quoted
 * strings, lists, tuples, dicts), else the text as it stands.
 */
export function pythonValue(text: string): VarValue {
  const reader = new Reader(text);
  try {
    const value = reader.value();
    reader.space();
    return reader.done ? value : text;
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

class NotALiteral extends Error {}

const NUMBER = /[+-]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const WORD = /(?:True|False|None)\b/y;
const STRING = /(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', '0': '\0' };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  value(): VarValue {
    this.space();
    const c = this.#text[this.#at] ?? '';
    if (c === '[') return this.#list('[', ']');
    if (c === '(') return this.#list('(', ')');
    if (c === '{') return this.#dict();
    const word = this.#take(WORD);
    if (word) return word[0] === 'None' ? null : word[0] === 'True';
    if (c === "'" || c === '"') return this.#strings();
    const number = this.#take(NUMBER);
    if (number) return toNumber(number[0]);
    throw new NotALiteral();
  }

  #list(open: string, close: string): VarValue[] {
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
        if (open === '(' && items.length === 1) throw new NotALiteral();
        return items;
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
    let out = '';
    for (let match = this.#take(STRING); match; this.space(), match = this.#take(STRING)) {
      out += (match[1] ?? match[2] ?? '').replaceAll(/\\(.)/g, (whole, c: string) => ESCAPES[c] ?? whole);
    }
    return out === '' && this.#text[this.#at - 1] !== "'" && this.#text[this.#at - 1] !== '"' ? fail() : out;
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

function fail(): never {
  throw new NotALiteral();
}

function toNumber(text: string): number {
  const digits = text.replaceAll('_', '');
  // 007 is no number in Python.
  if (/^[+-]?0\d/.test(digits) && !/^[+-]?0+$/.test(digits) && !/[.eE]/.test(digits)) throw new NotALiteral();
  const sign = digits.startsWith('-') ? -1 : 1;
  return sign * Number(digits.replace(/^[+-]/, ''));
}
