import type { Place } from '../../base/place.js';
import { Dict, isList, PyDate, PyDict, PyFloat, PyOther, PyTuple, PyUnsafe, type PyValue, VaultValue } from './python-values.js';

/** A variable's value as far as Kubewright uses it: JSON types. `Variable.exact` keeps what JSON does not tell apart: 1.0 and 1, dates and text. */
export type VarValue = string | number | boolean | null | VaultValue | readonly VarValue[] | { readonly [key: string]: VarValue };

export interface Variable {
  readonly value: VarValue;
  /** Where the winning value was written. */
  readonly source: Place;
  /** It came out of Ansible Vault, and must not be shown. */
  readonly secret?: boolean;
  /** It is in an encrypted file: known without rendering it. */
  readonly encrypted?: boolean;
  /** What is written in the file, if `value` is rendered from it. */
  readonly raw?: VarValue;
  /** The value as Python has it, only if `value` says less: dicts, whole floats, large numbers, dates, tuples, `!unsafe` text. */
  readonly exact?: PyValue;
  /** The name as Python has it, if it is not text: YAML has `1: x`. */
  readonly key?: PyValue;
}

const jsonViews = new WeakMap<object, VarValue>();

/** The JSON view of a value; the very same list if nothing in it is converted. */
export function toPlain(value: PyValue): VarValue {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  // Short lists of words and numbers are most of what inventories nest: not worth remembering.
  if (isPlainList(value)) return value;
  const known = jsonViews.get(value);
  if (known !== undefined) return known;
  const plain = convert(value);
  if (plain === null || typeof plain !== 'object') return plain;
  jsonViews.set(value, plain);
  return plain;
}

/** A list of words and numbers. */
function isPlainList(value: PyValue): value is readonly (string | number | boolean | null)[] {
  if (!isList(value) || value instanceof PyTuple) return false;
  return value.every((item) => typeof item !== 'bigint' && (item === null || typeof item !== 'object'));
}

function convert(value: PyValue & object): VarValue {
  if (value instanceof VaultValue) return value;
  if (value instanceof PyFloat) return Number.isFinite(value.number) ? value.number + 0 : String(value.number);
  if (value instanceof PyDate) return value.iso;
  if (value instanceof PyUnsafe) return value.text;
  if (value instanceof PyOther) return value.type === 'set' ? value.items.map(toPlain) : value.text;
  if (value instanceof Dict) return Object.fromEntries(Array.from(value.entries(), ([k, v]) => [keyText(k), toPlain(v)]));
  const items = value.map(toPlain);
  const same = !(value instanceof PyTuple) && items.every((item, i) => item === value[i]);
  return same ? (value as readonly VarValue[]) : items;
}

/** A dict's key as text. */
export function keyText(key: PyValue): string {
  const plain = toPlain(key);
  return typeof plain === 'object' && plain !== null ? JSON.stringify(plain) : String(plain);
}

/** The way back, for values that were never more than JSON: settings' defaults, values that Kubewright sets itself. */
export function fromPlain(value: VarValue): PyValue {
  if (value === null || typeof value !== 'object' || value instanceof VaultValue) return value;
  if (Array.isArray(value)) return value.every((v) => v === null || typeof v !== 'object') ? value : value.map(fromPlain);
  return new PyDict(Object.entries(value).map(([k, v]) => [k, fromPlain(v)] as const));
}

/** A variable of this value. The JSON view of dicts and nested lists is made when it is asked for. */
export function variable(value: PyValue, source: Place, key?: PyValue): Variable {
  const named = key === undefined || typeof key === 'string' ? {} : { key };
  if (value instanceof Dict || (Array.isArray(value) && !isPlainList(value)))
    return {
      get value() {
        return toPlain(value);
      },
      source,
      exact: value,
      ...named,
    };
  const plain = toPlain(value);
  return plain === value ? { value: plain, source, ...named } : { value: plain, source, exact: value, ...named };
}

/** The value as Python has it. */
export function exactOf(v: Variable): PyValue {
  return v.exact === undefined ? fromPlain(v.value) : v.exact;
}
