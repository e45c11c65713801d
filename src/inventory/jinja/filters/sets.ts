import { keyId, PyTuple } from '../../model/python-values.js';
import { binary } from '../values/operators.js';
import { contains, hashable, iterate } from '../values/python.js';
import { isDict, TemplateError, unkept, type Value } from '../values/values.js';
import { type Filter, filter } from './define.js';

/** Each item once, in order of first appearance, by what a set can tell apart. @throws TemplateError for what no set can hold. */
function once(items: readonly Value[], key: (v: Value) => Value): Value[] {
  const seen = new Set<unknown>();
  return items.filter((v) => {
    const id = keyId(hashable(unkept(key(v))));
    return !seen.has(id) && seen.add(id);
  });
}

/**
 * Ansible asks Jinja's `unique` first; if that fails for whatever reason, it compares the items themselves one by one.
 *
 * @param only there is no second way, as with an attribute.
 */
export function unique(items: readonly Value[], key: (v: Value) => Value = (v) => v, only = false): Value[] {
  try {
    return once(items, key);
  } catch (error) {
    if (!(error instanceof TemplateError) || only) throw error;
    const out: Value[] = [];
    for (const v of items) if (!contains(out, v)) out.push(v);
    return out;
  }
}

function union(a: Value, b: Value): Value[] {
  return unique(iterate(binary('+', a, b)));
}

function intersect(a: Value, b: Value): Value[] {
  return unique(iterate(a).filter((i) => contains(b, i)));
}

/** Ansible makes sets of both if neither is a list or a dict; otherwise it works with them as they are. */
function operation(apply: (a: Value, b: Value) => Value): Filter {
  return filter(['b'], (a, g) => {
    const b = g.raw('b');
    return [a, b].some(isListOrDict) ? apply(a, b) : apply(iterate(a).map(hashable), iterate(b).map(hashable));
  });
}

function isListOrDict(v: Value): boolean {
  return isDict(v) || (Array.isArray(v) && !(v instanceof PyTuple));
}

export const SET_FILTERS: Readonly<Record<string, Filter>> = {
  union: operation(union),
  intersect: operation(intersect),
  difference: operation((a, b) => unique(iterate(a).filter((i) => !contains(b, i)))),
  symmetric_difference: operation((a, b) => {
    const both = intersect(a, b);
    return union(a, b).filter((i) => !contains(both, i));
  }),
};

/** The tests `subset` and, turned round, `superset`. */
export function within(a: Value, b: Value): boolean {
  const [inner, outer] = [a, b].map((v) => new Set(iterate(v).map((i) => keyId(hashable(unkept(i))))));
  return [...(inner ?? [])].every((id) => outer?.has(id));
}
