import { formatPercent } from './format.js';
import { index, safe, str } from './python.js';
import { defined, float, isFloat, isNumber, numberOf, TemplateError, Tuple, typeName, type Value } from './values.js';

/** More text or items than anyone wants: a bound against templates that double themselves. */
export const LARGEST = 1_000_000;

/** Python's arithmetic. @throws TemplateError where Python has none. */
export function binary(op: string, left: Value, right: Value): Value {
  if (op === '~') return bounded(str(left) + str(right));
  const [a, b] = [number(left), number(right)];
  if (a !== undefined && b !== undefined) return arithmetic(op, a, b);
  if (op === '+') return add(left, right);
  if (op === '*') return repeat(left, right);
  const text = defined(left);
  if (op === '%' && typeof text === 'string') return formatPercent(text, defined(right));
  throw unsupported(op, left, right);
}

type Num = { readonly value: number; readonly float: boolean };

function number(given: Value): Num | undefined {
  const v = defined(given);
  if (typeof v === 'boolean') return { value: Number(v), float: false };
  return isNumber(v) ? { value: numberOf(v), float: isFloat(v) } : undefined;
}

function arithmetic(op: string, a: Num, b: Num): Value {
  if (['/', '//', '%'].includes(op) && b.value === 0) throw new TemplateError('division by zero');
  const out = (value: number): Value => (a.float || b.float ? float(value) : safe(value));
  if (op === '+') return out(a.value + b.value);
  if (op === '-') return out(a.value - b.value);
  if (op === '*') return out(a.value * b.value);
  if (op === '/') return float(a.value / b.value);
  if (op === '//') return out(Math.floor(a.value / b.value) + 0);
  if (op === '%') return out((((a.value % b.value) + b.value) % b.value) + 0);
  return b.value < 0 ? float(a.value ** b.value) : out(a.value ** b.value);
}

function add(left: Value, right: Value): Value {
  const [a, b] = [defined(left), defined(right)];
  if (typeof a === 'string' && typeof b === 'string') return bounded(a + b);
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple) {
    if (a.length + b.length > LARGEST) throw tooLarge();
    return a instanceof Tuple ? Tuple.make([...a, ...b]) : [...a, ...b];
  }
  throw unsupported('+', a, b);
}

function repeat(left: Value, right: Value): Value {
  const [a, b] = [defined(left), defined(right)];
  const [what, times] = isNumber(a) || typeof a === 'boolean' ? [b, index(a, 'the count')] : [a, index(b, 'the count')];
  const count = Math.max(0, times);
  if (typeof what === 'string') {
    if (what.length * count > LARGEST) throw tooLarge();
    return what.repeat(count);
  }
  if (Array.isArray(what)) {
    if (what.length * count > LARGEST) throw tooLarge();
    const out = Array.from({ length: count }, () => [...what]).flat();
    return what instanceof Tuple ? Tuple.make(out) : out;
  }
  throw unsupported('*', a, b);
}

export function bounded(text: string): string {
  if (text.length > LARGEST) throw tooLarge();
  return text;
}

function tooLarge(): TemplateError {
  return new TemplateError(`the result is larger than ${LARGEST} characters or items`);
}

function unsupported(op: string, a: Value, b: Value): TemplateError {
  return new TemplateError(`${op} is not possible between ${typeName(a)} and ${typeName(b)}`);
}

export function negate(given: Value): Value {
  const v = number(given);
  if (!v) throw new TemplateError(`a ${typeName(given)} has no negative`);
  return v.float ? float(-v.value) : -v.value + 0;
}

/** `value[start:stop:step]`. */
export function slice(given: Value, start: Value, stop: Value, step: Value): Value {
  const v = defined(given);
  if (typeof v !== 'string' && !Array.isArray(v)) throw new TemplateError(`a ${typeName(v)} cannot be sliced`);
  const items: Value[] = typeof v === 'string' ? [...v] : v;
  const by = step === null ? 1 : index(step, 'the step');
  if (by === 0) throw new TemplateError('the step of a slice cannot be zero');
  const n = items.length;
  const clamp = (at: Value, otherwise: number): number => {
    if (at === null) return otherwise;
    const i = index(at, 'an index');
    const from = i < 0 ? i + n : i;
    return by > 0 ? Math.min(Math.max(from, 0), n) : Math.min(Math.max(from, -1), n - 1);
  };
  const first = clamp(start, by > 0 ? 0 : n - 1);
  const last = clamp(stop, by > 0 ? n : -1);
  const out: Value[] = [];
  for (let i = first; by > 0 ? i < last : i > last; i += by) out.push(items[i] ?? null);
  if (typeof v === 'string') return out.join('');
  return v instanceof Tuple ? Tuple.make(out) : out;
}
