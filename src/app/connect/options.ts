/** How hosts are reached, as set by the flags of a command. */
export interface ConnectionOptions {
  readonly user?: string;
  readonly privateKey?: string;
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
  readonly become?: boolean;
  /** Set only by ansible.cfg; inventories have variables for it. */
  readonly becomeUser?: string;
  /** Set only by ansible.cfg. */
  readonly becomeMethod?: string;
  readonly hostKeyChecking?: 'strict' | 'accept-new' | 'off';
  /** Seconds. */
  readonly connectTimeout?: number;
  readonly sshConfig?: string;
  readonly forks?: number;
}

/** Where vault passwords come from, as set by the flags of a command. */
export interface VaultOptions {
  readonly askVaultPass?: boolean;
  readonly vaultPasswordFile?: readonly string[];
  /** `label@file`, `label@prompt`, `file`. */
  readonly vaultId?: readonly string[];
}
