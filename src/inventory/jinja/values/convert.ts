import {
  type Exact,
  entriesOf,
  isList,
  PyDate,
  PyFloat,
  PyOther,
  PyTuple,
  PyUnsafe,
  type VarValue,
  VaultValue,
} from '../../model/values.js';
import { repr } from './python.js';
import { defined, Float, floatKey, isDict, isNumber, TemplateError, Tuple, typeName, type Value } from './values.js';

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

/**
 * What a template sees of a variable's value. Tuples become lists, as Ansible's templar makes them; sets, too, since there are
 * none here.
 */
export function fromVar(value: Exact, how: Reading = AS_IT_IS): Value {
  if (typeof value === 'string') return how.text(value);
  if (value === null || typeof value !== 'object') return value;
  // A password may hold braces: Ansible renders what comes out of `!vault` no more than a text that is marked unsafe.
  if (value instanceof VaultValue) return how.decrypt(value);
  if (isList(value)) return value.map((v) => fromVar(v, how));
  if (value instanceof PyFloat) return new Float(value.number);
  if (value instanceof PyUnsafe) return value.text;
  if (value instanceof PyDate) return value;
  if (value instanceof PyTuple) return value.items.map((v) => fromVar(v, how));
  if (value instanceof PyOther) return value.type === 'set' ? value.items.map((v) => fromVar(v, how)) : value.text;
  // Keys are never templates.
  return new Map((entriesOf(value) ?? []).map(([k, v]) => [dictKey(literalValue(k)), fromVar(v, how)] as [Value, Value]));
}

/** A literal as it is: nothing in it is a template, and a tuple stays one. */
export function literalValue(value: Exact): Value {
  if (value instanceof PyTuple) return Tuple.make(value.items.map(literalValue));
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(literalValue);
  const entries = entriesOf(value);
  if (entries) return new Map(entries.map(([k, v]) => [dictKey(literalValue(k)), literalValue(v)] as [Value, Value]));
  return fromVar(value);
}

function dictKey(key: Value): Value {
  return key instanceof Float ? floatKey(key) : key;
}

/** The same value in lists and dicts of its own: templates can change those. */
export function copied(v: Value): Value {
  if (v instanceof Tuple) return Tuple.make(v.map(copied));
  if (Array.isArray(v)) return v.map(copied);
  return v instanceof Map ? new Map([...v].map(([k, x]) => [k, copied(x)] as [Value, Value])) : v;
}

/** The way back. @throws TemplateError for what no variable can hold, UndefinedError for what is undefined. */
export function toVar(given: Value): VarValue {
  const v = defined(given);
  if (v instanceof Float) return v.value;
  if (v instanceof PyDate) return v.iso;
  if (typeof v === 'bigint') return String(v);
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) return Array.from(v, toVar);
  if (isDict(v)) return Object.fromEntries([...v.keys()].map((k) => [keyText(k), toVar(v.get(k) ?? null)]));
  throw new TemplateError(`a ${typeName(v)} is no value for a variable`);
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  return key === null ? 'null' : typeof key === 'boolean' ? String(key) : isNumber(key) ? repr(key) : '';
}
