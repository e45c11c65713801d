import { item } from '../evaluate/evaluate.js';
import { str } from '../values/python.js';
import { defined, Undefined, type Value } from '../values/values.js';

/** Resolves `attribute='a.b.0'` of a filter. @param otherwise stands for what is undefined on the way, unless it is null. */
export function attributeOf(value: Value, given: Value, otherwise: Value = null): Value {
  const path = defined(given);
  const parts = typeof path === 'number' ? [path] : str(path).split('.');
  return parts.reduce((at: Value, part) => {
    const found = item(at, /^\d+$/.test(String(part)) ? Number(part) : part);
    return found instanceof Undefined && otherwise !== null ? otherwise : found;
  }, value);
}
