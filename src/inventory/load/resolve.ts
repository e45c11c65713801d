import { byCodePoint } from '../../base/by-code-point.js';
import type { Draft, DraftGroup, DraftHost } from '../draft/draft.js';
import type { Group, Host, WrittenGroup, WrittenHost, WrittenInventory } from '../model/model.js';
import type { Variable } from '../model/values.js';
import { LayeredVars, merge } from './layers.js';
import type { VarsDirectories } from './vars-directories.js';

type Vars = ReadonlyMap<string, Variable>;

export interface VarSources {
  readonly directories: VarsDirectories;
  /** Directories of the inventories, in order. */
  readonly inventoryDirs: readonly string[];
  /** The playbook's directory, if there is one. */
  readonly playbookDirs: readonly string[];
  readonly extraVars: Vars;
  /** Names under which a group's variables are found in group_vars, later ones win. */
  readonly fileNames: (group: string) => readonly string[];
}

/**
 * Effective variables by Ansible's precedence.
 * Source: get_vars in ansible/vars/manager.py with the default VARIABLE_PRECEDENCE
 */
export class Precedence {
  readonly #draft: Draft;
  readonly #s: VarSources;
  /** Hosts in the same groups share what these give. */
  readonly #ofGroups = new Shared<DraftGroup, Vars>();
  readonly #ofHosts = new Map<DraftHost, Vars>();

  constructor(draft: Draft, sources: VarSources) {
    this.#draft = draft;
    this.#s = sources;
  }

  host(host: DraftHost): Vars {
    let vars = this.#ofHosts.get(host);
    if (!vars) {
      vars = this.#host(host);
      this.#ofHosts.set(host, vars);
    }
    return vars;
  }

  #host(host: DraftHost): Vars {
    const { directories, inventoryDirs, playbookDirs, extraVars } = this.#s;
    const files = [
      ...directories.layers(inventoryDirs, 'host_vars', [host.name]),
      ...directories.layers(playbookDirs, 'host_vars', [host.name]),
    ];
    return new LayeredVars([this.#groups(host), host.vars, ...files, extraVars]);
  }

  group(group: DraftGroup): Vars {
    const { directories, inventoryDirs, playbookDirs } = this.#s;
    const names = this.#s.fileNames(group.name);
    const priority: Vars =
      group.priority === 1
        ? new Map()
        : new Map([
            ['ansible_group_priority', { value: group.priority, source: group.source ?? { file: '', line: 0, column: 0 } }],
          ]);
    return new LayeredVars([
      group.vars,
      ...directories.layers(inventoryDirs, 'group_vars', names),
      ...directories.layers(playbookDirs, 'group_vars', names),
      priority,
    ]);
  }

  #groups(host: DraftHost): Vars {
    const place = this.#ofGroups.at(host.groups);
    place.value ??= this.#merged(host);
    return place.value;
  }

  #merged(host: DraftHost): Vars {
    const all = this.#draft.addGroup('all');
    const own = [...host.groups].filter((g) => g !== all).sort(byPrecedence);
    const names = own.flatMap((g) => this.#s.fileNames(g.name));
    const { directories, inventoryDirs, playbookDirs } = this.#s;
    const allNames = this.#s.fileNames('all');
    return merge([
      all.vars,
      ...own.map((g) => g.vars),
      ...directories.layers(inventoryDirs, 'group_vars', allNames),
      ...directories.layers(playbookDirs, 'group_vars', allNames),
      ...directories.layers(inventoryDirs, 'group_vars', names),
      ...directories.layers(playbookDirs, 'group_vars', names),
    ]);
  }
}

/** A value for each sequence of keys. */
class Shared<K, V> {
  readonly #next = new Map<K, Shared<K, V>>();
  value: V | undefined;

  at(keys: Iterable<K>): Shared<K, V> {
    let place: Shared<K, V> = this;
    for (const key of keys) {
      let next = place.#next.get(key);
      if (!next) {
        next = new Shared();
        place.#next.set(key, next);
      }
      place = next;
    }
    return place;
  }
}

function byPrecedence(a: DraftGroup, b: DraftGroup): number {
  return a.depth - b.depth || a.priority - b.priority || byCodePoint(a.name, b.name);
}

/** What Ansible sees, with the names as they are written. */
export function writtenInventory(draft: Draft, precedence: Precedence): WrittenInventory {
  const groups = new Map<string, WrittenGroup>();
  for (const g of draft.groups.values()) {
    groups.set(g.name, {
      name: g.name,
      hosts: names(g.hosts),
      children: names(g.children),
      get allHosts() {
        return names(g.allHosts());
      },
      get vars() {
        return precedence.group(g);
      },
      priority: g.priority,
    });
  }
  const hosts = new Map<string, WrittenHost>();
  for (const h of draft.hosts.values()) hosts.set(h.name, new HostAsWritten(h, precedence));
  return { groups, hosts };
}

/** A class, as there are thousands of them. */
class HostAsWritten implements WrittenHost {
  readonly #host: DraftHost;
  readonly #precedence: Precedence;

  constructor(host: DraftHost, precedence: Precedence) {
    this.#host = host;
    this.#precedence = precedence;
  }

  get name(): string {
    return this.#host.name;
  }

  get vars(): Vars {
    return this.#precedence.host(this.#host);
  }
}

/**
 * Groups and hosts as the rest of Kubewright sees them. A host without a group is dropped, as in Ansible: if `ungrouped` is
 * a child of another group, its hosts leave it.
 */
export function clusterView(
  draft: Draft,
  precedence: Precedence,
): { readonly hosts: Map<string, Host>; readonly groups: Map<string, Group> } {
  const hosts = new Map<string, Host>();
  const all = draft.addGroup('all').allHosts();
  for (const h of draft.hosts.values()) {
    if (!all.has(h)) continue;
    hosts.set(h.name, {
      name: h.name,
      source: h.source,
      ...(h.origin === undefined ? {} : { origin: h.origin }),
      groups: new Set(names(h.groups)),
      get vars() {
        return precedence.host(h);
      },
    });
  }
  const groups = new Map<string, Group>();
  for (const g of draft.groups.values())
    groups.set(g.name, {
      name: g.name,
      ...(g.source === undefined ? {} : { source: g.source }),
      hosts: names(g.allHosts()),
      directHosts: names(g.hosts),
      children: names(g.children),
    });
  return { hosts, groups };
}

function names(list: Iterable<{ readonly name: string }>): string[] {
  return [...list].map((e) => e.name);
}
