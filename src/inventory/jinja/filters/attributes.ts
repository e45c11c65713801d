import { item } from '../evaluate/evaluate.js';
import { str } from '../values/python.js';
import { defined, type Value } from '../values/values.js';

/** Resolves `attribute='a.b.0'` of a filter. */
export function attributeOf(value: Value, given: Value): Value {
  const path = defined(given);
  if (typeof path === 'number') return item(value, path);
  let at = value;
  for (const part of str(path).split('.')) at = item(at, /^\d+$/.test(part) ? Number(part) : part);
  return at;
}
