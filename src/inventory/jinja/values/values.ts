import { PyDate } from '../../model/values.js';

/** A template that cannot be rendered; the text says why. The caller adds variable, file and line. */
export class TemplateError extends Error {}

/** A name that stands for nothing was used. */
export class UndefinedError extends TemplateError {
  /** The name that is missing, as far as it is one. */
  readonly missing: string;

  constructor(undefinedValue: Undefined, where?: string) {
    super(where === undefined ? undefinedValue.reason : `${undefinedValue.reason} (${where})`);
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

/** Text that stays text even when it looks like a list: what `to_json` and its like give. Source: NativeJinjaText */
export class KeptText {
  readonly kept: string;

  constructor(kept: string) {
    this.kept = kept;
  }
}

/** Prints with round brackets; else a list. */
export class Tuple extends Array<Value> {
  /** What `map` and `filter` make of it are lists. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  static make(items: readonly Value[]): Tuple {
    const out = new Tuple();
    for (const item of items) out.push(item);
    return out;
  }
}

/** What `dict.items()` and its like give: to be looped over, but no list. */
export class DictView extends Array<Value> {
  type = 'dict_items';

  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  static make(type: string, items: readonly Value[]): DictView {
    const out = new DictView();
    for (const item of items) out.push(item);
    out.type = type;
    return out;
  }
}

/** A list or a tuple. */
export function isSequence(v: Value): v is Value[] {
  return Array.isArray(v) && !(v instanceof DictView);
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
/** Whole numbers beyond 2^53 are bigints. Dates know only how they print. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | Float
  | PyDate
  | string
  | KeptText
  | Value[]
  | Dict
  | Undefined
  | Callable
  | Namespace;

export function isDict(v: Value): v is Dict {
  return v instanceof Map || v instanceof LazyDict;
}

export function isNumber(v: Value): v is number | bigint | Float {
  return typeof v === 'number' || typeof v === 'bigint' || v instanceof Float;
}

export function isFloat(v: Value): boolean {
  return v instanceof Float || (typeof v === 'number' && !Number.isInteger(v));
}

/** A whole number of any size, in the form that its size asks for. */
export function whole(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** A number as Python has it: floats keep being floats. */
export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

const floatKeys = new Map<number, Float>();

/** A float as the key of a dict: the same object each time, so that a Map finds it. */
export function floatKey(key: Float): Float {
  const known = floatKeys.get(key.value) ?? key;
  floatKeys.set(key.value, known);
  return known;
}

/** The key under which a dict has this one: Python takes 1 and 1.0 for the same. */
export function keyIn(dict: { has(key: Value): boolean }, key: Value): Value {
  if (!isNumber(key) || dict.has(key)) return key;
  const n = numberOf(key);
  return [n, floatKeys.get(n)].find((k) => k !== undefined && dict.has(k)) ?? key;
}

/** @throws UndefinedError for what is undefined. */
export function defined(v: Value): Exclude<Value, Undefined | KeptText> {
  if (v instanceof Undefined) throw new UndefinedError(v);
  return v instanceof KeptText ? v.kept : v;
}

/** Text is text to everything that looks at it. */
export function unkept(v: Value): Exclude<Value, KeptText> {
  return v instanceof KeptText ? v.kept : v;
}

/** Python's name of a type, for messages. */
export function typeName(v: Value): string {
  if (v === null) return 'NoneType';
  if (typeof v === 'boolean') return 'bool';
  if (typeof v === 'string' || v instanceof KeptText) return 'str';
  if (isNumber(v)) return isFloat(v) ? 'float' : 'int';
  if (v instanceof Tuple) return 'tuple';
  if (v instanceof DictView) return v.type;
  if (Array.isArray(v)) return 'list';
  if (isDict(v)) return 'dict';
  if (v instanceof PyDate) return 'date';
  return v instanceof Undefined ? 'undefined' : v instanceof Namespace ? 'namespace' : 'function';
}

/** As JavaScript has it: large whole numbers lose digits. */
export function numberOf(v: number | bigint | Float): number {
  return v instanceof Float ? v.value : Number(v);
}
