import { Dict, PyDate, PyFloat, PyTuple } from '../../model/python-values.js';

/** A template that cannot be rendered; the text says why. The caller adds variable, file and line. */
export class TemplateError extends Error {}

/** An undefined name was used. */
export class UndefinedError extends TemplateError {
  /** The missing name, if it has one. */
  readonly missing: string;

  constructor(undefinedValue: Undefined, where?: string) {
    super(where === undefined ? undefinedValue.reason : `${undefinedValue.reason} (${where})`);
    this.missing = undefinedValue.name;
  }
}

/** The value of an unknown name. It may be tested and replaced by `default`; every other use is an error. */
export class Undefined {
  readonly name: string;
  readonly reason: string;

  constructor(name: string, reason: string) {
    this.name = name;
    this.reason = reason;
  }
}

/** The value of `'a' if no` without an else: it prints as nothing and may be compared. */
export const NO_ELSE = new Undefined('', 'the condition is false, and there is no else');

/** Text that stays text even if it looks like a list: the result of `to_json` and the like. Source: NativeJinjaText */
export class KeptText {
  readonly kept: string;

  constructor(kept: string) {
    this.kept = kept;
  }
}

/** The result of `dict.items()` and the like: iterable, but not a list. */
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

/** A list, and not a tuple. */
export function isList(v: Value | undefined): v is Value[] {
  return v !== undefined && isSequence(v) && !(v instanceof PyTuple);
}

/** A dict whose values are made when they are asked for: `hostvars`. */
export class LazyDict extends Dict<Value> {
  readonly #keys: () => Iterable<string>;
  readonly #get: (key: string) => Value | undefined;

  constructor(keys: () => Iterable<string>, get: (key: string) => Value | undefined) {
    super();
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
  readonly values = new Map<string, Value>();
}

/** What expressions work with: Python's values, decrypted and with sets as lists, and what only templates have. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | PyFloat
  | PyDate
  | string
  | KeptText
  | Value[]
  | Dict<Value>
  | Undefined
  | Callable
  | Namespace;

export function isDict(v: Value): v is Dict<Value> {
  return v instanceof Dict;
}

export function isNumber(v: Value): v is number | bigint | PyFloat {
  return typeof v === 'number' || typeof v === 'bigint' || v instanceof PyFloat;
}

export function isFloat(v: Value): boolean {
  return v instanceof PyFloat || (typeof v === 'number' && !Number.isInteger(v));
}

/** @throws UndefinedError for what is undefined. */
export function defined(v: Value): Exclude<Value, Undefined | KeptText> {
  if (v instanceof Undefined) throw new UndefinedError(v);
  return v instanceof KeptText ? v.kept : v;
}

/** Kept text as plain text. */
export function unkept(v: Value): Exclude<Value, KeptText> {
  return v instanceof KeptText ? v.kept : v;
}

/** Python's name of a type, for messages. */
export function typeName(v: Value): string {
  if (v === null) return 'NoneType';
  if (typeof v === 'boolean') return 'bool';
  if (typeof v === 'string' || v instanceof KeptText) return 'str';
  if (isNumber(v)) return isFloat(v) ? 'float' : 'int';
  if (v instanceof PyTuple) return 'tuple';
  if (v instanceof DictView) return v.type;
  if (Array.isArray(v)) return 'list';
  if (isDict(v)) return 'dict';
  if (v instanceof PyDate) return 'date';
  return v instanceof Undefined ? 'undefined' : v instanceof Namespace ? 'namespace' : 'function';
}

/** As a JavaScript number: large whole numbers lose digits. */
export function numberOf(v: number | bigint | PyFloat): number {
  return v instanceof PyFloat ? v.number : Number(v);
}
