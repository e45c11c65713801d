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

/** A variable's value as Ansible would give it: JSON types, after resolving precedence. */
export type VarValue = string | number | boolean | null | VaultValue | readonly VarValue[] | { readonly [key: string]: VarValue };

export interface Variable {
  readonly value: VarValue;
  /** Where the winning value was written. */
  readonly source: Source;
  /** It came out of Ansible Vault, and must not be shown. */
  readonly secret?: boolean;
  /** What stands in the file, where `value` is rendered from it. */
  readonly raw?: VarValue;
}

export interface Host {
  readonly name: string;
  /** Where the host is first named. */
  readonly source: Source;
  /** Every group that holds the host, directly or through children, `all` included; new kubespray names. */
  readonly groups: ReadonlySet<string>;
  /** Effective variables: all < parent groups < child groups < host. */
  readonly vars: ReadonlyMap<string, Variable>;
}

export interface Group {
  readonly name: string;
  /** Where it is declared; undefined: nowhere, it is one that always exists. */
  readonly source?: Source;
  /** Hosts in the group and its children, in Ansible's order. */
  readonly hosts: readonly string[];
  readonly directHosts: readonly string[];
  readonly children: readonly string[];
}

/** An inventory, read and resolved. Immutable. Old kubespray group names are already the new ones. */
export interface Inventory {
  readonly files: readonly string[];
  /** In the order in which they are first named. */
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  /** What Ansible warns about and goes on; plain text with file:line:column. */
  readonly warnings?: readonly string[];
}
