import { type VarValue, VaultValue } from '../model.js';

/** A template that cannot be rendered; the text says why. The caller adds variable, file and line. */
export class TemplateError extends Error {}

/** A name that stands for nothing was used. */
export class UndefinedError extends TemplateError {
  /** The name that is missing, as far as it is one. */
  readonly missing: string;

  constructor(undefinedValue: Undefined) {
    super(undefinedValue.reason);
    this.missing = undefinedValue.name;
  }
}

/** What an unknown name gives. It may be tested and replaced by `default`; every other use is an error. */
export class Undefined {
  readonly name: string;
  readonly reason: string;
  /** What `'a' if no` gives without an else: it prints as nothing. */
  readonly silent: boolean;

  constructor(name: string, reason: string, silent = false) {
    this.name = name;
    this.reason = reason;
    this.silent = silent;
  }
}

/** A float without a fraction: JavaScript's numbers cannot tell 2.0 from 2. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Prints with round brackets; else a list. */
export class Tuple extends Array<Value> {
  static make(items: readonly Value[]): Tuple {
    const out = new Tuple();
    for (const item of items) out.push(item);
    return out;
  }
}

/** A dict whose values are made when they are asked for: `hostvars`. */
export class LazyDict {
  readonly #keys: () => Iterable<string>;
  readonly #get: (key: string) => Value | undefined;

  constructor(keys: () => Iterable<string>, get: (key: string) => Value | undefined) {
    this.#keys = keys;
    this.#get = get;
  }

  has(key: Value): boolean {
    return typeof key === 'string' && [...this.#keys()].includes(key);
  }

  get(key: Value): Value | undefined {
    return typeof key === 'string' ? this.#get(key) : undefined;
  }

  keys(): Iterable<Value> {
    return this.#keys();
  }

  get size(): number {
    return [...this.#keys()].length;
  }
}

export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A method of a value, a macro or a global function. */
export class Callable {
  readonly name: string;
  readonly call: (args: Arguments) => Value;

  constructor(name: string, call: (args: Arguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** `namespace()`: the only thing whose attributes a template may set. */
export class Namespace {
  readonly values = new Map<Value, Value>();
}

export type Dict = Map<Value, Value> | LazyDict;
export type Value = null | boolean | number | Float | string | Value[] | Dict | Undefined | Callable | Namespace;

export function isDict(v: Value): v is Dict {
  return v instanceof Map || v instanceof LazyDict;
}

export function isNumber(v: Value): v is number | Float {
  return typeof v === 'number' || v instanceof Float;
}

export function isFloat(v: Value): boolean {
  return v instanceof Float || (typeof v === 'number' && !Number.isInteger(v));
}

/** A number as Python has it: floats keep being floats. */
export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

/** @throws UndefinedError for what is undefined. */
export function defined(v: Value): Exclude<Value, Undefined> {
  if (v instanceof Undefined) throw new UndefinedError(v);
  return v;
}

/** Python's name of a type, for messages. */
export function typeName(v: Value): string {
  if (v === null) return 'NoneType';
  if (typeof v === 'boolean') return 'bool';
  if (typeof v === 'string') return 'str';
  if (isNumber(v)) return isFloat(v) ? 'float' : 'int';
  if (v instanceof Tuple) return 'tuple';
  if (Array.isArray(v)) return 'list';
  if (isDict(v)) return 'dict';
  return v instanceof Undefined ? 'undefined' : v instanceof Namespace ? 'namespace' : 'function';
}

/** How the texts within a value are read. */
export interface Reading {
  /** Renders a text. */
  readonly text: (s: string) => Value;
  readonly decrypt: (v: VaultValue) => string;
}

const AS_IT_IS: Reading = {
  text: (s) => s,
  decrypt: () => {
    throw new TemplateError('the value is encrypted with Ansible Vault');
  },
};

/** What a template sees of a variable's value. */
export function fromVar(value: VarValue, how: Reading = AS_IT_IS): Value {
  if (typeof value === 'string') return how.text(value);
  if (value instanceof VaultValue) return how.text(how.decrypt(value));
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((v) => fromVar(v, how));
  return new Map(Object.entries(value).map(([k, v]) => [k, fromVar(v, how)] as [Value, Value]));
}

/** Arrays are read-only in variables, which `Array.isArray` does not know. */
function isList(value: VarValue): value is readonly VarValue[] {
  return Array.isArray(value);
}

/** The way back. @throws TemplateError for what no variable can hold, UndefinedError for what is undefined. */
export function toVar(given: Value): VarValue {
  const v = defined(given);
  if (v instanceof Float) return v.value;
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) return v.map(toVar);
  if (isDict(v)) return Object.fromEntries([...v.keys()].map((k) => [keyText(k), toVar(v.get(k) ?? null)]));
  throw new TemplateError(`a ${typeName(v)} is no value for a variable`);
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  return key === null ? 'null' : typeof key === 'boolean' ? String(key) : isNumber(key) ? String(numberOf(key)) : '';
}

export function numberOf(v: number | Float): number {
  return v instanceof Float ? v.value : v;
}
