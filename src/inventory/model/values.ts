import type { Place } from '../../base/place.js';

/** A value that Ansible Vault encrypted (`!vault`). Whoever renders variables decrypts it, when it is asked for. */
export class VaultValue {
  /** The whole envelope, `$ANSIBLE_VAULT;1.1;AES256` and the lines that follow. */
  readonly ciphertext: string;
  readonly source: Place;

  constructor(ciphertext: string, source: Place) {
    this.ciphertext = ciphertext;
    this.source = source;
  }
}

/**
 * A variable's value as far as Kubewright uses it: JSON types. What Python tells apart and JSON does not is in
 * `Variable.exact`: there 1.0 is no 1, and a date is no text.
 */
export type VarValue = string | number | boolean | null | VaultValue | readonly VarValue[] | { readonly [key: string]: VarValue };

export interface Variable {
  readonly value: VarValue;
  /** Where the winning value was written. */
  readonly source: Place;
  /** It came out of Ansible Vault, and must not be shown. */
  readonly secret?: boolean;
  /** It stands in an encrypted file: known without rendering it. */
  readonly encrypted?: boolean;
  /** What stands in the file, where `value` is rendered from it. */
  readonly raw?: VarValue;
  /** The value as Python has it, only where `value` says less: whole floats, large numbers, dates, tuples, `!unsafe` text. */
  readonly exact?: Exact;
  /** The name as Python has it, where it is no text: YAML has `1: x`. */
  readonly key?: Exact;
}

/** A float that has no fraction: 1.0 is no 1. Floats with one are plain numbers. */
export class PyFloat {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** A date or a date with time, as `isoformat()` prints it, as `str()` prints it and as `repr()` does. */
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

export class PyTuple {
  readonly items: readonly Exact[];

  constructor(items: readonly Exact[]) {
    this.items = items;
  }
}

type Entries = readonly (readonly [Exact, Exact])[];

/** A dict with names that are no text, or whose order JavaScript would change. */
export class PyDict {
  readonly entries!: Entries;

  /** @param entries a function, where thousands of dicts need not be there at once: it is called whenever they are looked at. */
  constructor(entries: Entries | (() => Entries)) {
    // A property in both cases, as dicts are compared by what they have of these.
    if (typeof entries === 'function') Object.defineProperty(this, 'entries', { get: entries, enumerable: true });
    else this.entries = entries;
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
  readonly items: readonly Exact[];

  constructor(type: PyOther['type'], text: string, items: readonly Exact[] = []) {
    this.type = type;
    this.text = text;
    this.items = items;
  }
}

/** A value as Python has it. Numbers are ints when they are whole and floats when they are not. */
export type Exact =
  | string
  | number
  | bigint
  | boolean
  | null
  | PyFloat
  | PyDate
  | PyTuple
  | PyDict
  | PyUnsafe
  | PyOther
  | VaultValue
  | readonly Exact[]
  | { readonly [key: string]: Exact };

export function isList(value: Exact): value is readonly Exact[] {
  return Array.isArray(value);
}

/** A dict, in either form. */
export function entriesOf(value: Exact): readonly (readonly [Exact, Exact])[] | undefined {
  if (value instanceof PyDict) return value.entries;
  if (typeof value !== 'object' || value === null || isList(value) || isSpecial(value)) return undefined;
  return Object.entries(value);
}

type Special = PyFloat | PyDate | PyTuple | PyDict | PyUnsafe | PyOther | VaultValue;

export function isSpecial(value: object): value is Special {
  return (
    value instanceof PyFloat ||
    value instanceof PyDate ||
    value instanceof PyTuple ||
    value instanceof PyDict ||
    value instanceof PyUnsafe ||
    value instanceof PyOther ||
    value instanceof VaultValue
  );
}

/** A float: whole ones are told apart from ints. */
export function pyFloat(value: number): number | PyFloat {
  return Number.isInteger(value) || !Number.isFinite(value) ? new PyFloat(value) : value;
}

/** An int of any size. */
export function pyInt(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A dict of these entries; as in Python the last value of a name wins and stands where the name stood first. */
export function pyDict(entries: Iterable<readonly [Exact, Exact]>): Exact {
  const byKey = new Map<string, [Exact, Exact]>();
  let plain = true;
  for (const [key, value] of entries) {
    const id = keyId(key);
    const known = byKey.get(id);
    if (known) known[1] = value;
    else byKey.set(id, [key, value]);
    // An object would put names that look like an index first.
    plain &&= typeof key === 'string' && !/^(0|[1-9]\d{0,9})$/.test(key);
  }
  const list = [...byKey.values()];
  return plain ? Object.fromEntries(list as [string, Exact][]) : new PyDict(list);
}

/** Names that Python takes for the same have the same id: 1, 1.0 and True. */
export function keyId(key: Exact): string {
  if (typeof key === 'string') return `s${key}`;
  if (key instanceof PyUnsafe) return `s${key.text}`;
  if (typeof key === 'boolean') return `n${Number(key)}`;
  if (typeof key === 'number' || typeof key === 'bigint') return `n${key}`;
  if (key instanceof PyFloat) return `n${key.number}`;
  if (key === null) return 'none';
  if (key instanceof PyTuple) return `t(${key.items.map(keyId).join(',')})`;
  return key instanceof PyDate ? `d${key.repr}` : key instanceof PyOther ? `${key.type}${key.text}` : 'other';
}

const plainOf = new WeakMap<object, VarValue>();

/** The value without what JSON cannot hold; the very same object where there is nothing of that. */
export function toPlain(value: Exact): VarValue {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  // Short lists of words and numbers are most of what inventories nest: not worth remembering.
  if (isList(value) && value.every((item) => typeof item !== 'bigint' && (item === null || typeof item !== 'object')))
    return value as readonly VarValue[];
  const known = plainOf.get(value);
  if (known !== undefined) return known;
  const plain = convert(value);
  if (plain === null || typeof plain !== 'object') return plain;
  plainOf.set(value, plain);
  return plain;
}

function convert(value: Exact & object): VarValue {
  if (value instanceof VaultValue) return value;
  if (value instanceof PyFloat) return Number.isFinite(value.number) ? value.number + 0 : String(value.number);
  if (value instanceof PyDate) return value.iso;
  if (value instanceof PyUnsafe) return value.text;
  if (value instanceof PyTuple) return value.items.map(toPlain);
  if (value instanceof PyOther) return value.type === 'set' ? value.items.map(toPlain) : value.text;
  if (value instanceof PyDict) return Object.fromEntries(value.entries.map(([k, v]) => [keyText(k), toPlain(v)]));
  if (isList(value)) {
    const items = value.map(toPlain);
    return items.every((item, i) => item === value[i]) ? (value as readonly VarValue[]) : items;
  }
  const entries = Object.entries(value).map(([k, v]) => [k, toPlain(v)] as const);
  return entries.every(([k, v]) => v === value[k])
    ? (value as { readonly [key: string]: VarValue })
    : Object.fromEntries(entries);
}

/** A name of a dict as text, as JSON writes it. */
export function keyText(key: Exact): string {
  const plain = toPlain(key);
  return typeof plain === 'object' && plain !== null ? JSON.stringify(plain) : String(plain);
}

/** A variable of this value. */
export function variable(value: Exact, source: Place, key?: Exact): Variable {
  const plain = toPlain(value);
  const named = key === undefined || typeof key === 'string' ? undefined : key;
  if (named === undefined) return plain === value ? { value: plain, source } : { value: plain, source, exact: value };
  return { value: plain, source, key: named, ...(plain === value ? {} : { exact: value }) };
}

/** The value as Python has it. */
export function exactOf(v: Variable): Exact {
  return v.exact === undefined ? v.value : v.exact;
}
