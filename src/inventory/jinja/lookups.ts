import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ioReason } from '../../base/io-error.js';
import { PyDict } from '../model/python-values.js';
import { comparable, str, text } from './values/python.js';
import { type Arguments, defined, TemplateError, Undefined, type Value } from './values/values.js';

export interface LookupOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directories in which relative files are searched, in order. */
  readonly searchPath: readonly string[];
  readonly variable: (name: string) => Value | undefined;
}

/** Lookups that only read local data. Everything else is refused by name. */
export function lookup(args: Arguments, o: LookupOptions, wantList: boolean): Value {
  const [kind, ...terms] = args.positional;
  const name = text(kind ?? null, 'the lookup').replace(/^ansible\.builtin\./, '');
  const words = terms.flatMap((t) => (Array.isArray(t) ? t : [t]));
  const list = wantList || args.named.get('wantlist') === true;
  // None does not count as a default.
  const otherwise = args.named.get('default') ?? undefined;
  if (name === 'vars') {
    const values = words.map((w) => variable(text(w, 'the name of a variable'), o, otherwise));
    if (list) return values;
    if (values.length > 0 && values.every((v) => typeof v === 'string')) return values.join(',');
    return values.length === 1 ? (values[0] ?? null) : values;
  }
  const read = { env: (w: string) => o.env[w] ?? str(defined(otherwise ?? '')), file: (w: string) => readFile(w, o, args) }[name];
  if (!read) {
    throw new TemplateError(`lookup('${name}') is not supported: Kubewright reads only env, file and vars on this machine`);
  }
  const values = words.map((w) => read(text(w, 'what to look up')));
  return list ? values : values.join(',');
}

/** What is undefined fails at once: the filter `default` comes too late. */
function variable(name: string, o: LookupOptions, otherwise: Value | undefined): Value {
  const value = o.variable(name);
  const found = value === undefined ? new Undefined(name, `${name} is undefined`) : value;
  return whole(found instanceof Undefined && otherwise !== undefined ? otherwise : found);
}

/** Ansible marks all of what a lookup gives as unsafe, which no undefined value survives. */
function whole(v: Value): Value {
  if (Array.isArray(v)) v.forEach(whole);
  else if (v instanceof PyDict) for (const [, item] of v.entries()) whole(item);
  else comparable(v);
  return v;
}

function readFile(name: string, o: LookupOptions, args: Arguments): string {
  const paths = isAbsolute(name) ? [name] : o.searchPath.flatMap((dir) => [join(dir, 'files', name), join(dir, name)]);
  const path = paths.find((p) => existsSync(p));
  if (path === undefined) throw new TemplateError(`lookup('file'): there is no ${name} (searched ${paths.join(', ')})`);
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TemplateError(`lookup('file'): ${path} cannot be read: ${ioReason(error)}`);
  }
  const right = args.named.get('rstrip') === false ? content : content.trimEnd();
  return args.named.get('lstrip') === true ? right.trimStart() : right;
}
