import type { Warning } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import type { Variable } from '../model/values.js';

/** Why a group or a host is invalid; the reader adds the place. */
export class DraftError extends Error {}

/** Names of this machine. Source: ansible/constants.py */
export const LOCALHOST: readonly string[] = ['127.0.0.1', 'localhost', '::1'];

const NONE: ReadonlyMap<string, Variable> = new Map();

export class DraftHost {
  readonly name: string;
  readonly source: Place;
  /** The inventory that first named it; undefined: a list of hosts. */
  readonly origin: string | undefined;
  readonly groups = new Set<DraftGroup>();
  /** May be shared with other hosts. */
  #vars: ReadonlyMap<string, Variable>;
  /** Set once they belong to this host alone. */
  #own: Map<string, Variable> | undefined;

  constructor(name: string, source: Place, origin: string | undefined, vars: ReadonlyMap<string, Variable> = NONE) {
    this.name = name;
    this.source = source;
    this.origin = origin;
    this.#vars = vars;
  }

  get vars(): ReadonlyMap<string, Variable> {
    return this.#vars;
  }

  setVariable(name: string, variable: Variable): void {
    this.#own ??= new Map(this.#vars);
    this.#own.set(name, variable);
    this.#vars = this.#own;
  }

  setVariables(vars: ReadonlyMap<string, Variable>): void {
    // Most hosts are named with variables once.
    if (this.#vars.size === 0) this.#vars = vars;
    else for (const [name, variable] of vars) this.setVariable(name, variable);
  }

  addGroup(group: DraftGroup): void {
    for (const old of group.ancestors()) this.groups.add(old);
    this.groups.add(group);
  }

  removeGroup(group: DraftGroup): void {
    if (!this.groups.delete(group)) return;
    for (const old of group.ancestors()) {
      if (old.name !== 'all' && ![...this.groups].some((g) => g.ancestors().has(old))) this.removeGroup(old);
    }
  }
}

export class DraftGroup {
  readonly name: string;
  readonly hosts = new Set<DraftHost>();
  readonly children = new Set<DraftGroup>();
  readonly parents = new Set<DraftGroup>();
  readonly vars = new Map<string, Variable>();
  depth = 0;
  priority = 1;
  /** Where it is first named. */
  source: Place | undefined;
  /** Cached, as it is needed once per host; undefined: not computed, or outdated. */
  #ancestors: Set<DraftGroup> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  ancestors(): ReadonlySet<DraftGroup> {
    this.#ancestors ??= walk(this, 'parents');
    return this.#ancestors;
  }

  /** Members, including those of children, in Ansible's order: level by level. */
  allHosts(): Set<DraftHost> {
    const out = new Set<DraftHost>();
    for (const group of this.descendants()) for (const host of group.hosts) out.add(host);
    return out;
  }

  descendants(): DraftGroup[] {
    const seen = new Set<DraftGroup>();
    const ordered: DraftGroup[] = [this, ...this.children];
    let open = new Set<DraftGroup>([this, ...this.children]);
    while (open.size > 0) {
      for (const g of open) seen.add(g);
      const next = new Set<DraftGroup>();
      for (const g of open) {
        for (const child of g.children) {
          next.add(child);
          if (!seen.has(child)) ordered.push(child);
        }
      }
      for (const g of seen) next.delete(g);
      open = next;
    }
    return ordered;
  }

  /** @throws DraftError for a group that would contain itself. */
  addChild(child: DraftGroup): void {
    if (child === this) throw new DraftError(`The group ${this.name} contains itself`);
    if (this.children.has(child)) return;
    const before = child.ancestors();
    const added = new Set(this.ancestors());
    if (added.has(child)) throw new DraftError(`The group ${child.name} contains itself: it is above ${this.name} already`);
    added.add(this);
    for (const g of before) added.delete(g);
    this.children.add(child);
    child.depth = Math.max(this.depth + 1, child.depth);
    child.#deepen();
    if (child.parents.has(this)) return;
    child.parents.add(this);
    for (const g of child.descendants()) g.#ancestors = undefined;
    for (const host of child.allHosts()) for (const g of added) host.groups.add(g);
  }

  #deepen(): void {
    let depth = this.depth;
    let open = new Set(this.children);
    while (open.size > 0) {
      depth++;
      const next = new Set<DraftGroup>();
      for (const g of open) {
        if (g.depth >= depth) continue;
        g.depth = depth;
        for (const child of g.children) next.add(child);
      }
      open = next;
    }
  }
}

function walk(group: DraftGroup, relation: 'parents'): Set<DraftGroup> {
  const seen = new Set<DraftGroup>(group[relation]);
  for (const g of seen) for (const next of g[relation]) seen.add(next);
  return seen;
}

/**
 * Filled by the inventory readers. Groups keep their written names.
 * Source: ansible/inventory/data.py, group.py and host.py; everything keeps their order.
 */
export class Draft {
  readonly hosts = new Map<string, DraftHost>();
  readonly groups = new Map<string, DraftGroup>();
  /** What Ansible only warns about. */
  readonly warnings: Warning[] = [];
  /** Absolute path of the inventory that is being read; undefined: a list of hosts. */
  origin: string | undefined;

  constructor() {
    this.addGroup('all').addChild(this.addGroup('ungrouped'));
  }

  addGroup(name: string, source?: Place): DraftGroup {
    if (name === '') throw new DraftError('A group has no name');
    let group = this.groups.get(name);
    if (!group) {
      group = new DraftGroup(name);
      this.groups.set(name, group);
    }
    if (source) group.source ??= source;
    return group;
  }

  /** A port counts only on the first mention of the host, as in Ansible. */
  addHost(name: string, source: Place, group?: DraftGroup, port?: number): DraftHost {
    if (name === '') throw new DraftError('A host has no name');
    let host = this.hosts.get(name);
    if (!host) {
      host = new DraftHost(name, source, this.origin);
      this.hosts.set(name, host);
      if (port) host.setVariable('ansible_port', { value: port, source });
    }
    if (group && !group.hosts.has(host)) {
      group.hosts.add(host);
      host.addGroup(group);
    }
    return host;
  }

  /** If a group and a host have the same name, the variable is the group's, as in Ansible. */
  setVariable(owner: string, name: string, variable: Variable): void {
    const group = this.groups.get(owner);
    if (!group) {
      this.hosts.get(owner)?.setVariable(name, variable);
      return;
    }
    if (name === 'ansible_group_priority') group.priority = priorityOf(variable);
    else group.vars.set(name, variable);
  }

  /** The same for several, which are final. */
  setVariables(owner: string, vars: ReadonlyMap<string, Variable>): void {
    if (!this.groups.has(owner)) this.hosts.get(owner)?.setVariables(vars);
    else for (const [name, variable] of vars) this.setVariable(owner, name, variable);
  }

  /** What Ansible does once after reading. @throws DraftError for groups that contain themselves. */
  reconcile(): void {
    const all = this.addGroup('all');
    const ungrouped = this.addGroup('ungrouped');
    for (const group of this.groups.values()) if (group !== all && group.parents.size === 0) all.addChild(group);
    for (const host of this.hosts.values()) {
      if (host.groups.has(ungrouped)) {
        if ([...host.groups].some((g) => g !== all && g !== ungrouped) && ungrouped.hosts.delete(host))
          host.removeGroup(ungrouped);
      } else if (host.groups.size === 0 || (host.groups.size === 1 && host.groups.has(all))) {
        this.#ungroup(host, ungrouped);
      }
      if (this.groups.has(host.name)) this.warnings.push({ what: `${host.name} is the name of a group and of a host` });
    }
  }

  /** A group with the host's name takes its place, as in Ansible. */
  #ungroup(host: DraftHost, ungrouped: DraftGroup): void {
    const group = this.groups.get(host.name);
    if (group) ungrouped.addChild(group);
    else {
      ungrouped.hosts.add(host);
      host.addGroup(ungrouped);
    }
  }
}

/** Python's `int()`. @throws DraftError unless it is a number. */
function priorityOf(v: Variable): number {
  const { value } = v;
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string' && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value)) return Number(value.replaceAll('_', ''));
  throw new DraftError(`ansible_group_priority must be a whole number, not ${JSON.stringify(value)}`);
}
