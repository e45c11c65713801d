import type { Exact } from './values.js';

/** A place in a file that the user wrote. `line` and `column` count from 1. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value that Ansible Vault encrypted (`!vault`). Whoever renders variables decrypts it, when it is asked for. */
export class VaultValue {
  /** The whole envelope, `$ANSIBLE_VAULT;1.1;AES256` and the lines that follow. */
  readonly ciphertext: string;
  readonly source: Source;

  constructor(ciphertext: string, source: Source) {
    this.ciphertext = ciphertext;
    this.source = source;
  }
}

/**
 * A variable's value as far as Kubewright uses it: JSON types. What Python tells apart and JSON does not is in
 * `Variable.exact`: there 1.0 is no 1, and a date is no text.
 */
export type VarValue = string | number | boolean | null | VaultValue | readonly VarValue[] | { readonly [key: string]: VarValue };

export interface Variable {
  readonly value: VarValue;
  /** Where the winning value was written. */
  readonly source: Source;
  /** It came out of Ansible Vault, and must not be shown. */
  readonly secret?: boolean;
  /** It stands in an encrypted file: known without rendering it. */
  readonly encrypted?: boolean;
  /** What stands in the file, where `value` is rendered from it. */
  readonly raw?: VarValue;
  /** The value as Python has it, only where `value` says less: whole floats, large numbers, dates, tuples, `!unsafe` text. */
  readonly exact?: Exact;
  /** The name as Python has it, where it is no text: YAML has `1: x`. */
  readonly key?: Exact;
}

export interface Host {
  readonly name: string;
  /** Where the host is first named. */
  readonly source: Source;
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
  /** Where it is declared; undefined: nowhere, it is one that always exists. */
  readonly source?: Source;
  /** Hosts in the group and its children, in Ansible's order. */
  readonly hosts: readonly string[];
  readonly directHosts: readonly string[];
  readonly children: readonly string[];
}

/**
 * An inventory, read and resolved. Immutable.
 *
 * `hosts` and `groups` are the view of the cluster: old kubespray group names are the new ones, `k8s_cluster` is complete.
 * `written` is what Ansible makes of the same files, with the names as they stand there.
 */
export interface Inventory {
  readonly files: readonly string[];
  /** In the order in which they are first named. */
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly written?: WrittenInventory;
  /** What Ansible warns about and goes on; plain text with file:line:column. */
  readonly warnings?: readonly string[];
  /** Names of the variables that were given above all others (`-e`). */
  readonly extraVars?: ReadonlySet<string>;
  /** Files and folders of variables whose group or host does not exist, so that nobody reads them. */
  readonly strays?: () => readonly Stray[];
}

export interface Stray {
  readonly kind: 'group' | 'host';
  /** The group or host that they would be for. */
  readonly name: string;
  readonly path: string;
}

/** A group as it is written, in Ansible's order of everything. */
export interface WrittenGroup {
  readonly name: string;
  /** Direct members. */
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  /** Members, also those of children. */
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
