import { Dict, isList, PyDate, PyDict, PyFloat, PyTuple, PyUnsafe, type PyValue, VaultValue } from '../../model/python-values.js';
import { keyText, toPlain, type VarValue } from '../../model/values.js';
import { defined, isDict, TemplateError, typeName, type Value } from './values.js';

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
 * What a template gets of a variable: texts rendered, encrypted values decrypted, in lists and dicts of its own. Tuples become
 * lists, as Ansible's templar makes them, and so do sets, which expressions do not have.
 */
export function filled(value: PyValue, how: Reading = AS_IT_IS): Value {
  if (typeof value === 'string') return how.text(value);
  if (value === null || typeof value !== 'object') return value;
  // A password may hold braces: Ansible renders what comes out of `!vault` no more than a text that is marked unsafe.
  if (value instanceof VaultValue) return how.decrypt(value);
  if (isList(value)) return Array.from(value, (v) => filled(v, how));
  // Keys are never templates.
  if (value instanceof Dict) return new PyDict(Array.from(value.entries(), ([k, v]) => [literal(k), filled(v, how)]));
  if (value instanceof PyFloat || value instanceof PyDate) return value;
  if (value instanceof PyUnsafe) return value.text;
  return value.type === 'set' ? value.items.map((v) => filled(v, how)) : value.text;
}

/** A literal as a template has it: nothing in it is a template, and a tuple stays one. */
export function literal(value: PyValue): Value {
  if (value instanceof PyTuple) return PyTuple.make(value.map(literal));
  if (isList(value)) return value.map(literal);
  if (value instanceof Dict) return new PyDict(Array.from(value.entries(), ([k, v]) => [literal(k), literal(v)]));
  return filled(value);
}

/** The same value in lists and dicts of its own: templates can change those. */
export function copied(v: Value): Value {
  if (v instanceof PyTuple) return PyTuple.make(v.map(copied));
  if (Array.isArray(v)) return v.map(copied);
  return v instanceof PyDict ? new PyDict(Array.from(v.entries(), ([k, x]) => [k, copied(x)])) : v;
}

/** The JSON view. @throws TemplateError for what no variable can hold, UndefinedError for what is undefined. */
export function toVar(given: Value): VarValue {
  const v = defined(given);
  if (Array.isArray(v)) return Array.from(v, toVar);
  if (isDict(v)) return Object.fromEntries(Array.from(v.entries(), ([k, x]) => [keyText(k as PyValue), toVar(x)]));
  if (v === null || typeof v !== 'object' || v instanceof PyFloat || v instanceof PyDate) return toPlain(v);
  throw new TemplateError(`a ${typeName(v)} cannot be the value of a variable`);
}
