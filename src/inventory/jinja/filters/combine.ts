import { PyDict } from '../../model/python-values.js';
import { contains, equals, str, truth } from '../values/python.js';
import { defined, isDict, isList, TemplateError, typeName, type Value } from '../values/values.js';
import type { Given } from './define.js';
import { flatten } from './lists.js';

/** What becomes of two lists of the same key; `low` and `high` are of the earlier and of the later dict. */
const LISTS: Readonly<Record<string, (low: Value[], high: Value[]) => Value[]>> = {
  replace: (_, high) => high,
  keep: (low) => low,
  append: (low, high) => [...low, ...high],
  prepend: (low, high) => [...high, ...low],
  append_rp: (low, high) => [...low.filter((v) => !contains(high, v)), ...high],
  prepend_rp: (low, high) => [...high, ...low.filter((v) => !contains(high, v))],
};

/** Later dicts win; with `recursive` dicts in dicts are combined, lists as `list_merge` says. */
export function combine(value: Value, g: Given): Value {
  for (const name of g.named.keys())
    if (name !== 'recursive' && name !== 'list_merge') throw new TemplateError(`there is no argument ${name}`);
  const dicts = flatten([value, ...g.rest], 1, true);
  checkDefined(dicts);
  const last = dicts.pop();
  if (last === undefined) return new PyDict<Value>();
  // Where dicts and lists are mixed, the order matters.
  return dicts.reduceRight((high: Value, low) => merge(low, high, g), last);
}

/** As Ansible looks: not into tuples. `hostvars` is another kind of dict there, and looking would render all of it. */
function checkDefined(v: Value): void {
  if (isList(v)) v.forEach(checkDefined);
  else if (v instanceof PyDict) for (const [, item] of v.entries()) checkDefined(item);
  else defined(v);
}

/** Source: merge_hash in ansible/utils/vars.py */
function merge(low: Value, high: Value, g: Given): Value {
  const how = str(g.named.get('list_merge') ?? 'replace');
  const lists = Object.hasOwn(LISTS, how) ? LISTS[how] : undefined;
  if (!lists) throw new TemplateError(`list_merge is ${Object.keys(LISTS).join(', ')}, not ${how}`);
  if (!isDict(low) || !isDict(high)) throw new TemplateError(`combine needs dicts, not ${typeName(isDict(low) ? high : low)}`);
  // Of two equal dicts the later one is returned as it stands, with its order of keys.
  if (equals(low, high)) return new PyDict<Value>(high.entries());
  const recursive = truth(g.named.get('recursive') ?? false);
  const out = new PyDict<Value>(low.entries());
  for (const [k, y] of high.entries()) {
    const x = out.get(k);
    if (recursive && x !== undefined && isDict(x) && isDict(y)) out.set(k, merge(x, y, g));
    else out.set(k, isList(x) && isList(y) ? lists(x, y) : y);
  }
  return out;
}
