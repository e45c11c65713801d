import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { byCodePoint } from '../../base/by-code-point.js';
import type { Warning } from '../../base/errors.js';
import { InputError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { readVariables } from '../formats/yaml/source.js';
import type { Stray } from '../model/model.js';
import type { Variable } from '../model/values.js';

const EXTENSIONS = ['', '.yml', '.yaml', '.json'];
const NONE: ReadonlyMap<string, Variable> = new Map();

type Kind = 'group_vars' | 'host_vars';

/**
 * group_vars and host_vars beside inventories and playbooks: a file, or a directory of files, per name. Read on first use, each
 * once.
 * Source: ansible/plugins/vars/host_group_vars.py, find_vars_files in ansible/parsing/dataloader.py
 */
export class VarsDirectories {
  /** What could not be read, instead of throwing: callers must check this before they use variables. */
  readonly problems: InputError[] = [];
  readonly #warn: (warning: Warning) => void;
  readonly #bases: Readonly<Record<Kind, Map<string, string>>> = { group_vars: new Map(), host_vars: new Map() };
  readonly #names = new Map<string, ReadonlySet<string>>();
  readonly #files = new Map<string, ReadonlyMap<string, Variable>>();

  constructor(warn: (warning: Warning) => void) {
    this.#warn = warn;
  }

  /** One layer for each file that counts: directory by directory, in each name by name. Later ones win. */
  layers(dirs: readonly string[], kind: Kind, names: readonly string[]): ReadonlyMap<string, Variable>[] {
    const out: ReadonlyMap<string, Variable>[] = [];
    for (const dir of dirs) {
      const base = this.#base(dir, kind);
      if (this.#namesIn(base, kind).size === 0) continue;
      for (const name of names) {
        const vars = this.#of(base, kind, name);
        if (vars.size > 0) out.push(vars);
      }
    }
    return out;
  }

  /** Files for groups or hosts that `exists` does not know. */
  strays(dirs: readonly string[], kind: Kind, exists: (name: string) => boolean): Stray[] {
    const out: Stray[] = [];
    for (const dir of new Set(dirs)) {
      const base = this.#base(dir, kind);
      for (const file of this.#namesIn(base, kind)) {
        const path = join(base, file);
        const extension = extname(file);
        const name = EXTENSIONS.includes(extension) ? file.slice(0, file.length - extension.length) : file;
        if (/^\.|~$|\.(md|txt|bak|orig|swp|sample|example)$/i.test(file) || exists(file) || exists(name)) continue;
        // A name with a dot may be a host's; any other extension is not a variables file.
        if (EXTENSIONS.includes(extension) || kind === 'host_vars')
          out.push({ kind: kind === 'group_vars' ? 'group' : 'host', name, path });
      }
    }
    return out.sort((a, b) => byCodePoint(a.path, b.path));
  }

  /** Path of the directory; asked for once per host. */
  #base(dir: string, kind: Kind): string {
    const bases = this.#bases[kind];
    let base = bases.get(dir);
    if (base === undefined) {
      base = join(dir, kind);
      bases.set(dir, base);
    }
    return base;
  }

  #namesIn(base: string, kind: Kind): ReadonlySet<string> {
    const known = this.#names.get(base);
    if (known) return known;
    let names: ReadonlySet<string> = new Set();
    if (existsSync(base)) {
      if (statSync(base).isDirectory()) names = new Set(readdirSync(base));
      else this.#warn({ what: `This is not a directory, so ${kind} are not read`, where: wholeFile(base) });
    }
    this.#names.set(base, names);
    return names;
  }

  #of(base: string, kind: Kind, name: string): ReadonlyMap<string, Variable> {
    // A name with slashes would leave the directory.
    if (name.startsWith('/')) return NONE;
    const there = this.#namesIn(base, kind);
    const found = EXTENSIONS.map((e) => name + e).find((n) => (n.includes('/') ? existsSync(join(base, n)) : there.has(n)));
    if (found === undefined) return NONE;
    const path = join(base, found);
    const key = resolve(path);
    let vars = this.#files.get(key);
    if (!vars) {
      vars = this.#read(path);
      this.#files.set(key, vars);
    }
    return vars;
  }

  #read(path: string): ReadonlyMap<string, Variable> {
    if (!existsSync(path)) return NONE;
    const out = new Map<string, Variable>();
    for (const file of filesOf(path)) for (const [k, v] of this.#variables(file)) out.set(k, v);
    return out;
  }

  /** An unreadable file does not hide errors in the next. */
  #variables(file: string): ReadonlyMap<string, Variable> {
    try {
      return readVariables(file, this.#warn);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.problems.push(error);
      return NONE;
    }
  }
}

/** The file itself, or all variables files of a directory and its subdirectories, sorted. */
function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort(byCodePoint)
    .filter((n) => !n.startsWith('.') && !n.endsWith('~'))
    .map((n) => join(path, n))
    .filter((p) => existsSync(p))
    .flatMap((p) => {
      const extension = extname(p);
      if (statSync(p).isDirectory()) return extension === '' ? filesOf(p) : [];
      return EXTENSIONS.includes(extension) ? [p] : [];
    });
}
