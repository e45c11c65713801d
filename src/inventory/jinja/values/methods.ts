import { type Dict, PyDict, PyTuple } from '../../model/python-values.js';
import { formatBraces } from './format.js';
import { compare, hashable, index, iterate, pairs, same, str, text } from './python.js';
import { type Arguments, Callable, DictView, defined, isDict, isSequence, TemplateError, unkept, type Value } from './values.js';

type Method = (args: readonly Value[], all: Arguments) => Value;

/** A Python method that templates call on a value; undefined: there is none of that name. */
export function methodOf(value: Value, name: string): Callable | undefined {
  const v = defined(value);
  const methods = typeof v === 'string' ? stringMethods(v) : isSequence(v) ? listMethods(v) : isDict(v) ? dictMethods(v) : {};
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method && new Callable(name, (args) => method(args.positional, args));
}

/** Characters to strip; without an argument whitespace. */
function stripper(chars: Value | undefined): (c: string) => boolean {
  if (chars === undefined || chars === null) return (c) => /\s/.test(c);
  const set = new Set(text(chars, 'the characters to strip'));
  return (c) => set.has(c);
}

export function strip(s: string, chars: Value | undefined, left: boolean, right: boolean): string {
  const drop = stripper(chars);
  const all = [...s];
  let [from, to] = [0, all.length];
  while (left && from < to && drop(all[from] ?? '')) from++;
  while (right && to > from && drop(all[to - 1] ?? '')) to--;
  return all.slice(from, to).join('');
}

/** `str.split`: without a separator at any whitespace. */
export function split(s: string, separator: Value | undefined, most: number): string[] {
  if (separator === undefined || separator === null) {
    const out: string[] = [];
    let rest = s.trimStart();
    while (rest !== '') {
      if (most >= 0 && out.length >= most) return [...out, rest];
      const word = /^\S+/.exec(rest)?.[0] ?? rest;
      out.push(word);
      rest = rest.slice(word.length).trimStart();
    }
    return out;
  }
  const at = text(separator, 'the separator');
  if (at === '') throw new TemplateError('the separator of split is empty');
  const parts = s.split(at);
  return most < 0 || parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(at)];
}

function rsplit(s: string, separator: Value | undefined, most: number): string[] {
  if (separator === undefined || separator === null) {
    const words = split(s, null, -1);
    if (most < 0 || words.length <= most + 1) return words;
    const tail = words.slice(words.length - most);
    let head = s.trimEnd();
    for (const word of [...tail].reverse()) head = head.slice(0, head.length - word.length).trimEnd();
    return [head, ...tail];
  }
  const at = text(separator, 'the separator');
  const parts = split(s, at, -1);
  if (most < 0 || parts.length <= most + 1) return parts;
  return [parts.slice(0, parts.length - most).join(at), ...parts.slice(parts.length - most)];
}

function stringMethods(s: string): Record<string, Method> {
  const limit = (v: Value | undefined): number => (v === undefined ? -1 : index(v, 'the number of splits'));
  const affix = (given: Value | undefined, test: (part: string) => boolean): boolean => {
    const v = given ?? null;
    return Array.isArray(v) ? v.some((p) => test(text(p, 'the affix'))) : test(text(v, 'the affix'));
  };
  const where = (found: number): number => (found < 0 ? -1 : [...s.slice(0, found)].length);
  const pad = (width: Value | undefined, fill: Value | undefined): string => {
    const missing = index(width ?? null, 'the width') - [...s].length;
    return missing > 0 ? (fill === undefined ? ' ' : text(fill, 'the fill')).repeat(missing) : '';
  };
  const all = (pattern: RegExp): boolean => pattern.test(s);
  return {
    split: ([sep, n], { named }) => split(s, sep ?? named.get('sep'), limit(n ?? named.get('maxsplit'))),
    rsplit: ([sep, n], { named }) => rsplit(s, sep ?? named.get('sep'), limit(n ?? named.get('maxsplit'))),
    splitlines: () =>
      s
        .replace(/(\r\n|\r|\n)$/, '')
        .split(/\r\n|\r|\n/)
        .filter((_, i, l) => !(l.length === 1 && s === '') || i < 0),
    strip: ([chars]) => strip(s, chars, true, true),
    lstrip: ([chars]) => strip(s, chars, true, false),
    rstrip: ([chars]) => strip(s, chars, false, true),
    startswith: ([part]) => affix(part, (p) => s.startsWith(p)),
    endswith: ([part]) => affix(part, (p) => s.endsWith(p)),
    removeprefix: ([part]) => (s.startsWith(text(part ?? null, 'the prefix')) ? s.slice(str(part ?? null).length) : s),
    removesuffix: ([part]) => {
      const p = text(part ?? null, 'the suffix');
      return p !== '' && s.endsWith(p) ? s.slice(0, -p.length) : s;
    },
    lower: () => s.toLowerCase(),
    upper: () => s.toUpperCase(),
    casefold: () => s.toLowerCase(),
    swapcase: () => [...s].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join(''),
    capitalize: () => capitalize(s),
    title: () => s.replaceAll(/\p{L}+/gu, capitalize),
    replace: ([from, to, n]) => replace(s, text(from ?? null, 'the text'), text(to ?? null, 'the replacement'), limit(n)),
    find: ([part]) => where(s.indexOf(text(part ?? null, 'the text'))),
    rfind: ([part]) => where(s.lastIndexOf(text(part ?? null, 'the text'))),
    index: ([part]) => {
      const at = where(s.indexOf(text(part ?? null, 'the text')));
      if (at < 0) throw new TemplateError('the text to look for is not there');
      return at;
    },
    count: ([part]) => {
      const p = text(part ?? null, 'the text');
      return p === '' ? [...s].length + 1 : s.split(p).length - 1;
    },
    join: ([items]) =>
      iterate(items ?? null)
        .map((v) => text(v, 'an item to join'))
        .join(s),
    format: (_, args) => formatBraces(s, args),
    isdigit: () => all(/^\p{Nd}+$/u),
    isdecimal: () => all(/^\p{Nd}+$/u),
    isnumeric: () => all(/^\p{N}+$/u),
    isalpha: () => all(/^\p{L}+$/u),
    isalnum: () => all(/^[\p{L}\p{N}]+$/u),
    isspace: () => all(/^\s+$/),
    islower: () => s !== s.toUpperCase() && s === s.toLowerCase(),
    isupper: () => s !== s.toLowerCase() && s === s.toUpperCase(),
    zfill: ([width]) => s.replace(/^([-+]?)/, `$1${'0'.repeat(Math.max(0, index(width ?? null, 'the width') - [...s].length))}`),
    ljust: ([width, fill]) => s + pad(width, fill),
    rjust: ([width, fill]) => pad(width, fill) + s,
    partition: ([sep]) => cut(s, text(sep ?? null, 'the separator'), s.indexOf(str(sep ?? null)), false),
    rpartition: ([sep]) => cut(s, text(sep ?? null, 'the separator'), s.lastIndexOf(str(sep ?? null)), true),
  };
}

function cut(s: string, at: string, found: number, fromRight: boolean): Value {
  if (found < 0) return PyTuple.make(fromRight ? ['', '', s] : [s, '', '']);
  return PyTuple.make([s.slice(0, found), at, s.slice(found + at.length)]);
}

export function capitalize(s: string): string {
  const [first = '', ...rest] = [...s];
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export function replace(s: string, from: string, to: string, most: number): string {
  if (most < 0) return s.split(from).join(to);
  const parts = split(s, from, most);
  return parts.join(to);
}

/** Methods that change their list return None. */
function done(_changed: unknown): null {
  return null;
}

function listMethods(list: Value[]): Record<string, Method> {
  const find = (item: Value): number => list.findIndex((v) => same(v, item));
  const changes: Record<string, Method> =
    list instanceof PyTuple
      ? {}
      : {
          append: ([item]) => done(list.push(item ?? null)),
          extend: ([items]) => done(list.push(...iterate(items ?? null))),
          insert: ([at, item]) => done(list.splice(index(at ?? null, 'the position'), 0, item ?? null)),
          pop: ([at]) => {
            if (list.length === 0) throw new TemplateError('pop from an empty list');
            return list.splice(at === undefined ? -1 : index(at, 'the position'), 1)[0] ?? null;
          },
          remove: ([item]) => {
            const at = find(item ?? null);
            if (at < 0) throw new TemplateError('the item to remove is not in the list');
            list.splice(at, 1);
            return null;
          },
          reverse: () => done(list.reverse()),
          sort: () => done(list.sort(compare)),
          copy: () => [...list],
        };
  return {
    ...changes,
    count: ([item]) => list.filter((v) => same(v, item ?? null)).length,
    index: ([item]) => {
      const at = find(item ?? null);
      if (at < 0) throw new TemplateError('the item to look for is not in the list');
      return at;
    },
  };
}

function keyOf(given: Value | undefined): Value {
  return hashable(unkept(given ?? null));
}

function dictMethods(dict: Dict<Value>): Record<string, Method> {
  const get = (key: Value): Value | undefined => dict.get(key);
  const keys = (): Value[] => [...dict.keys()];
  const changes: Record<string, Method> =
    dict instanceof PyDict
      ? {
          update: ([other], { named }) => {
            for (const [k, v] of other === undefined ? [] : pairs(other)) dict.set(k, v);
            for (const [k, v] of named) dict.set(k, v);
            return null;
          },
          setdefault: ([key, value]) => {
            const k = keyOf(key);
            if (!dict.has(k)) dict.set(k, value ?? null);
            return dict.get(k) ?? null;
          },
          pop: ([key, otherwise]) => {
            const k = keyOf(key);
            const there = dict.get(k);
            const value = there === undefined ? otherwise : there;
            if (value === undefined) throw new TemplateError(`there is no key ${str(k)} to pop`);
            dict.delete(k);
            return value;
          },
          copy: () => new PyDict<Value>(dict.entries()),
        }
      : {};
  return {
    ...changes,
    keys: () => DictView.make('dict_keys', keys()),
    values: () =>
      DictView.make(
        'dict_values',
        keys().map((k) => get(k) ?? null),
      ),
    items: () =>
      DictView.make(
        'dict_items',
        keys().map((k) => PyTuple.make([k, get(k) ?? null])),
      ),
    get: ([key, otherwise]) => {
      const k = keyOf(key);
      return (dict.has(k) ? get(k) : otherwise) ?? null;
    },
  };
}
