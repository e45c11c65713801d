import { type Exact, PyOther, PyTuple, pyDict, pyFloat, pyInt } from './python.js';

/** Python reads the value but cannot make it: a list as the key of a dict. Ansible then refuses the whole file. */
export class LiteralError extends Error {}

/**
 * A value of an INI inventory as Ansible reads it: a Python literal where `ast.literal_eval` takes it for one (numbers,
 * True, False, None, quoted strings, lists, tuples, dicts, sets, bytes), else the text as it stands.
 * @throws LiteralError for what makes Ansible fail.
 */
export function pythonValue(text: string): Exact {
  return quickValue(text) ?? read(text);
}

/** The same for many texts: what needs a closer look is looked at once, however often it comes. */
export class PythonValues {
  readonly #known = new Map<string, Exact>();

  value(text: string): Exact {
    const quick = quickValue(text);
    if (quick !== undefined) return quick;
    let value = this.#known.get(text);
    if (value === undefined) {
      value = read(text);
      this.#known.set(text, value);
    }
    return value;
  }
}

/** Words and short whole numbers, by far the most; undefined: look closer. */
function quickValue(text: string): string | number | undefined {
  const c = text.charCodeAt(0);
  // Only True, False, None, ... and strings with a prefix begin with a letter.
  if (c >= 97 && c <= 122 && c !== 98 && c !== 114 && c !== 115 && c !== 117) return text;
  if (!(c >= 48 && c <= 57)) return undefined;
  for (let i = 1; i < text.length; i++) {
    const d = text.charCodeAt(i);
    if (d < 48 || d > 57) return undefined;
  }
  if (text.length > 15) return undefined;
  return text.length > 1 && c === 48 ? zerosOnly(text) : Number(text);
}

function read(text: string): Exact {
  const reader = new Reader(text.replace(/^[ \t]+/, ''));
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

/** 007 is no number in Python, 000 is. */
function zerosOnly(text: string): string | number {
  return /^0+$/.test(text) ? 0 : text;
}

class NotALiteral extends Error {}

/** One for all: thousands of values are no literals, and each stack costs time. */
const NOT_A_LITERAL = new NotALiteral();

/** Digits with single underscores between them. */
const DIGITS = '\\d(?:_?\\d)*';
const NUMBER = new RegExp(
  `(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?)[jJ]?`,
  'y',
);
const WORD = /(?:True|False|None|\.\.\.|set\(\s*\))(?![\p{L}\p{N}_])/uy;
const STRING =
  /([uU]|[rR]|[bB]|[bB][rR]|[rR][bB])?(?:'''((?:[^\\]|\\[\s\S])*?)'''|"""((?:[^\\]|\\[\s\S])*?)"""|'((?:[^'\\\n\r]|\\[\s\S])*)'|"((?:[^"\\\n\r]|\\[\s\S])*)")/y;
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([xuUN])|\r?\n|(.))/g;
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
/** Python's reader takes no more open brackets. */
const DEEPEST = 200;
/** Nor more digits. */
const MOST_DIGITS = 4300;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Python sees it only when it has read the whole text. */
  #unhashable = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole text: one value, or several with commas, which are a tuple. A comment may follow. */
  document(): Exact {
    const first = this.#value();
    this.#space();
    const items = [first];
    let tuple = false;
    while (this.#accept(',')) {
      tuple = true;
      this.#space();
      if (this.#ended()) break;
      items.push(this.#value());
      this.#space();
    }
    if (!this.#ended() || this.#text.includes('\0')) throw NOT_A_LITERAL;
    if (this.#unhashable) throw new LiteralError('a list, a dict or a set cannot be a key');
    return tuple ? new PyTuple(items) : first;
  }

  #ended(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === '#';
  }

  #space(): void {
    while (/[ \t\f]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #value(): Exact {
    this.#space();
    const c = this.#text[this.#at] ?? '';
    if (c === '-' || c === '+' || c === '.' || (c >= '0' && c <= '9')) return this.#number();
    if (c === '[' || c === '(' || c === '{') {
      if (++this.#depth > DEEPEST) throw NOT_A_LITERAL;
      this.#at++;
      const value = c === '[' ? this.#items(']').items : c === '(' ? this.#parentheses() : this.#braces();
      this.#depth--;
      // A number in brackets may begin a complex one.
      return c === '(' && (typeof value === 'number' || typeof value === 'bigint') ? this.#sum(value) : value;
    }
    const word = this.#take(WORD)?.[0];
    if (word === 'None') return null;
    if (word === '...') return new PyOther('ellipsis', 'Ellipsis');
    if (word?.startsWith('set')) return new PyOther('set', 'set()');
    if (word) return word === 'True';
    return this.#strings();
  }

  #items(close: string): { readonly items: Exact[]; readonly comma: boolean } {
    const items: Exact[] = [];
    let comma = false;
    for (;;) {
      this.#space();
      if (this.#accept(close)) return { items, comma };
      if (items.length > 0 && !comma) throw NOT_A_LITERAL;
      items.push(this.#value());
      this.#space();
      comma = this.#accept(',');
      if (comma) continue;
      this.#expect(close);
      return { items, comma: items.length > 1 };
    }
  }

  /** Parentheses without a comma only group. */
  #parentheses(): Exact {
    const { items, comma } = this.#items(')');
    return items.length === 1 && !comma ? (items[0] ?? null) : new PyTuple(items);
  }

  #braces(): Exact {
    this.#space();
    if (this.#accept('}')) return {};
    const first = this.#value();
    this.#space();
    if (this.#accept(':')) return this.#dict(first);
    const items = [first];
    while (this.#accept(',')) {
      this.#space();
      if (this.#text[this.#at] === '}') break;
      items.push(this.#value());
      this.#space();
    }
    this.#expect('}');
    this.#unhashable ||= !items.every(hashable);
    return new PyOther('set', '', items);
  }

  #dict(first: Exact): Exact {
    const entries: [Exact, Exact][] = [[first, this.#value()]];
    this.#space();
    while (this.#accept(',')) {
      this.#space();
      if (this.#text[this.#at] === '}') break;
      const key = this.#value();
      this.#space();
      this.#expect(':');
      entries.push([key, this.#value()]);
      this.#space();
    }
    this.#expect('}');
    this.#unhashable ||= !entries.every(([key]) => hashable(key));
    return pyDict(entries);
  }

  /** Adjacent strings are one, as in Python; text and bytes do not mix. */
  #strings(): Exact {
    let out: string | undefined;
    let bytes = false;
    for (let match = this.#take(STRING); match; this.#space(), match = this.#take(STRING)) {
      const prefix = (match[1] ?? '').toLowerCase();
      if (out !== undefined && bytes !== prefix.includes('b')) throw NOT_A_LITERAL;
      bytes = prefix.includes('b');
      const body = match[2] ?? match[3] ?? match[4] ?? match[5] ?? '';
      if (bytes && /[^\0-\x7f]/.test(body)) throw NOT_A_LITERAL;
      out = (out ?? '') + (prefix.includes('r') ? body : unescapeString(body, bytes));
    }
    if (out === undefined) throw NOT_A_LITERAL;
    return bytes ? new PyOther('bytes', out) : out;
  }

  #number(): Exact {
    if (this.#text.startsWith('...', this.#at)) {
      this.#at += 3;
      return new PyOther('ellipsis', 'Ellipsis');
    }
    const sign = this.#accept('-') ? -1 : this.#accept('+') ? 1 : undefined;
    if (sign !== undefined) this.#space();
    // -(1) is a number, too.
    const nested = sign !== undefined && this.#text[this.#at] === '(' ? this.#value() : undefined;
    const value = nested === undefined ? this.#unsigned() : nested;
    return this.#sum(sign === -1 ? negated(value) : value, sign !== undefined && nested !== undefined);
  }

  #unsigned(): Exact {
    const token = this.#take(NUMBER)?.[0];
    if (token === undefined || /[\p{L}\p{N}_]/u.test(this.#text[this.#at] ?? '')) throw NOT_A_LITERAL;
    return toNumber(token.replaceAll('_', ''));
  }

  /** `1+2j`: the only sums that are literals. */
  #sum(left: Exact, mustBeNumber = false): Exact {
    if (mustBeNumber && !isNumber(left)) throw NOT_A_LITERAL;
    this.#space();
    const c = this.#text[this.#at];
    if (c !== '+' && c !== '-') return left;
    this.#at++;
    this.#space();
    const right = this.#unsigned();
    if (!(right instanceof PyOther) || left instanceof PyOther) throw NOT_A_LITERAL;
    return new PyOther('complex', '(complex)');
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
    if (!this.#accept(c)) throw NOT_A_LITERAL;
  }
}

function isNumber(value: Exact): boolean {
  return (
    typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'object' && value !== null && 'number' in value)
  );
}

function negated(value: Exact): Exact {
  if (typeof value === 'bigint') return -value;
  if (typeof value === 'number') return value === 0 ? 0 : -value;
  if (value instanceof PyOther && value.type === 'complex') return value;
  if (typeof value === 'object' && value !== null && 'number' in value && typeof value.number === 'number')
    return pyFloat(-value.number);
  throw NOT_A_LITERAL;
}

/** Not so lists, dicts and sets, also within tuples. */
function hashable(key: Exact): boolean {
  if (key === null || typeof key !== 'object') return true;
  if (key instanceof PyTuple) return key.items.every(hashable);
  return (key instanceof PyOther && key.type !== 'set') || 'number' in key;
}

function unescapeString(text: string, bytes: boolean): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(
    ESCAPE,
    (
      whole,
      octal: string | undefined,
      x: string | undefined,
      u: string | undefined,
      long: string | undefined,
      broken: string | undefined,
      c: string | undefined,
    ) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & (bytes ? 0xff : 0x1ff));
      if (bytes && x === undefined && (u ?? long ?? broken) !== undefined) {
        if (broken === 'x') throw NOT_A_LITERAL;
        return whole;
      }
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) throw NOT_A_LITERAL;
        return String.fromCodePoint(code);
      }
      if (broken !== undefined) throw NOT_A_LITERAL;
      // A backslash at the end of a line joins it with the next.
      return c === undefined ? '' : (ESCAPES[c] ?? whole);
    },
  );
}

function toNumber(text: string): Exact {
  if (/[jJ]$/.test(text)) return new PyOther('complex', text);
  if (/^0[xob]/i.test(text)) return pyInt(BigInt(text.toLowerCase()));
  if (/[.eE]/.test(text)) return pyFloat(Number(text));
  // 007 is no number in Python.
  if ((text.startsWith('0') && !/^0+$/.test(text)) || text.length > MOST_DIGITS) throw NOT_A_LITERAL;
  return pyInt(BigInt(text));
}
