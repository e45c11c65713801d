import { byCodePoint } from '../../../base/by-code-point.js';
import { type Dict, PyDate, PyTuple, pyInt } from '../../model/python-values.js';
import { reprOf } from '../../python/text.js';
import {
  Callable,
  DictView,
  defined,
  isDict,
  isNumber,
  type KeptText,
  Namespace,
  NO_ELSE,
  numberOf,
  TemplateError,
  typeName,
  Undefined,
  UndefinedError,
  unkept,
  type Value,
} from './values.js';

/** Python's truth, equality, order and texts of values, as templates rely on them. */

export function truth(given: Value): boolean {
  if (given === NO_ELSE) return false;
  const v = defined(given);
  if (v === null || v === false || v === '') return false;
  if (isNumber(v)) return numberOf(v) !== 0;
  if (Array.isArray(v)) return v.length > 0;
  if (isDict(v)) return v.size > 0;
  return true;
}

export function equals(left: Value, right: Value): boolean {
  const [a, b] = [comparable(left), comparable(right)];
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return !(x < y || x > y) && !Number.isNaN(x);
  if (Array.isArray(a) && Array.isArray(b)) {
    // Of tuples Python compares the items first, of lists the lengths: an undefined item is only sometimes reached.
    if (a.constructor !== b.constructor || (a.length !== b.length && !(a instanceof PyTuple))) return false;
    return a.every((v, i) => i >= b.length || same(v, b[i] ?? null)) && a.length === b.length;
  }
  if (isDict(a) && isDict(b)) {
    return a.size === b.size && [...a.keys()].every((k) => b.has(k) && same(a.get(k) ?? null, b.get(k) ?? null));
  }
  return a === b;
}

/** How lists and dicts compare their items: an object is the same as itself, even if it is undefined. */
export function same(a: Value, b: Value): boolean {
  return a === b || equals(a, b);
}

/** @throws UndefinedError for what is undefined, except for `NO_ELSE`. */
export function comparable(v: Value): Exclude<Value, KeptText> {
  return v === NO_ELSE ? NO_ELSE : defined(v);
}

/** Booleans are numbers to Python. */
function asNumber(v: Value): number | bigint | undefined {
  return typeof v === 'boolean' ? Number(v) : typeof v === 'bigint' ? v : isNumber(v) ? numberOf(v) : undefined;
}

/** Negative, zero or positive. @throws TemplateError for values that have no order. */
export function compare(left: Value, right: Value): number {
  const [a, b] = [defined(left), defined(right)];
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return byCodePoint(a, b);
  if (Array.isArray(a) && Array.isArray(b) && a.constructor === b.constructor) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const [p, q] = [a[i] ?? null, b[i] ?? null];
      if (!same(p, q)) return compare(p, q);
    }
    return a.length - b.length;
  }
  throw new TemplateError(`'<' is not possible between ${typeName(a)} and ${typeName(b)}`);
}

/** `in`. */
export function contains(container: Value, item: Value): boolean {
  if (container === NO_ELSE) return false;
  const c = defined(container);
  if (typeof c === 'string') {
    const text = defined(item);
    if (typeof text !== 'string') throw new TemplateError(`'in <string>' needs a string on the left, not ${typeName(text)}`);
    return c.includes(text);
  }
  if (isDict(c)) return hasKey(c, hashable(unkept(item)));
  if (c instanceof DictView && c.type === 'dict_keys') hashable(unkept(item));
  if (Array.isArray(c)) return c.some((v) => same(v, item));
  throw new TemplateError(`a ${typeName(c)} cannot be searched with 'in'`);
}

/** A key that a dict or a set can have. @throws TemplateError for lists, dicts and what is undefined, even within tuples. */
export function hashable<V extends Value>(k: V): V {
  if (k instanceof PyTuple) for (const item of k) hashable(item);
  else if (Array.isArray(k) || isDict(k)) throw new TemplateError(`a ${typeName(k)} cannot be a key`);
  comparable(k);
  return k;
}

/** @throws UndefinedError for an undefined key, even within tuples. */
export function requireDefined(k: Value): void {
  if (k instanceof PyTuple) for (const item of k) requireDefined(item);
  else comparable(k);
}

export function hasKey(dict: Dict<Value>, key: Value): boolean {
  return dict.has(key) || (isNumber(key) && dict.has(String(numberOf(key))));
}

/** The items of a loop. @throws TemplateError for what cannot be iterated. */
export function iterate(given: Value): Value[] {
  if (given === NO_ELSE) return [];
  const v = defined(given);
  if (Array.isArray(v)) return v;
  if (typeof v === 'string') return [...v];
  if (isDict(v)) return [...v.keys()];
  throw new TemplateError(`a ${typeName(v)} cannot be looped over`);
}

/** What `dict()` and `update` take: a dict, or pairs of keys and values. */
export function pairs(given: Value): [Value, Value][] {
  const dict = defined(given);
  if (isDict(dict)) return Array.from(dict.entries(), ([k, v]) => [k, v]);
  return iterate(dict).map((p) => {
    const [k, v, more] = iterate(p);
    if (k === undefined || v === undefined || more !== undefined) throw new TemplateError('a dict is made of pairs');
    return [hashable(unkept(k)), v];
  });
}

/** `str()`. */
export function str(given: Value): string {
  if (given === NO_ELSE) return '';
  const v = defined(given);
  return typeof v === 'string' ? v : v instanceof PyDate ? v.text : repr(v);
}

/** `repr()`. */
export function repr(given: Value): string {
  const v = defined(given);
  if (typeof v === 'bigint') return digits(v);
  if (v instanceof DictView) return `${v.type}([${v.map(within).join(', ')}])`;
  if (v instanceof Callable) return `<function ${v.name}>`;
  return v instanceof Namespace ? '<namespace>' : reprOf(v, within);
}

/** Python refuses longer numbers. */
const MOST_DIGITS = 4300;

function digits(v: bigint): string {
  const text = String(v);
  if (text.replace('-', '').length > MOST_DIGITS) throw new TemplateError(`the number has more than ${MOST_DIGITS} digits`);
  return text;
}

/** Ansible prints `AnsibleUndefined(…)` here. */
function within(value: Value): string {
  if (value instanceof Undefined) throw new UndefinedError(value, 'in a list or a dict');
  return repr(value);
}

/** A whole number for an index or a count. @throws TemplateError for anything else. */
export function index(given: Value, what: string): number {
  const v = defined(given);
  if (typeof v === 'boolean') return Number(v);
  if (typeof v === 'number' && Number.isInteger(v)) return v;
  throw new TemplateError(`${what} must be a whole number, not ${typeName(v)}`);
}

/** A string. @throws TemplateError for anything else. */
export function text(given: Value, what: string): string {
  const v = defined(given);
  if (typeof v === 'string') return v;
  throw new TemplateError(`${what} must be a string, not ${typeName(v)}`);
}

/** `int()` of Jinja's filter `int`: the text of a number, else the default. */
export function toInt(given: Value, otherwise: Value, base: number): Value {
  const v = defined(given);
  if (typeof v === 'boolean') return Number(v);
  if (typeof v === 'bigint') return v;
  if (isNumber(v)) return truncated(numberOf(v)) ?? otherwise;
  if (typeof v !== 'string') return otherwise;
  const word = v.trim().replaceAll('_', '');
  if (base === 10 && /^[+-]?\d+$/.test(word)) return pyInt(BigInt(word.replace('+', '')));
  if (base === 10) {
    const number = toFloat(word);
    return number === undefined ? otherwise : (truncated(number) ?? otherwise);
  }
  const prefix = ({ 2: '0b', 8: '0o', 16: '0x' } as Readonly<Record<number, string>>)[base];
  const sign = word.startsWith('-') ? -1 : 1;
  const bare = word.replace(/^[+-]/, '').toLowerCase();
  const digits = prefix !== undefined && bare.startsWith(prefix) ? bare.slice(2) : bare;
  const allowed = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (digits === '' || [...digits].some((d) => !allowed.includes(d))) return otherwise;
  const value = [...digits].reduce((sum, d) => sum * BigInt(base) + BigInt(allowed.indexOf(d)), 0n);
  return pyInt(sign < 0 ? -value : value);
}

/** `int()` of a float; undefined: it is infinite. */
function truncated(value: number): number | bigint | undefined {
  return Number.isFinite(value) ? pyInt(BigInt(Math.trunc(value))) : undefined;
}

export function toFloat(word: string): number | undefined {
  const t = word.trim();
  if (/^[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(t)) return Number(t.replaceAll('_', ''));
  return undefined;
}
