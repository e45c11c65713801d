import { PyDict, PyFloat, PyOther, PyTuple, type PyValue, pyFloat } from '../model/python-values.js';
import { complex, imaginaryOf, NOT_A_LITERAL, NUMBER, STRING, toNumber, unescapeString, WORD } from './literal-tokens.js';

/** Python parses the value but cannot construct it: a list as the key of a dict. Ansible then refuses the whole file. */
export class LiteralError extends Error {}

/** Python's parser allows no more open brackets. */
const DEEPEST = 200;

/** Reads one text as `ast.literal_eval` does. */
export class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Python reports it only after the whole text. */
  #unhashable = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole text: one value, or several with commas, which are a tuple. A comment may follow. */
  document(): PyValue {
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
    return tuple ? PyTuple.make(items) : first;
  }

  #ended(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === '#';
  }

  #space(): void {
    while (/[ \t\f]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #value(): PyValue {
    this.#space();
    const c = this.#text[this.#at] ?? '';
    if (c === '-' || c === '+' || c === '.' || (c >= '0' && c <= '9')) return this.#number();
    if (c === '[' || c === '(' || c === '{') {
      if (++this.#depth > DEEPEST) throw NOT_A_LITERAL;
      this.#at++;
      const value = c === '[' ? this.#items(']').items : c === '(' ? this.#parentheses() : this.#braces();
      this.#depth--;
      // A number in brackets may begin a complex one.
      return c === '(' && realOf(value) !== undefined ? this.#sum(value) : value;
    }
    const word = this.#take(WORD)?.[0];
    if (word === 'None') return null;
    if (word === '...') return new PyOther('ellipsis', 'Ellipsis');
    if (word?.startsWith('set')) return new PyOther('set', 'set()');
    if (word) return word === 'True';
    return this.#strings();
  }

  #items(close: string): { readonly items: PyValue[]; readonly comma: boolean } {
    const items: PyValue[] = [];
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
  #parentheses(): PyValue {
    const { items, comma } = this.#items(')');
    return items.length === 1 && !comma ? (items[0] ?? null) : PyTuple.make(items);
  }

  #braces(): PyValue {
    this.#space();
    if (this.#accept('}')) return new PyDict();
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
    return new PyOther('set', '', [...new PyDict(items.map((item) => [item, null])).keys()]);
  }

  #dict(first: PyValue): PyValue {
    const entries: [PyValue, PyValue][] = [[first, this.#value()]];
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
    return new PyDict(entries);
  }

  /** Adjacent strings are one, as in Python; text and bytes do not mix. */
  #strings(): PyValue {
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

  #number(): PyValue {
    if (this.#text.startsWith('...', this.#at)) {
      this.#at += 3;
      return new PyOther('ellipsis', 'Ellipsis');
    }
    const sign = this.#accept('-') ? -1 : this.#accept('+') ? 1 : undefined;
    if (sign !== undefined) this.#space();
    const value = sign === undefined ? this.#unsigned() : this.#operand();
    return this.#sum(sign === -1 ? negated(value) : value);
  }

  /** What follows a sign: a number, even in brackets, but without a second sign. */
  #operand(): PyValue {
    this.#space();
    if (!this.#accept('(')) return this.#unsigned();
    if (++this.#depth > DEEPEST) throw NOT_A_LITERAL;
    const value = this.#operand();
    this.#depth--;
    this.#space();
    this.#expect(')');
    return value;
  }

  #unsigned(): PyValue {
    const token = this.#take(NUMBER)?.[0];
    if (token === undefined || /[\p{L}\p{N}_]/u.test(this.#text[this.#at] ?? '')) throw NOT_A_LITERAL;
    return toNumber(token.replaceAll('_', ''));
  }

  /** `1+2j`: the only sums that are literals. */
  #sum(left: PyValue): PyValue {
    this.#space();
    const c = this.#text[this.#at];
    if (c !== '+' && c !== '-') return left;
    this.#at++;
    const right = this.#operand();
    const real = realOf(left);
    if (!(right instanceof PyOther) || real === undefined) throw NOT_A_LITERAL;
    return c === '+' ? complex(real + 0, imaginaryOf(right)) : complex(real - 0, -imaginaryOf(right));
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

function realOf(value: PyValue): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  return value instanceof PyFloat ? value.number : undefined;
}

function negated(value: PyValue): PyValue {
  if (typeof value === 'bigint') return -value;
  if (typeof value === 'number') return value === 0 ? 0 : -value;
  if (value instanceof PyOther && value.type === 'complex') return complex(-0, -imaginaryOf(value));
  if (value instanceof PyFloat) return pyFloat(-value.number);
  throw NOT_A_LITERAL;
}

/** False for lists, dicts and sets, even within tuples. */
function hashable(key: PyValue): boolean {
  if (key === null || typeof key !== 'object') return true;
  if (key instanceof PyTuple) return key.every(hashable);
  return (key instanceof PyOther && key.type !== 'set') || key instanceof PyFloat;
}
