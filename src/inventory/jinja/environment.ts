import { nearestName } from '../../base/nearest.js';
import { PyDict } from '../model/python-values.js';
import type { Context } from './evaluate/evaluate.js';
import { DATA_FILTERS } from './filters/data.js';
import type { Filter } from './filters/define.js';
import { IP_FILTERS } from './filters/ipaddr.js';
import { LIST_FILTERS } from './filters/lists.js';
import { SET_FILTERS } from './filters/sets.js';
import { TESTS } from './filters/tests.js';
import { TEXT_FILTERS } from './filters/text.js';
import { type LookupOptions, lookup } from './lookups.js';
import { LARGEST } from './values/operators.js';
import { index, pairs } from './values/python.js';
import {
  type Arguments,
  Callable,
  DictView,
  KeptText,
  Namespace,
  TemplateError,
  UndefinedError,
  type Value,
} from './values/values.js';

const FILTERS: ReadonlyMap<string, Filter> = new Map(
  Object.entries({ ...TEXT_FILTERS, ...LIST_FILTERS, ...SET_FILTERS, ...DATA_FILTERS, ...IP_FILTERS }),
);
const TEST_MAP: ReadonlyMap<string, Filter> = new Map(Object.entries(TESTS));

/** Collections whose filters are known here by their short names. */
const COLLECTION = /^(ansible\.builtin|ansible\.utils|ansible\.netcommon|ansible\.legacy)\./;

/** Filters whose result stays text even when it looks like a list. Source: Ansible's setting STRING_TYPE_FILTERS */
const KEEP_TEXT = new Set(['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml', 'ppretty', 'json']);

/** Ansible has these; they are left out on purpose. */
const REFUSED: Readonly<Record<string, string>> = {
  password_hash: 'it gives a different value each time, so every run would change the hosts',
  vault: 'values are encrypted with ansible-vault',
  unvault: 'encrypted values are decrypted automatically',
  random: 'it gives a different value each time, so every run would change the hosts',
  shuffle: 'it gives a different value each time, so every run would change the hosts',
  fileglob: 'local files are read only with lookup',
};

/** The rest of Ansible's own filters, and those of collections that kubespray uses. */
const OTHERS = new Set(
  'commonpath expandvars fact_diff from_yaml_all human_readable json_query normpath permutations pprint rekey_on_member striptags strftime to_datetime to_uuid urldecode urlize urlsplit win_basename win_dirname win_splitdrive x509_certificate_info xmlattr'.split(
    ' ',
  ),
);

/** Everything that a template may use, around the variables of one host. */
export function makeContext(o: LookupOptions): Context {
  const globals = globalFunctions(o);
  return {
    variable: (name) => {
      const value = o.variable(name);
      return value === undefined ? globals.get(name) : value;
    },
    filter: (name, value, args, context) => {
      const out = named('filter', name, FILTERS, (f) => f(value, args, context));
      // A filter never returns dict.items() and the like.
      if (out instanceof DictView) return [...out];
      return typeof out === 'string' && KEEP_TEXT.has(name) ? new KeptText(out) : out;
    },
    test: (name, value, args, context) => named('test', name, TEST_MAP, (f) => f(value, args, context)) === true,
  };
}

/** Its message names the filter. */
class FilterError extends TemplateError {}

function named(kind: string, name: string, all: ReadonlyMap<string, Filter>, apply: (f: Filter) => Value): Value {
  const short = name.replace(COLLECTION, '');
  const found = all.get(short);
  if (!found) {
    const refused = kind === 'filter' ? REFUSED[short] : undefined;
    if (refused !== undefined) throw new FilterError(`the filter ${name} is not supported: ${refused}`);
    if (kind === 'filter' && OTHERS.has(name.replace(/^.*\./, ''))) throw new FilterError(`the filter ${name} is not supported`);
    const near = nearestName(short, [...all.keys()]);
    throw new TemplateError(`there is no ${kind} ${name}${near ? `; did you mean ${near}?` : ''}`);
  }
  try {
    return apply(found);
  } catch (error) {
    if (!(error instanceof TemplateError) || error instanceof UndefinedError || error instanceof FilterError) throw error;
    throw new (kind === 'filter' ? FilterError : TemplateError)(`the ${kind} ${name}: ${error.message}`);
  }
}

function globalFunctions(o: LookupOptions): ReadonlyMap<string, Callable> {
  const make = (name: string, call: (a: Arguments) => Value): [string, Callable] => [name, new Callable(name, call)];
  return new Map([
    make('range', range),
    make('dict', ({ positional: [first], named }) => new PyDict<Value>([...(first === undefined ? [] : pairs(first)), ...named])),
    make('namespace', (a) => {
      const space = new Namespace();
      for (const [k, v] of a.named) space.values.set(k, v);
      return space;
    }),
    make('lookup', (a) => lookup(a, o, false)),
    make('query', (a) => lookup(a, o, true)),
    make('q', (a) => lookup(a, o, true)),
  ]);
}

function range(a: Arguments): Value {
  const [x, y, z] = a.positional.map((v) => index(v, 'an argument of range'));
  const [start, stop] = y === undefined ? [0, x ?? 0] : [x ?? 0, y];
  const step = z ?? 1;
  if (step === 0) throw new TemplateError('the step of range cannot be zero');
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > LARGEST) throw new TemplateError(`range with more than ${LARGEST} numbers`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}
