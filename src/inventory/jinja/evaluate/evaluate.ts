import { PyDict, PyTuple, pyFloat } from '../../model/python-values.js';
import type { CallArgs, Expr } from '../syntax/ast.js';
import { methodOf } from '../values/methods.js';
import { binary, negate, slice } from '../values/operators.js';
import { compare, contains, equals, hashable, index, iterate, requireDefined, str, truth } from '../values/python.js';
import {
  type Arguments,
  Callable,
  defined,
  isDict,
  isNumber,
  isSequence,
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
} from '../values/values.js';

/** What expressions need from outside. */
export interface Context {
  /** A variable or a global; undefined: there is none of that name. */
  readonly variable: (name: string) => Value | undefined;
  readonly filter: (name: string, value: Value, args: Arguments, context: Context) => Value;
  readonly test: (name: string, value: Value, args: Arguments, context: Context) => boolean;
}

/** Names that a template sets itself. */
export class Scope {
  readonly #names = new Map<string, Value>();
  readonly #outer: Scope | undefined;
  readonly context: Context;

  constructor(context: Context, outer?: Scope) {
    this.context = context;
    this.#outer = outer;
  }

  get(name: string): Value | undefined {
    const own = this.#names.get(name);
    return own === undefined ? this.#outer?.get(name) : own;
  }

  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

/** @throws TemplateError, and UndefinedError where something undefined is used. */
export function evaluate(e: Expr, scope: Scope): Value {
  switch (e.t) {
    case 'const':
      return e.value;
    case 'float':
      return pyFloat(e.value);
    case 'name':
      return lookUp(e.name, scope);
    case 'list':
      return e.items.map((i) => evaluate(i, scope));
    case 'tuple':
      return PyTuple.make(e.items.map((i) => evaluate(i, scope)));
    case 'dict':
      return new PyDict(e.items.map(([k, v]) => [key(evaluate(k, scope)), evaluate(v, scope)] as const));
    case 'attr':
      return attribute(evaluate(e.of, scope), e.name);
    case 'item':
      return item(evaluate(e.of, scope), evaluate(e.key, scope));
    case 'slice': {
      const part = (x: Expr | undefined): Value => (x ? evaluate(x, scope) : null);
      return slice(evaluate(e.of, scope), part(e.start), part(e.stop), part(e.step));
    }
    case 'call':
      return call(evaluate(e.of, scope), args(e.args, scope));
    case 'filter':
      if (!e.of) throw new TemplateError(`the filter ${e.name} has no value`);
      return scope.context.filter(e.name, evaluate(e.of, scope), args(e.args, scope), scope.context);
    case 'test':
      return scope.context.test(e.name, evaluate(e.of, scope), args(e.args, scope), scope.context);
    case 'unary': {
      const value = evaluate(e.of, scope);
      if (e.op === 'not') return !truth(value);
      return e.op === '-' ? negate(value) : negate(negate(value));
    }
    case 'binary':
      return operation(e.op, e.left, e.right, scope);
    case 'compare':
      return comparison(e.first, e.rest, scope);
    case 'cond':
      if (truth(evaluate(e.test, scope))) return evaluate(e.yes, scope);
      return e.no ? evaluate(e.no, scope) : NO_ELSE;
  }
}

function lookUp(name: string, scope: Scope): Value {
  const own = scope.get(name);
  if (own !== undefined) return own;
  const value = scope.context.variable(name);
  return value === undefined ? new Undefined(name, `${name} is undefined`) : value;
}

function operation(op: string, left: Expr, right: Expr, scope: Scope): Value {
  const a = evaluate(left, scope);
  if (op === 'and') return truth(a) ? evaluate(right, scope) : a;
  if (op === 'or') return truth(a) ? a : evaluate(right, scope);
  return binary(op, a, evaluate(right, scope));
}

function comparison(first: Expr, rest: readonly { readonly op: string; readonly right: Expr }[], scope: Scope): boolean {
  let left = evaluate(first, scope);
  for (const { op, right } of rest) {
    const value = evaluate(right, scope);
    if (!holds(op, left, value)) return false;
    left = value;
  }
  return true;
}

export function holds(op: string, a: Value, b: Value): boolean {
  if (op === '==') return equals(a, b);
  if (op === '!=') return !equals(a, b);
  if (op === 'in') return contains(b, a);
  if (op === 'not in') return !contains(b, a);
  const order = compare(a, b);
  return op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>' ? order > 0 : order >= 0;
}

function args(a: CallArgs, scope: Scope): Arguments {
  const positional = a.positional.map((e) => evaluate(e, scope));
  if (a.spread) positional.push(...iterate(evaluate(a.spread, scope)));
  const named = new Map(a.named.map(([k, e]) => [k, evaluate(e, scope)]));
  const more = a.spreadNamed ? defined(evaluate(a.spreadNamed, scope)) : undefined;
  if (more !== undefined && isDict(more)) for (const k of more.keys()) named.set(str(k), more.get(k) ?? null);
  return { positional, named };
}

function call(value: Value, a: Arguments): Value {
  const v = defined(value);
  if (v instanceof Callable) return v.call(a);
  throw new TemplateError(`a ${typeName(v)} cannot be called`);
}

/** A key that a dict can have. */
function key(given: Value): Value {
  return hashable(unkept(given));
}

/** `value.name`: methods first, then keys, as Jinja does. Undefined stays undefined, except for `NO_ELSE`. */
function attribute(given: Value, name: string): Value {
  if (given === NO_ELSE) throw new UndefinedError(NO_ELSE);
  const value = unkept(given);
  if (value instanceof Undefined) return value;
  if (value instanceof Namespace) return known(value.values.get(name), value, name);
  const method = methodOf(value, name);
  return method ?? known(found(value, name), value, name);
}

/** `value[key]`: keys first. */
export function item(of: Value, given: Value): Value {
  if (of === NO_ELSE) throw new UndefinedError(NO_ELSE);
  const value = unkept(of);
  if (value instanceof Undefined) return value;
  const k = unkept(given);
  // No list has an undefined index, but a dict has to hash its keys.
  if (k instanceof Undefined && !isDict(value)) return new Undefined(k.name, k.reason);
  const there = found(value, k);
  return there === undefined ? known(typeof k === 'string' ? methodOf(value, k) : undefined, value, k) : there;
}

function found(value: Exclude<Value, Undefined | KeptText>, k: Value): Value | undefined {
  if (isDict(value)) {
    requireDefined(k);
    const there = value.get(k);
    return there === undefined && isNumber(k) ? value.get(String(numberOf(k))) : there;
  }
  if ((isSequence(value) || typeof value === 'string') && (typeof k === 'number' || typeof k === 'boolean')) {
    const items: readonly Value[] = typeof value === 'string' ? [...value] : value;
    const i = index(k, 'an index');
    return items[i < 0 ? i + items.length : i];
  }
  return undefined;
}

/** Null is a value. */
function known(there: Value | undefined, value: Value, k: Value): Value {
  return there === undefined ? missing(value, k) : there;
}

function missing(value: Value, k: Value): Undefined {
  if (Array.isArray(k) || isDict(k)) return new Undefined('', `the ${typeName(value)} has no key that is a ${typeName(k)}`);
  const name = str(k);
  return new Undefined(name, Array.isArray(value) ? `the list has no item ${name}` : `the ${typeName(value)} has no ${name}`);
}
