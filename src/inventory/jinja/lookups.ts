import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ioReason } from '../../base/io-error.js';
import { str, text } from './values/python.js';
import { type Arguments, TemplateError, Undefined, type Value } from './values/values.js';

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
  const otherwise = args.named.get('default');
  if (name === 'vars') {
    const values = words.map((w) => {
      const found = o.variable(str(w));
      if (found === undefined && otherwise === undefined) return new Undefined(str(w), `${str(w)} is undefined`);
      return found ?? otherwise ?? null;
    });
    return list || values.length !== 1 ? values : (values[0] ?? null);
  }
  const read = { env: (w: string) => o.env[w] ?? str(otherwise ?? ''), file: (w: string) => readFile(w, o, args) }[name];
  if (!read) {
    throw new TemplateError(`lookup('${name}') is not supported: Kubewright reads only env, file and vars on this machine`);
  }
  const values = words.map((w) => read(str(w)));
  return list ? values : values.join(',');
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
