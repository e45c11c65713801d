import type { Place } from '../../base/place.js';

/**
 * Python's values, as the readers find them and templates work with them. What JavaScript has of its own stays: strings,
 * booleans, null, arrays for lists, numbers for ints (whole) and floats (with a fraction), bigints for ints beyond 2^53.
 */

/** A float without a fraction, or an infinite one: 1.0 is not 1. */
export class PyFloat {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** A date or a date with time, as `isoformat()`, `str()` and `repr()` print it. */
export class PyDate {
  readonly iso: string;
  readonly text: string;
  readonly repr: string;

  constructor(iso: string, text: string, repr: string) {
    this.iso = iso;
    this.text = text;
    this.repr = repr;
  }
}

export class PyTuple<V = PyValue> extends Array<V> {
  /** What `map` and `filter` make of it are lists. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** The constructor is Array's: a single number would be a length. */
  static make<V>(items: readonly V[]): PyTuple<V> {
    const out = new PyTuple<V>();
    for (const item of items) out.push(item);
    return out;
  }
}

/** Text after `!unsafe`: never a template. */
export class PyUnsafe {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What JSON cannot hold at all: sets, bytes, complex numbers, `...`. */
export class PyOther {
  readonly type: 'set' | 'bytes' | 'complex' | 'ellipsis';
  readonly text: string;
  /** Members of a set. */
  readonly items: readonly PyValue[];

  constructor(type: PyOther['type'], text: string, items: readonly PyValue[] = []) {
    this.type = type;
    this.text = text;
    this.items = items;
  }
}

/** A value that Ansible Vault encrypted (`!vault`). It is decrypted when it is rendered. */
export class VaultValue {
  /** The whole envelope, `$ANSIBLE_VAULT;1.1;AES256` and the lines that follow. */
  readonly ciphertext: string;
  readonly source: Place;

  constructor(ciphertext: string, source: Place) {
    this.ciphertext = ciphertext;
    this.source = source;
  }
}

/** A dict of any kind. Keys are ordered and may be any hashable value. */
export abstract class Dict<V = PyValue> {
  abstract readonly size: number;
  abstract has(key: V): boolean;
  abstract get(key: V): V | undefined;
  abstract keys(): Iterable<V>;

  *entries(): Iterable<readonly [V, V]> {
    for (const key of this.keys()) yield [key, this.get(key) as V];
  }
}

/** A dict that holds its values. As in Python the last value of a key wins and keeps the place of the first. */
export class PyDict<V = PyValue> extends Dict<V> {
  readonly #values = new Map<KeyId, V>();
  /** Keys that are not their own id: 1.0, True, tuples. Most dicts have none. */
  #keys: Map<KeyId, V> | undefined;

  constructor(entries: Iterable<readonly [V, V]> = []) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#values.size;
  }

  has(key: V): boolean {
    return this.#values.has(keyId(key));
  }

  get(key: V): V | undefined {
    return this.#values.get(keyId(key));
  }

  set(key: V, value: V): void {
    const id = keyId(key);
    if (id !== key && !this.#values.has(id)) {
      this.#keys ??= new Map();
      this.#keys.set(id, key);
    }
    this.#values.set(id, value);
  }

  delete(key: V): void {
    const id = keyId(key);
    this.#values.delete(id);
    this.#keys?.delete(id);
  }

  override *keys(): Iterable<V> {
    for (const id of this.#values.keys()) yield this.#keyOf(id);
  }

  override *entries(): Iterable<readonly [V, V]> {
    for (const [id, value] of this.#values) yield [this.#keyOf(id), value];
  }

  #keyOf(id: KeyId): V {
    const key = this.#keys?.get(id);
    return key === undefined ? (id as V) : key;
  }
}

/** Any value that an inventory can hold. */
export type PyValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | PyFloat
  | PyDate
  | PyUnsafe
  | PyOther
  | VaultValue
  | PyTuple
  | Dict
  | readonly PyValue[];

/** A list or a tuple. */
export function isList(value: PyValue): value is readonly PyValue[] {
  return Array.isArray(value);
}

/** A float: whole ones are told apart from ints. */
export function pyFloat(value: number): number | PyFloat {
  return Number.isInteger(value) || !Number.isFinite(value) ? new PyFloat(value) : value;
}

/** An int of any size. */
export function pyInt(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A key as a Map can compare it. */
export type KeyId = unknown;

/** Keys that are equal to Python have the same id: 1, 1.0 and True; tuples of the same items. */
export function keyId(key: unknown): KeyId {
  if (typeof key === 'string') return key;
  if (typeof key === 'boolean') return Number(key);
  if (key === null || typeof key !== 'object') return key;
  if (key instanceof PyFloat) return floatId(key.number);
  if (key instanceof PyUnsafe) return key.text;
  if (key instanceof PyTuple) return Symbol.for(`(${key.map((item) => idText(keyId(item))).join(',')})`);
  if (key instanceof PyDate) return Symbol.for(key.repr);
  return key instanceof PyOther && key.type !== 'set' ? Symbol.for(`${key.type} ${key.text}`) : key;
}

function floatId(value: number): number | bigint {
  return Number.isInteger(value) ? pyInt(BigInt(value)) : value;
}

function idText(id: KeyId): string {
  if (typeof id === 'symbol') return id.description ?? '';
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}
