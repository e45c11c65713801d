import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Variable } from './model.js';
import { groupName } from './names.js';
import { readVariables } from './yaml-source.js';

const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

/** group_vars and host_vars beside inventories: a file or a folder for each name. Read when they are asked for. */
export class VarsFolders {
  readonly #dirs: readonly string[];

  constructor(dirs: readonly string[]) {
    this.#dirs = dirs;
  }

  /** Later files win. Files under a group's old name count too. */
  group(name: string): Map<string, Variable> {
    return this.#read('group_vars', (n) => groupName(n) === name);
  }

  host(name: string): Map<string, Variable> {
    return this.#read('host_vars', (n) => n === name);
  }

  #read(folder: string, wanted: (name: string) => boolean): Map<string, Variable> {
    const out = new Map<string, Variable>();
    for (const dir of this.#dirs) {
      const base = join(dir, folder);
      if (!existsSync(base)) continue;
      for (const entry of readdirSync(base).sort()) {
        const path = join(base, entry);
        const extension = statSync(path).isDirectory() ? '' : extname(entry);
        if (!EXTENSIONS.includes(extension) || !wanted(extension === '' ? entry : entry.slice(0, -extension.length))) continue;
        for (const file of filesOf(path)) for (const [k, v] of readVariables(file)) out.set(k, v);
      }
    }
    return out;
  }
}

/** The file itself, or all variable files of a folder, sorted, also in folders within it. */
function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .filter((n) => !n.startsWith('.') && !n.endsWith('~'))
    .map((n) => join(path, n))
    .flatMap((p) => (statSync(p).isDirectory() ? filesOf(p) : EXTENSIONS.includes(extname(p)) ? [p] : []));
}
