/** How hosts are reached, as the flags of a command say. */
export interface ConnectionOptions {
  readonly user?: string;
  readonly privateKey?: string;
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
  readonly become?: boolean;
  /** Set by ansible.cfg only; inventories have variables for it. */
  readonly becomeUser?: string;
  /** Set by ansible.cfg only. */
  readonly becomeMethod?: string;
  readonly hostKeyChecking?: 'strict' | 'accept-new' | 'off';
  /** Seconds. */
  readonly connectTimeout?: number;
  readonly sshConfig?: string;
  readonly forks?: number;
}

/** How Ansible Vault is opened, as the flags of a command say. */
export interface VaultOptions {
  readonly askVaultPass?: boolean;
  readonly vaultPasswordFile?: readonly string[];
  /** `label@file`, `label@prompt`, `file`. */
  readonly vaultId?: readonly string[];
}
