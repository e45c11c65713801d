import { PyFloat, PyTuple, pyFloat, pyInt } from '../../model/python-values.js';
import { formatPercent } from './format.js';
import { power } from './power.js';
import { index, str } from './python.js';
import {
  defined,
  isFloat,
  isNumber,
  isSequence,
  NO_ELSE,
  numberOf,
  TemplateError,
  typeName,
  Undefined,
  unkept,
  type Value,
} from './values.js';

/** A limit on characters and items, against templates that double themselves. */
export const LARGEST = 1_000_000;

/** Python's arithmetic. @throws TemplateError if Python has none for these types. */
export function binary(op: string, left: Value, right: Value): Value {
  if (op === '~') return bounded(str(left) + str(right));
  const pattern = unkept(left);
  if (op === '%' && typeof pattern === 'string') return formatPercent(pattern, right);
  const [a, b] = [number(left), number(right)];
  if (a !== undefined && b !== undefined) return arithmetic(op, a, b);
  if (op === '+') return add(left, right);
  if (op === '*') return repeat(left, right);
  throw unsupported(op, left, right);
}

type Num = number | bigint | PyFloat;

function number(given: Value): Num | undefined {
  const v = defined(given);
  return typeof v === 'boolean' ? Number(v) : isNumber(v) ? v : undefined;
}

function arithmetic(op: string, a: Num, b: Num): Value {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (['/', '//', '%'].includes(op) && y === 0) throw new TemplateError('division by zero');
  if (op === '**' && x === 0 && y < 0) throw new TemplateError('0 cannot be raised to a negative power');
  const inFloats = op === '/' || isFloat(a) || isFloat(b) || (op === '**' && y < 0);
  if (inFloats && [a, b].some((v) => typeof v === 'bigint' && !Number.isFinite(Number(v))))
    throw new TemplateError('the whole number is too large for a float');
  if (op === '/') return pyFloat(x / y);
  if (inFloats) return pyFloat(floats(op, x, y));
  const result = (op === '**' ? x ** y : floats(op, x, y)) + 0;
  // Whole numbers have any size in Python.
  if ([x, y, result].every(Number.isSafeInteger)) return result;
  return pyInt(integers(op, a instanceof PyFloat ? 0n : BigInt(a), b instanceof PyFloat ? 0n : BigInt(b)));
}

function floats(op: string, x: number, y: number): number {
  if (op === '+') return x + y;
  if (op === '-') return x - y;
  if (op === '*') return x * y;
  if (op === '**') {
    const out = power(x, y);
    if ([x, y].every(Number.isFinite) && !Number.isFinite(out))
      throw new TemplateError(Number.isNaN(out) ? 'the power is a complex number' : 'the power is too large');
    return out;
  }
  // As Python divides: the rest has the sign of the divisor. Source: float_divmod in Objects/floatobject.c
  const rest = x % y;
  const modulo = rest === 0 ? (y < 0 ? -0 : 0) : rest < 0 === y < 0 ? rest : rest + y;
  if (op === '%') return modulo;
  const quotient = (x - modulo) / y;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function integers(op: string, x: bigint, y: bigint): bigint {
  if (op === '+') return x + y;
  if (op === '-') return x - y;
  if (op === '*') return x * y;
  if (op === '**') {
    if (BigInt(x.toString(2).length) * y > BigInt(LARGEST)) throw tooLarge();
    return x ** y;
  }
  const rest = x % y;
  const modulo = rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
  return op === '%' ? modulo : (x - modulo) / y;
}

function add(left: Value, right: Value): Value {
  const [a, b] = [defined(left), defined(right)];
  if (typeof a === 'string' && typeof b === 'string') return bounded(a + b);
  if (isSequence(a) && isSequence(b) && a instanceof PyTuple === b instanceof PyTuple) {
    if (a.length + b.length > LARGEST) throw tooLarge();
    return a instanceof PyTuple ? PyTuple.make([...a, ...b]) : [...a, ...b];
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
  if (isSequence(what)) {
    if (what.length * count > LARGEST) throw tooLarge();
    const out = Array.from({ length: count }, () => [...what]).flat();
    return what instanceof PyTuple ? PyTuple.make(out) : out;
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
  if (v === undefined) throw new TemplateError(`a ${typeName(given)} has no negative`);
  if (typeof v === 'bigint') return pyInt(-v);
  return isFloat(v) ? pyFloat(-numberOf(v)) : -numberOf(v) + 0;
}

/** `value[start:stop:step]`. Undefined stays undefined, except for `NO_ELSE`. */
export function slice(given: Value, start: Value, stop: Value, step: Value): Value {
  if (given instanceof Undefined && given !== NO_ELSE) return given;
  const v = defined(given);
  if (typeof v !== 'string' && !isSequence(v)) throw new TemplateError(`a ${typeName(v)} cannot be sliced`);
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
  return v instanceof PyTuple ? PyTuple.make(out) : out;
}
