import { holds } from '../evaluate/evaluate.js';
import { binary } from '../values/operators.js';
import { iterate, requireDefined, str, text, truth } from '../values/python.js';
import { Callable, defined, isDict, isFloat, isNumber, isSequence, NO_ELSE, Undefined, type Value } from '../values/values.js';
import { type Filter, filter } from './define.js';
import { ipQuery } from './ipaddr.js';
import { pattern } from './regex.js';
import { within } from './sets.js';
import { versionHolds } from './version.js';

const version = filter(['version', 'operator', 'strict', 'version_type'], (v, g) => {
  const type = g.bool('strict') ? 'strict' : g.str('version_type', 'loose');
  return versionHolds(v, g.need('version'), g.str('operator', 'eq'), type);
});

const order = (op: string): Filter => filter(['other'], (v, g) => holds(op, v, g.raw('other')));

/** `match` from the beginning, `search` anywhere. */
const regex = (anchored: boolean): Filter =>
  filter(['pattern', 'ignorecase', 'multiline', 'match_type'], (v, g) => {
    const r = pattern(text(g.get('pattern') ?? '', 'pattern'), {
      ignorecase: g.bool('ignorecase'),
      multiline: g.bool('multiline'),
    });
    const found = r.exec(str(v));
    const fromStart = anchored || g.str('match_type', 'search') === 'match';
    return fromStart ? new RegExp(r, `${r.flags}y`).test(str(v)) : found !== null;
  });

const truthy = (v: Value, convert: boolean): boolean => {
  // Ansible looks it up in a set of words.
  if (convert) requireDefined(v);
  const word = typeof v === 'string' ? v.toLowerCase() : v;
  if (convert && typeof word === 'string') {
    if (['y', 'yes', 'on', '1', 'true', 't'].includes(word)) return true;
    if (['n', 'no', 'off', '0', 'false', 'f'].includes(word)) return false;
  }
  return truth(v);
};

const ip = (query: string, v: 4 | 6 | undefined): Filter =>
  filter([], (value) => {
    const found = ipQuery(value, query, v);
    return found !== false && found !== null;
  });

/** Tests behind `is`. Type tests also accept undefined values. They are defined like filters and return a boolean. */
export const TESTS: Readonly<Record<string, Filter>> = {
  defined: filter([], (v) => !(v instanceof Undefined)),
  undefined: filter([], (v) => v instanceof Undefined),
  none: filter([], (v) => v === null),
  boolean: filter([], (v) => typeof v === 'boolean'),
  true: filter([], (v) => v === true),
  false: filter([], (v) => v === false),
  string: filter([], (v) => typeof v === 'string'),
  number: filter([], (v) => isNumber(v) || typeof v === 'boolean'),
  integer: filter([], (v) => isNumber(v) && !isFloat(v)),
  float: filter([], (v) => isFloat(v)),
  mapping: filter([], (v) => isDict(v)),
  iterable: filter([], (v) => v === NO_ELSE || typeof defined(v) === 'string' || Array.isArray(v) || isDict(v)),
  sequence: filter([], (v) => v === NO_ELSE || typeof v === 'string' || isSequence(v) || isDict(v)),
  // Ansible's undefined values have all methods.
  callable: filter([], (v) => v instanceof Callable || v instanceof Undefined),
  sameas: filter(['other'], (v, g) => v === g.raw('other')),
  lower: filter([], (v) => str(v) !== str(v).toUpperCase() && str(v) === str(v).toLowerCase()),
  upper: filter([], (v) => str(v) !== str(v).toLowerCase() && str(v) === str(v).toUpperCase()),
  even: filter([], (v) => holds('==', binary('%', v, 2), 0)),
  odd: filter([], (v) => holds('==', binary('%', v, 2), 1)),
  divisibleby: filter(['num'], (v, g) => holds('==', binary('%', v, g.need('num')), 0)),
  in: filter(['seq'], (v, g) => holds('in', v, g.raw('seq'))),
  eq: order('=='),
  equalto: order('=='),
  '==': order('=='),
  ne: order('!='),
  '!=': order('!='),
  lt: order('<'),
  lessthan: order('<'),
  '<': order('<'),
  le: order('<='),
  '<=': order('<='),
  gt: order('>'),
  greaterthan: order('>'),
  '>': order('>'),
  ge: order('>='),
  '>=': order('>='),
  match: regex(true),
  search: regex(false),
  regex: regex(false),
  version,
  version_compare: version,
  truthy: filter(['convert_bool'], (v, g) => truthy(v, g.bool('convert_bool'))),
  falsy: filter(['convert_bool'], (v, g) => !truthy(v, g.bool('convert_bool'))),
  subset: filter(['b'], (v, g) => within(v, g.raw('b'))),
  issubset: filter(['b'], (v, g) => within(v, g.raw('b'))),
  superset: filter(['b'], (v, g) => within(g.raw('b'), v)),
  issuperset: filter(['b'], (v, g) => within(g.raw('b'), v)),
  contains: filter(['other'], (v, g) => holds('in', g.raw('other'), v)),
  any: filter([], (v) => iterate(v).some(truth)),
  all: filter([], (v) => iterate(v).every(truth)),
  abs: filter([], (v) => text(v, 'the path').startsWith('/')),
  ip: ip('', undefined),
  ip_address: ip('', undefined),
  ipv4: ip('', 4),
  ipv4_address: ip('', 4),
  ipv6: ip('', 6),
  ipv6_address: ip('', 6),
};
