import { PyTuple } from '../../model/python-values.js';
import { holds, item } from '../evaluate/evaluate.js';
import { binary, LARGEST } from '../values/operators.js';
import { comparable, compare, hasKey, index, iterate, same, str, text, truth } from '../values/python.js';
import {
  defined,
  isDict,
  isList,
  isSequence,
  NO_ELSE,
  TemplateError,
  typeName,
  Undefined,
  unkept,
  type Value,
} from '../values/values.js';

import { attributeOf } from './attributes.js';
import { type Filter, filter, type Given } from './define.js';
import { unique } from './sets.js';

/** The key by which a list is sorted, compared or counted: an attribute (several with commas), case or not. */
function by(given: Given, value: Value): Value {
  const path = given.get('attribute');
  if (path === undefined || path === null) return folded(given, value);
  if (typeof path === 'string' && path.includes(',')) return path.split(',').map((p) => folded(given, attributeOf(value, p)));
  return folded(given, attributeOf(value, path));
}

function folded(given: Given, item: Value): Value {
  const v = unkept(item);
  return typeof v === 'string' && !given.bool('case_sensitive') ? v.toLowerCase() : v;
}

/** Jinja compares lists of keys, so that keys that are equal need no order. */
function sort(value: Value, g: Given): Value {
  const items = iterate(value).map((v) => ({ v, k: by(g, v) }));
  const sign = g.int('reverse', 0) === 0 ? 1 : -1;
  return items.sort((a, b) => sign * compare([a.k], [b.k])).map((i) => i.v);
}

function extreme(sign: number): Filter {
  return filter(['case_sensitive', 'attribute'], (value, g) => {
    const [first, ...rest] = iterate(value).map((v) => ({ v, k: by(g, v) }));
    if (first === undefined) return new Undefined('', 'the list is empty');
    return rest.reduce((best, i) => (sign * compare(i.k, best.k) > 0 ? i : best), first).v;
  });
}

export function flatten(items: readonly Value[], levels: number, skipNulls: boolean): Value[] {
  return items.flatMap((given) => {
    const v = comparable(given);
    if (skipNulls && (v === null || v === 'None' || v === 'null')) return [];
    return isSequence(v) && levels > 0 ? flatten(v, levels - 1, skipNulls) : [v];
  });
}

function product(lists: readonly Value[][]): Value[] {
  let out: Value[][] = [[]];
  for (const list of lists) {
    if (out.length * list.length > LARGEST) throw new TemplateError('the product is too large');
    out = out.flatMap((head) => list.map((v) => [...head, v]));
  }
  return out.map((t) => PyTuple.make(t));
}

function combinations(items: readonly Value[], n: number, from = 0): Value[][] {
  if (n === 0) return [[]];
  const out: Value[][] = [];
  for (let i = from; i <= items.length - n; i++)
    for (const tail of combinations(items, n - 1, i + 1)) out.push([items[i] ?? null, ...tail]);
  return out;
}

/** `map('filter', …)` or `map(attribute='a.b', default=…)`. */
function map(value: Value, g: Given): Value {
  if (!truth(value)) return [];
  const path = g.named.get('attribute');
  if (g.rest.length === 0 && path !== undefined) {
    return iterate(value).map((v) => attributeOf(v, path, g.named.get('default') ?? null));
  }
  const [name, ...positional] = g.rest;
  if (name === undefined) throw new TemplateError('map needs a filter or an attribute');
  const filterName = text(name, 'the filter of map');
  return iterate(value).map((v) => g.context.filter(filterName, v, { positional, named: g.named }, g.context));
}

function select(keep: boolean, withAttribute: boolean): Filter {
  return filter(['...'], (value, g) => {
    const [path, rest] = withAttribute ? [g.rest[0], g.rest.slice(1)] : [undefined, g.rest];
    if (withAttribute && path === undefined) throw new TemplateError('the name of the attribute is missing');
    const [test, ...positional] = rest;
    if (!truth(value)) return [];
    return iterate(value).filter((v) => {
      const tested = path === undefined ? v : attributeOf(v, path);
      const holds =
        test === undefined
          ? truth(tested)
          : g.context.test(text(test, 'the test'), tested, { positional, named: g.named }, g.context);
      return holds === keep;
    });
  });
}

/** Groups differ in case only with `case_sensitive`; the key of a group is that of its first item. */
function groupBy(value: Value, g: Given): Value {
  const key = (v: Value): Value => attributeOf(v, g.need('attribute'), g.get('default') ?? null);
  const sorted = iterate(value)
    .map((v) => ({ v, k: folded(g, key(v)) }))
    .sort((a, b) => compare(a.k, b.k));
  const out: { k: Value; items: Value[] }[] = [];
  for (const { v, k } of sorted) {
    const last = out.at(-1);
    if (last && same(last.k, k)) last.items.push(v);
    else out.push({ k, items: [v] });
  }
  return out.map((o) => PyTuple.make([key(o.items[0] ?? null), o.items]));
}

function batch(value: Value, g: Given): Value {
  const [size, items] = [g.int('linecount', 1), iterate(value)];
  const out: Value[][] = [];
  for (let i = 0; i < items.length; i += Math.max(1, size)) out.push(items.slice(i, i + Math.max(1, size)));
  const fill = g.get('fill_with');
  const last = out.at(-1);
  if (fill !== undefined && fill !== null && last) while (last.length < size) last.push(fill);
  return out;
}

function length(value: Value): number {
  if (value === NO_ELSE) return 0;
  const v = defined(value);
  if (typeof v === 'string') return [...v].length;
  if (isDict(v)) return v.size;
  if (Array.isArray(v)) return v.length;
  throw new TemplateError(`a ${typeName(v)} has no length`);
}

function itemOr(there: Value | undefined): Value {
  return there === undefined ? new Undefined('', 'the list is empty') : there;
}

/** Every item with each of what a path in it leads to, which must be a list. */
function subelements(given: Value, g: Given): Value {
  const [v, wanted] = [defined(given), g.need('subelements')];
  const path: Value[] = isList(wanted) ? wanted : text(wanted, 'subelements').split('.');
  if (!isDict(v) && !isList(v)) throw new TemplateError(`subelements needs a list or a dict, not a ${typeName(v)}`);
  const items = isDict(v) ? [...v.keys()].map((k) => v.get(k) ?? null) : v;
  return items.flatMap((i) => {
    let at = i;
    for (const k of path) {
      if (isDict(at) && !hasKey(at, k) && g.bool('skip_missing')) return [];
      at = item(at, k);
    }
    const found = defined(at);
    if (!isList(found)) throw new TemplateError(`${path.map(str).join('.')} is a ${typeName(found)}, not a list`);
    return found.map((f) => PyTuple.make([i, f]));
  });
}

function zip(value: Value, g: Given, longest: boolean): Value {
  const lists = [iterate(value), ...g.rest.map(iterate)];
  const size = longest ? Math.max(...lists.map((l) => l.length)) : Math.min(...lists.map((l) => l.length));
  const fill = g.named.get('fillvalue') ?? null;
  return Array.from({ length: size }, (_, i) => PyTuple.make(lists.map((l) => (i < l.length ? (l[i] ?? null) : fill))));
}

export const LIST_FILTERS: Readonly<Record<string, Filter>> = {
  length: filter([], length),
  count: filter([], length),
  first: filter([], (v) => itemOr(iterate(v)[0])),
  last: filter([], (v) => itemOr(iterate(v).at(-1))),
  list: filter([], (v) => [...iterate(v)]),
  reverse: filter([], (v) => (typeof v === 'string' ? [...v].reverse().join('') : [...iterate(v)].reverse())),
  sort: filter(['reverse', 'case_sensitive', 'attribute'], sort),
  min: extreme(-1),
  max: extreme(1),
  sum: filter(['attribute', 'start'], (v, g) => {
    const path = g.get('attribute');
    const items = path === undefined || path === null ? iterate(v) : iterate(v).map((i) => attributeOf(i, path));
    return items.reduce((sum, i) => binary('+', sum, i), g.get('start') ?? 0);
  }),
  unique: filter(['case_sensitive', 'attribute'], (v, g) => {
    const path = g.get('attribute');
    const only = g.get('case_sensitive') === false || (path !== undefined && truth(path));
    return unique(iterate(v), (i) => by(g, i), only);
  }),
  flatten: filter(['levels', 'skip_nulls'], (v, g) => flatten(iterate(v), g.int('levels', LARGEST), g.bool('skip_nulls', true))),
  map: filter(['...'], map),
  select: select(true, false),
  reject: select(false, false),
  selectattr: select(true, true),
  rejectattr: select(false, true),
  groupby: filter(['attribute', 'default', 'case_sensitive'], groupBy),
  batch: filter(['linecount', 'fill_with'], batch),
  slice: filter(['slices'], (v, g) => {
    const [items, n] = [iterate(v), g.int('slices', 1)];
    const [each, more] = [Math.floor(items.length / n), items.length % n];
    return Array.from({ length: n }, (_, i) => items.slice(i * each + Math.min(i, more), (i + 1) * each + Math.min(i + 1, more)));
  }),
  zip: filter(['...'], (v, g) => zip(v, g, false)),
  zip_longest: filter(['...'], (v, g) => zip(v, g, true)),
  product: filter(['...'], (v, g) => {
    const lists = [iterate(v), ...g.rest.map(iterate)];
    return product(Array.from({ length: index(g.named.get('repeat') ?? 1, 'repeat') }, () => lists).flat());
  }),
  combinations: filter(['n'], (v, g) => combinations(iterate(v), g.int('n', 2)).map((c) => PyTuple.make(c))),
  extract: filter(['container', 'morekeys'], (v, g) => {
    const more = g.get('morekeys');
    const keys = [v, ...(more === undefined || more === null ? [] : isList(more) ? more : [more])];
    return keys.reduce((at, k) => item(at, k), g.raw('container'));
  }),
  abs: filter([], (v) => (holds('<', v, 0) ? binary('-', 0, v) : binary('+', v, 0))),
  subelements: filter(['subelements', 'skip_missing'], subelements),
};
