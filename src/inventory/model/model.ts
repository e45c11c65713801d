import type { Warning } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import type { Variable } from './values.js';

export interface Host {
  readonly name: string;
  /** Where the host is first named. */
  readonly source: Place;
  /** Absolute path of the inventory that names it there (`inventory_file`); undefined: a list of hosts. */
  readonly origin?: string;
  /** Every group that holds the host, directly or through children, `all` included; new kubespray names. */
  readonly groups: ReadonlySet<string>;
  /** Effective variables: all < parent groups < child groups < host < extra variables. Unrendered. */
  readonly vars: ReadonlyMap<string, Variable>;
}

export interface Group {
  /** The new kubespray name. */
  readonly name: string;
  /** Where it is declared; undefined: it always exists. */
  readonly source?: Place;
  /** Hosts in the group and its children, in Ansible's order. */
  readonly hosts: readonly string[];
  readonly directHosts: readonly string[];
  readonly children: readonly string[];
}

/**
 * An inventory, read and resolved. Immutable.
 *
 * `hosts` and `groups` are the view of the cluster: old kubespray group names are the new ones, `k8s_cluster` is complete.
 * `written` is how Ansible reads the same files, with the names as written.
 */
export interface Inventory {
  readonly files: readonly string[];
  /** In the order in which they are first named. */
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly written?: WrittenInventory;
  /** What Ansible only warns about. */
  readonly warnings?: readonly Warning[];
  /** Names of extra variables (`-e`), which win over all others. */
  readonly extraVars?: ReadonlySet<string>;
  /** Variables files and directories whose group or host does not exist, so that they are never used. */
  readonly strays?: () => readonly Stray[];
}

export interface Stray {
  readonly kind: 'group' | 'host';
  /** The group or host that they are named after. */
  readonly name: string;
  readonly path: string;
}

/** A group as it is written, in Ansible's order of everything. */
export interface WrittenGroup {
  readonly name: string;
  /** Direct members. */
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  /** Members, including those of children. */
  readonly allHosts: readonly string[];
  /** Its own variables, those of group_vars included. */
  readonly vars: ReadonlyMap<string, Variable>;
  readonly priority: number;
}

/** Exactly what Ansible sees. */
export interface WrittenInventory {
  readonly groups: ReadonlyMap<string, WrittenGroup>;
  readonly hosts: ReadonlyMap<string, WrittenHost>;
}

export interface WrittenHost {
  readonly name: string;
  readonly vars: ReadonlyMap<string, Variable>;
}
