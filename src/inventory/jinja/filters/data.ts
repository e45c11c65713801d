import { createHash, getHashes } from 'node:crypto';
import { homedir } from 'node:os';
import { posix } from 'node:path';
import { PyDict, PyTuple, pyFloat } from '../../model/python-values.js';
import { floatOf } from '../values/format.js';
import { fromJson, fromYaml, toJson, toYaml } from '../values/json.js';
import { binary } from '../values/operators.js';
import { compare, hashable, hasKey, index, iterate, str, text, toInt, truth } from '../values/python.js';
import {
  defined,
  isDict,
  isFloat,
  isNumber,
  isSequence,
  KeptText,
  NO_ELSE,
  numberOf,
  TemplateError,
  typeName,
  Undefined,
  unkept,
  type Value,
} from '../values/values.js';
import { combine } from './combine.js';
import { type Filter, filter, type Given, passes } from './define.js';

/** An argument, or its default. */
function given(g: Given, name: string, otherwise: Value): Value {
  const value = g.get(name);
  return value === undefined ? otherwise : value;
}

const otherwise = passes(['default_value', 'boolean'], (v, g) =>
  v instanceof Undefined || (g.bool('boolean') && !truth(v)) ? given(g, 'default_value', '') : v,
);

function toBool(given: Value): Value {
  if (given === NO_ELSE) return false;
  const v = defined(given);
  if (v === null || typeof v === 'boolean') return v;
  if (typeof v === 'string') return ['yes', 'on', '1', 'true'].includes(v.toLowerCase());
  return isNumber(v) && numberOf(v) === 1;
}

function round(value: Value, g: Given): Value {
  const [v, precision, method] = [floatOf(value), g.int('precision', 0), g.str('method', 'common')];
  if (v === undefined || typeof value === 'string') throw new TemplateError(`a ${typeName(value)} cannot be rounded`);
  const scale = 10 ** precision;
  if (method === 'ceil') return pyFloat(Math.ceil(v * scale) / scale);
  if (method === 'floor') return pyFloat(Math.floor(v * scale) / scale);
  if (method !== 'common') throw new TemplateError(`round supports common, ceil and floor, not ${method}`);
  // Whole numbers stay what they are.
  if (!isFloat(value) && precision >= 0) return typeof value === 'boolean' ? Number(value) : value;
  const rounded = precision < 0 ? halfToEven(v * scale) / scale : roundedAt(v, precision);
  return isFloat(value) ? pyFloat(rounded) : rounded;
}

function halfToEven(v: number): number {
  const floor = Math.floor(v);
  return v - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(v);
}

/** Python rounds the exact value of a float, and halves to even; `toFixed` is also exact, but rounds halves up. */
function roundedAt(v: number, digits: number): number {
  if (!Number.isFinite(v) || Math.abs(v) >= 1e21 || digits > 75) return v;
  const exact = v.toFixed(100);
  const cut = exact.length - 100 + digits;
  const half = /^50*$/.test(exact.slice(cut));
  const head = exact.slice(0, cut).replace(/\.$/, '');
  return Number(half && /[02468]$/.test(head) ? head : v.toFixed(digits));
}

function itemsToDict(value: Value, g: Given): Value {
  const [k, v] = [g.str('key_name', 'key'), g.str('value_name', 'value')];
  if (!isSequence(value)) throw new TemplateError(`items2dict needs a list, not a ${typeName(value)}`);
  return new PyDict<Value>(
    iterate(value).map((given): [Value, Value] => {
      const i = defined(given);
      if (!isDict(i) || !hasKey(i, k) || !hasKey(i, v)) throw new TemplateError(`items2dict needs dicts with ${k} and ${v}`);
      return [hashable(unkept(i.get(k) ?? null)), i.get(v) ?? null];
    }),
  );
}

function items(value: Value): [Value, Value][] {
  const v = defined(value);
  if (!isDict(v)) throw new TemplateError(`a ${typeName(v)} is not a dict`);
  return Array.from(v.entries(), ([k, x]) => [k, x]);
}

function hash(kind: string, value: Value): string {
  if (!getHashes().includes(kind)) throw new TemplateError(`there is no hash ${kind}`);
  return createHash(kind).update(str(value)).digest('hex');
}

function json(g: Given, indent: number | undefined, sortKeys: boolean): Parameters<typeof toJson>[1] {
  const by = g.get('indent') ?? indent;
  return {
    ...(by === undefined ? {} : { indent: typeof by === 'string' ? by : ' '.repeat(Math.max(0, index(by, 'indent'))) }),
    sortKeys: truth(g.get('sort_keys') ?? sortKeys),
    ascii: truth(g.get('ensure_ascii') ?? true),
  };
}

/** Of texts only. */
function path(apply: (p: string) => Value): Filter {
  return filter([], (v) => apply(text(v, 'the path')));
}

function home(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}

const BYTES: Readonly<Record<string, number>> = { Y: 80, Z: 70, E: 60, P: 50, T: 40, G: 30, M: 20, K: 10, B: 0 };

function humanToBytes(value: Value, g: Given): Value {
  const match = /^([\d.]+)\s*([A-Za-z])?[A-Za-z]*$/.exec(str(value).trim());
  const unit = (match?.[2] ?? g.str('default_unit', 'B').slice(0, 1)).toUpperCase();
  if (!match || !(unit in BYTES)) throw new TemplateError(`${str(value)} is not a size`);
  return Math.round(Number(match[1]) * 2 ** (BYTES[unit] ?? 0));
}

export const DATA_FILTERS: Readonly<Record<string, Filter>> = {
  default: otherwise,
  d: otherwise,
  mandatory: passes(['msg'], (v, g) => {
    if (v instanceof Undefined)
      throw new TemplateError(g.str('msg', v.name === '' ? v.reason : `the mandatory variable ${v.name} is not defined`));
    return v;
  }),
  ternary: passes(['true_val', 'false_val', 'none_val'], (v, g) => {
    const none = g.get('none_val') ?? null;
    if (v === null && none !== null) return none;
    return (truth(v) ? g.get('true_val') : g.get('false_val')) ?? null;
  }),
  bool: filter([], toBool),
  int: filter(['default', 'base'], (v, g) => toInt(v, given(g, 'default', 0), g.int('base', 10))),
  float: filter(['default'], (v, g) => {
    const number = floatOf(v);
    return number === undefined ? given(g, 'default', pyFloat(0)) : pyFloat(number);
  }),
  round: filter(['precision', 'method'], round),
  pow: filter(['y'], (v, g) => pyFloat(numberOrFail(v) ** numberOrFail(g.need('y')))),
  log: filter(['base'], (v, g) => {
    const base = g.get('base');
    return pyFloat(base === undefined ? Math.log(numberOrFail(v)) : Math.log(numberOrFail(v)) / Math.log(numberOrFail(base)));
  }),
  root: filter(['base'], (v, g) => pyFloat(numberOrFail(v) ** (1 / numberOrFail(g.get('base') ?? 2)))),
  type_debug: passes([], (v) => {
    if (v === NO_ELSE) return 'Undefined';
    if (v instanceof Undefined) return 'AnsibleUndefined';
    return v instanceof KeptText ? 'NativeJinjaText' : typeName(v);
  }),
  combine: filter(['...'], combine),
  dict2items: filter(['key_name', 'value_name'], (v, g) =>
    items(v).map(
      ([k, x]) =>
        new PyDict<Value>([
          [g.str('key_name', 'key'), k],
          [g.str('value_name', 'value'), x],
        ]),
    ),
  ),
  items2dict: filter(['key_name', 'value_name'], itemsToDict),
  items: filter([], (v) => (v instanceof Undefined ? [] : items(v).map((p) => PyTuple.make(p)))),
  dictsort: filter(['case_sensitive', 'by', 'reverse'], (v, g) => {
    const at = g.str('by', 'key') === 'value' ? 1 : 0;
    const fold = (x: Value): Value => (typeof x === 'string' && !g.bool('case_sensitive') ? x.toLowerCase() : x);
    const all = items(v).sort((a, b) => compare(fold(a[at]), fold(b[at])));
    return (g.int('reverse', 0) === 0 ? all : all.reverse()).map((p) => PyTuple.make(p));
  }),
  to_json: filter(['...'], (v, g) => toJson(v, json(g, undefined, false))),
  to_nice_json: filter(['indent', 'sort_keys', '...'], (v, g) => toJson(v, json(g, 4, true))),
  tojson: filter(['indent'], (v, g) => toJson(v, json(g, undefined, true))),
  from_json: filter([], (v) => fromJson(text(v, 'the text'))),
  to_yaml: filter(['...'], (v, g) => {
    const flow = g.named.get('default_flow_style') ?? null;
    return toYaml(v, flow === null ? undefined : truth(flow), g.int('indent', 2));
  }),
  to_nice_yaml: filter(['indent', '...'], (v, g) => toYaml(v, false, g.int('indent', 4))),
  from_yaml: filter([], (v) => (typeof v === 'string' ? fromYaml(v) : v)),
  b64encode: filter(['encoding'], (v) => Buffer.from(str(v)).toString('base64')),
  b64decode: filter(['encoding'], (v) => Buffer.from(str(v), 'base64').toString()),
  hash: filter(['hashtype'], (v, g) => hash(g.str('hashtype', 'sha1'), v)),
  md5: filter([], (v) => hash('md5', v)),
  sha1: filter([], (v) => hash('sha1', v)),
  checksum: filter([], (v) => hash('sha1', v)),
  basename: path((p) => p.slice(p.lastIndexOf('/') + 1)),
  dirname: path((p) => {
    const head = p.slice(0, p.lastIndexOf('/') + 1);
    return /^\/+$/.test(head) ? head : head.replace(/\/+$/, '');
  }),
  expanduser: path(home),
  realpath: path((p) => posix.resolve(p)),
  relpath: filter(['start'], (v, g) => posix.relative(g.str('start', '.'), text(v, 'the path')) || '.'),
  splitext: path((p) => {
    const dot = /(?<=[^/.][^/]*)\.[^./]*$/.exec(p);
    return PyTuple.make(dot ? [p.slice(0, dot.index), dot[0]] : [p, '']);
  }),
  path_join: filter([], (v) => {
    const parts = (isSequence(v) ? v : [v]).map((p) => text(p, 'a part of the path'));
    return parts.reduce((path, p) => (p.startsWith('/') || path === '' ? p : path.endsWith('/') ? path + p : `${path}/${p}`), '');
  }),
  human_to_bytes: filter(['default_unit'], humanToBytes),
  safe: filter([], str),
};

function numberOrFail(v: Value): number {
  const n = floatOf(binary('+', v, 0));
  if (n === undefined) throw new TemplateError(`a ${typeName(v)} is not a number`);
  return n;
}
