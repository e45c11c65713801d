import type { Source, Variable } from './model.js';
import { groupName } from './names.js';

export interface DraftHost {
  readonly name: string;
  readonly source: Source;
  readonly vars: Map<string, Variable>;
}

export interface DraftGroup {
  readonly name: string;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly vars: Map<string, Variable>;
  /** Where it is declared; undefined while it was only mentioned. */
  source?: Source;
}

/** What the readers of inventory files fill. Names of groups are the new ones from here on. */
export class Draft {
  readonly hosts = new Map<string, DraftHost>();
  readonly groups = new Map<string, DraftGroup>();
  /** Groups that were named as a child or given variables, and where: they must be declared somewhere. */
  readonly mentions: { readonly group: string; readonly as: 'child' | 'vars'; readonly source: Source }[] = [];

  host(name: string, source: Source): DraftHost {
    const known = this.hosts.get(name);
    if (known) return known;
    const host: DraftHost = { name, source, vars: new Map() };
    this.hosts.set(name, host);
    return host;
  }

  group(name: string): DraftGroup {
    const key = groupName(name);
    const known = this.groups.get(key);
    if (known) return known;
    const group: DraftGroup = { name: key, hosts: new Set(), children: new Set(), vars: new Map() };
    this.groups.set(key, group);
    return group;
  }

  declare(name: string, source: Source): DraftGroup {
    const group = this.group(name);
    group.source ??= source;
    return group;
  }
}
