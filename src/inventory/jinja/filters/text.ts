import { PyDict, PyTuple } from '../../model/python-values.js';
import { formatPercent, joined } from '../values/format.js';
import { capitalize, replace, split, strip } from '../values/methods.js';
import { comparable, index, iterate, str, text } from '../values/python.js';
import { isDict, NO_ELSE, TemplateError, type Value } from '../values/values.js';
import { attributeOf } from './attributes.js';
import { type Filter, filter, type Given } from './define.js';
import { pattern, substitute } from './regex.js';

const flags = ['multiline', 'ignorecase'];

function regex(given: Given, source: string): RegExp {
  return pattern(source, { ignorecase: given.bool('ignorecase'), multiline: given.bool('multiline') });
}

/** `regex_search` with groups: `'\\1'`, `'\\g<name>'`. */
function search(value: Value, given: Given): Value {
  const match = regex(given, given.text('regex')).exec(str(value));
  const wanted = given.rest.map((v) => text(v, 'a group'));
  if (!match) return null;
  if (wanted.length === 0) return match[0];
  return wanted.map((w) => {
    const name = /^\\g<(\S+)>$/.exec(w)?.[1];
    const number = /^\\(\d+)$/.exec(w)?.[1] ?? (name !== undefined && /^\d+$/.test(name) ? name : undefined);
    if (name === undefined && number === undefined) throw new TemplateError(`${w} is not a group`);
    const found = number !== undefined ? match[Number(number)] : match.groups?.[name ?? ''];
    if (found === undefined && number !== undefined && Number(number) >= match.length)
      throw new TemplateError(`there is no group ${w}`);
    return found ?? null;
  });
}

function findAll(value: Value, given: Given): Value {
  const all = [...str(value).matchAll(new RegExp(regex(given, given.text('regex')), 'gu'))];
  return all.map(
    (m): Value => (m.length === 1 ? m[0] : m.length === 2 ? (m[1] ?? '') : PyTuple.make(m.slice(1).map((g) => g ?? ''))),
  );
}

/** Shell words: unchanged if harmless, else in single quotes. Source: Python's shlex.quote */
function quote(s: string): string {
  if (s === '') return "''";
  return /^[\w@%+=:,./-]+$/.test(s) && !/[^\x20-\x7e]/.test(s) ? s : `'${s.replaceAll("'", `'"'"'`)}'`;
}

function indent(value: Value, given: Given): Value {
  const width = given.get('width') ?? 4;
  const by = typeof width === 'string' ? width : ' '.repeat(index(width, 'width'));
  const [first = '', ...rest] = text(value, 'the text').split('\n');
  const lines = rest.map((l) => (l === '' && !given.bool('blank') ? l : by + l));
  return [given.bool('first') ? by + first : first, ...lines].join('\n');
}

function wordwrap(value: Value, given: Given): Value {
  const width = given.int('width', 79);
  return text(value, 'the text')
    .split('\n')
    .map((line) => {
      const out: string[] = [];
      for (const word of line.split(' ')) {
        const last = out.at(-1);
        if (last !== undefined && last.length + 1 + word.length <= width) out[out.length - 1] = `${last} ${word}`;
        else out.push(word);
      }
      return out.join('\n');
    })
    .join('\n');
}

function truncate(value: Value, given: Given): Value {
  const [s, length, end] = [str(value), given.int('length', 255), given.str('end', '...')];
  if (s.length <= length + given.int('leeway', 5)) return s;
  const head = s.slice(0, length - end.length);
  return (given.bool('killwords') ? head : head.includes(' ') ? head.slice(0, head.lastIndexOf(' ')) : head) + end;
}

function commented(value: Value, given: Given): Value {
  const style = given.str('style', 'plain');
  const mark = ({ plain: '# ', erlang: '% ', c: '// ' } as Readonly<Record<string, string>>)[style];
  if (mark === undefined) throw new TemplateError(`the style ${style} of comment is not supported`);
  const lines = text(value, 'the text')
    .split('\n')
    .map((l) => (mark + l).trimEnd());
  return [mark.trimEnd(), ...lines, mark.trimEnd()].join('\n');
}

export const TEXT_FILTERS: Readonly<Record<string, Filter>> = {
  lower: filter([], (v) => str(v).toLowerCase()),
  upper: filter([], (v) => str(v).toUpperCase()),
  capitalize: filter([], (v) => capitalize(str(v))),
  title: filter([], (v) => str(v).replaceAll(/[^\s({[<-]+/g, capitalize)),
  trim: filter(['chars'], (v, g) => strip(str(v), g.get('chars'), true, true)),
  string: filter([], (v) => str(v)),
  replace: filter(['old', 'new', 'count'], (v, g) => replace(str(v), str(g.raw('old')), str(g.raw('new')), g.int('count', -1))),
  split: filter(['sep', 'maxsplit'], (v, g) => split(text(v, 'the text'), g.get('sep'), g.int('maxsplit', -1))),
  join: filter(['d', 'attribute'], (v, g) => {
    const by = g.get('attribute');
    return joined(by === undefined || by === null ? v : iterate(v).map((i) => attributeOf(i, by)), g.str('d', ''));
  }),
  format: filter(['...'], (v, g) => {
    const named = new PyDict<Value>(g.named);
    return g.named.size > 0 ? str(formatWith(v, named)) : str(formatWith(v, PyTuple.make(g.rest)));
  }),
  wordcount: filter([], (v) => [...str(v).matchAll(/[\p{L}\p{N}_]+/gu)].length),
  indent: filter(['width', 'first', 'blank'], indent),
  wordwrap: filter(['width'], wordwrap),
  truncate: filter(['length', 'killwords', 'end', 'leeway'], truncate),
  center: filter(['width'], (v, g) => {
    const s = str(v);
    const missing = Math.max(0, g.int('width', 80) - s.length);
    const left = Math.floor(missing / 2) + (missing % 2 === 1 && g.int('width', 80) % 2 === 1 ? 1 : 0);
    return ' '.repeat(left) + s + ' '.repeat(missing - left);
  }),
  comment: filter(['style'], commented),
  quote: filter([], (v) => quote(v === null ? '' : str(v))),
  urlencode: filter([], (v) => encode(v)),
  escape: filter([], (v) => escaped(str(v))),
  e: filter([], (v) => escaped(str(v))),
  regex_replace: filter(['pattern', 'replacement', 'ignorecase', 'multiline'], (v, g) =>
    substitute(regex(g, g.str('pattern', '')), str(v), g.str('replacement', '')),
  ),
  regex_search: filter(['regex', '...'], search),
  regex_findall: filter(['regex', ...flags], findAll),
  regex_escape: filter(['re_type'], (v) => str(v).replaceAll(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, '\\$&')),
};

function formatWith(v: Value, values: Value): Value {
  return formatPercent(text(v, 'the format'), values);
}

function encode(given: Value): string {
  const one = (s: string): string =>
    encodeURIComponent(s).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = (v: Value): string => one(str(v)).replaceAll('%20', '+');
  const v = comparable(given);
  if (v === NO_ELSE) return '';
  if (!isDict(v) && !Array.isArray(v)) return one(str(v)).replaceAll('%2F', '/');
  const pairs = isDict(v) ? [...v.keys()].map((k): Value[] => [k, v.get(k) ?? null]) : v.map((p) => iterate(p));
  return pairs
    .map((pair) => {
      const [k = null, x = null] = pair;
      if (pair.length !== 2) throw new TemplateError('urlencode needs pairs');
      return `${query(k)}=${query(x)}`;
    })
    .join('&');
}

function escaped(s: string): string {
  const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };
  return s.replaceAll(/[&<>"']/g, (c) => marks[c] ?? c);
}
