import {
  Callable,
  defined,
  isDict,
  isFloat,
  isNumber,
  numberOf,
  TemplateError,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.js';

/** Python's truth, equality, order and texts of values, as templates rely on them. */

export function truth(given: Value): boolean {
  if (silent(given)) return false;
  const v = defined(given);
  if (v === null || v === false || v === '') return false;
  if (isNumber(v)) return numberOf(v) !== 0;
  if (Array.isArray(v)) return v.length > 0;
  if (isDict(v)) return v.size > 0;
  return true;
}

export function equals(left: Value, right: Value): boolean {
  const [a, b] = [defined(left), defined(right)];
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return x === y;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a instanceof Tuple === b instanceof Tuple && a.length === b.length && a.every((v, i) => equals(v, b[i] ?? null));
  }
  if (isDict(a) && isDict(b)) {
    return a.size === b.size && [...a.keys()].every((k) => b.has(k) && equals(a.get(k) ?? null, b.get(k) ?? null));
  }
  return a === b;
}

/** Booleans are numbers to Python. */
function asNumber(v: Value): number | undefined {
  return typeof v === 'boolean' ? Number(v) : isNumber(v) ? numberOf(v) : undefined;
}

/** Less than zero, zero or more. @throws TemplateError for values that have no order. */
export function compare(left: Value, right: Value): number {
  const [a, b] = [defined(left), defined(right)];
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const [p, q] = [a[i] ?? null, b[i] ?? null];
      if (!equals(p, q)) return compare(p, q);
    }
    return a.length - b.length;
  }
  throw new TemplateError(`'<' is not possible between ${typeName(a)} and ${typeName(b)}`);
}

/** By code points, as Python orders texts. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
  }
  return x.length - y.length;
}

/** `in`. */
export function contains(container: Value, item: Value): boolean {
  const c = defined(container);
  if (typeof c === 'string') {
    const text = defined(item);
    if (typeof text !== 'string') throw new TemplateError(`'in <string>' wants a string on the left, not ${typeName(text)}`);
    return c.includes(text);
  }
  if (isDict(c)) {
    const k = defined(item);
    if ((Array.isArray(k) && !(k instanceof Tuple)) || isDict(k)) throw new TemplateError(`a ${typeName(k)} cannot be a key`);
    return hasKey(c, k);
  }
  if (Array.isArray(c)) return c.some((v) => equals(v, item));
  throw new TemplateError(`a ${typeName(c)} holds nothing that 'in' could look for`);
}

export function hasKey(dict: Map<Value, Value> | { has(key: Value): boolean }, key: Value): boolean {
  return dict.has(key) || (isNumber(key) && dict.has(String(numberOf(key))));
}

/** What a loop runs over. @throws TemplateError for what cannot be looped over. */
export function iterate(given: Value): Value[] {
  if (silent(given)) return [];
  const v = defined(given);
  if (Array.isArray(v)) return v;
  if (typeof v === 'string') return [...v];
  if (isDict(v)) return [...v.keys()];
  throw new TemplateError(`a ${typeName(v)} cannot be looped over`);
}

/** `str()`. */
export function str(given: Value): string {
  if (silent(given)) return '';
  const v = defined(given);
  return typeof v === 'string' ? v : repr(v);
}

/** `repr()`. */
export function repr(given: Value): string {
  const v = defined(given);
  if (v === null) return 'None';
  if (typeof v === 'boolean') return v ? 'True' : 'False';
  if (isNumber(v)) return isFloat(v) ? floatText(numberOf(v)) : String(v);
  if (typeof v === 'string') return quoted(v);
  if (v instanceof Tuple) return v.length === 1 ? `(${repr(v[0] ?? null)},)` : `(${v.map(repr).join(', ')})`;
  if (Array.isArray(v)) return `[${v.map(repr).join(', ')}]`;
  if (isDict(v)) return `{${[...v.keys()].map((k) => `${repr(k)}: ${repr(v.get(k) ?? null)}`).join(', ')}}`;
  return `<${v instanceof Callable ? `function ${v.name}` : 'namespace'}>`;
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits = '', exponent = '0'] = value.toExponential().split('e');
    const n = Number(exponent);
    return `${digits}e${n < 0 ? '-' : '+'}${String(Math.abs(n)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}'"]|(?! )\p{Zs}/gu, (c) => {
    if (c === "'" || c === '"') return c === mark ? `\\${c}` : c;
    const code = c.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return (
      NAMED[c] ??
      (code < 256 ? `\\x${hex.padStart(2, '0')}` : code < 65536 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`)
    );
  });
  return `${mark}${body}${mark}`;
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
  if (isNumber(v)) return Math.trunc(numberOf(v));
  if (typeof v !== 'string') return otherwise;
  const word = v.trim().replaceAll('_', '');
  if (base === 10 && /^[+-]?\d+$/.test(word)) return safe(Number(word));
  if (base === 10) {
    const number = toFloat(word);
    return number === undefined ? otherwise : Math.trunc(number);
  }
  const prefix = ({ 2: '0b', 8: '0o', 16: '0x' } as Readonly<Record<number, string>>)[base];
  const sign = word.startsWith('-') ? -1 : 1;
  const bare = word.replace(/^[+-]/, '').toLowerCase();
  const digits = prefix !== undefined && bare.startsWith(prefix) ? bare.slice(2) : bare;
  const allowed = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (digits === '' || [...digits].some((d) => !allowed.includes(d))) return otherwise;
  return safe(sign * Number.parseInt(digits, base));
}

export function toFloat(word: string): number | undefined {
  const t = word.trim();
  if (/^[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(t)) return Number(t.replaceAll('_', ''));
  return undefined;
}

/** @throws TemplateError for whole numbers that cannot be held exactly. */
export function safe(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new TemplateError('a whole number beyond 2^53 cannot be calculated with');
}

function silent(v: Value): boolean {
  return v instanceof Undefined && v.silent;
}
