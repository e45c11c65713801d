import { InputError } from '../base/errors.js';
import type { WrittenGroup, WrittenInventory } from './model/model.js';
import { Dict, keyId, PyDict, type PyValue } from './model/python-values.js';
import { exactOf, type Variable } from './model/values.js';
import { jsonText, sortedPlaces, UnsortableError } from './python/json.js';
import { pyStr, UnprintableError } from './python/text.js';

/** Variables that ansible-inventory does not show. Source: INTERNAL_VARS in ansible/cli/inventory.py */
const INTERNAL = new Set([
  'ansible_diff_mode',
  'ansible_config_file',
  'ansible_facts',
  'ansible_forks',
  'ansible_inventory_sources',
  'ansible_limit',
  'ansible_playbook_python',
  'ansible_run_tags',
  'ansible_skip_tags',
  'ansible_verbosity',
  'ansible_version',
  'inventory_dir',
  'inventory_file',
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'omit',
  'playbook_dir',
]);
/** Nested groups print once for each path that leads to them. */
const MOST_LINES = 2_000_000;

/** What `ansible-inventory --list` prints, without the final newline; with `only` limited to these hosts. */
export function listText(w: WrittenInventory, only?: ReadonlySet<string>): string {
  const shown = (name: string): boolean => only === undefined || only.has(name);
  const groups = new Map<string, PyValue>();
  const seen = new Set<string>();
  const add = (group: WrittenGroup): void => {
    const place: [string, PyValue][] = [];
    const hosts = group.name === 'all' ? [] : group.hosts.filter(shown);
    if (hosts.length > 0) place.push(['hosts', hosts]);
    if (group.children.length > 0) place.push(['children', group.children]);
    groups.set(group.name, new PyDict(place));
    for (const name of group.children) {
      const child = w.groups.get(name);
      if (child && !seen.has(name)) {
        add(child);
        seen.add(name);
      }
    }
    if (place.length === 0) groups.delete(group.name);
  };
  const all = w.groups.get('all');
  if (all) add(all);
  const hostvars = new PyDict();
  for (const name of all?.allHosts ?? []) {
    const vars = shown(name) ? w.hosts.get(name)?.vars : undefined;
    if (hasEntries(vars)) hostvars.set(name, new VarsDict(vars));
  }
  const meta = new PyDict<PyValue>([['hostvars', hostvars]]);
  return printed(w, () => jsonText(new PyDict<PyValue>([...groups, ['_meta', meta]])));
}

/** What `ansible-inventory --host NAME` prints, without the final newline. */
export function hostText(w: WrittenInventory, name: string): string {
  return printed(w, () => jsonText(new VarsDict(w.hosts.get(name)?.vars)));
}

/** What `ansible-inventory --graph` prints, without the final newline. */
export function graphText(w: WrittenInventory, start: WrittenGroup, showVars: boolean): string {
  const lines: string[] = [];
  const put = (text: string, depth: number): void => {
    if (lines.length > MOST_LINES)
      throw new InputError({
        what: 'The graph is too large',
        fix: 'Reduce how often groups are nested; see `kubewright inventory list`',
      });
    lines.push(depth > 0 ? `${'  |'.repeat(depth)}--${text}` : text);
  };
  const putVars = (owner: string, vars: ReadonlyMap<string, Variable> | undefined, depth: number): void => {
    for (const [name, value] of sorted(owner, vars)) put(`{${pyStr(name)} = ${pyStr(value)}}`, depth);
  };
  const walk = (group: WrittenGroup, depth: number): void => {
    put(`@${group.name}:`, depth);
    for (const name of group.children) {
      const child = w.groups.get(name);
      if (child) walk(child, depth + 1);
    }
    if (group.name !== 'all') {
      for (const name of group.hosts) {
        put(name, depth + 1);
        if (showVars) putVars(name, w.hosts.get(name)?.vars, depth + 2);
      }
    }
    if (showVars) putVars(group.name, group.vars, depth + 1);
  };
  return printed(w, () => {
    walk(start, 0);
    return lines.join('\n');
  });
}

/** A host's variables as a dict. Its entries are made each time they are asked for: thousands of them need not be in memory at once. */
class VarsDict extends Dict {
  readonly #vars: ReadonlyMap<string, Variable> | undefined;

  constructor(vars: ReadonlyMap<string, Variable> | undefined) {
    super();
    this.#vars = vars;
  }

  get size(): number {
    return this.entries().length;
  }

  has(key: PyValue): boolean {
    return this.get(key) !== undefined;
  }

  get(key: PyValue): PyValue | undefined {
    return this.entries().find(([k]) => keyId(k) === keyId(key))?.[1];
  }

  keys(): PyValue[] {
    return this.entries().map(([k]) => k);
  }

  override entries(): [PyValue, PyValue][] {
    return entries(this.#vars);
  }
}

function entries(vars: ReadonlyMap<string, Variable> | undefined): [PyValue, PyValue][] {
  const out: [PyValue, PyValue][] = [];
  for (const [name, v] of vars ?? []) if (!INTERNAL.has(name)) out.push([v.key === undefined ? name : v.key, exactOf(v)]);
  return out;
}

/** In Python's order of the names. @throws InputError if it has none, as Ansible fails too. */
function sorted(owner: string, vars: ReadonlyMap<string, Variable> | undefined): [PyValue, PyValue][] {
  const all = entries(vars);
  try {
    return sortedPlaces(all.map(([name]) => name)).map((at) => all[at] as [PyValue, PyValue]);
  } catch (error) {
    if (!(error instanceof UnsortableError)) throw error;
    const odd = [...(vars ?? [])].find(([, v]) => v.key !== undefined);
    throw new InputError({
      what: `The variables of ${owner} cannot be sorted: some names are text, others are numbers`,
      where: odd?.[1].source,
      fix: `Put ${odd?.[0] ?? 'them'} in quotes`,
    });
  }
}

function hasEntries(vars: ReadonlyMap<string, Variable> | undefined): boolean {
  for (const [name] of vars ?? []) if (!INTERNAL.has(name)) return true;
  return false;
}

/** Names the variable that cannot be printed. */
function printed(w: WrittenInventory, print: () => string): string {
  try {
    return print();
  } catch (error) {
    if (!(error instanceof UnprintableError)) throw error;
    for (const host of w.hosts.values()) {
      for (const [name, v] of host.vars) {
        try {
          jsonText(new PyDict([[v.key === undefined ? name : v.key, exactOf(v)]]));
        } catch (inner) {
          if (!(inner instanceof UnprintableError)) throw inner;
          throw new InputError({
            what: `${name} cannot be printed`,
            where: v.source,
            why: inner.message,
            fix: 'Quote it if it is meant as text',
          });
        }
      }
    }
    throw new InputError({ what: 'The inventory cannot be printed', why: error.message, fix: 'Omit --vars' });
  }
}
