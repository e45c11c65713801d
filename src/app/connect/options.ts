import type { Place } from '../../base/place.js';

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
  /** Set only by ansible.cfg. */
  readonly becomeExe?: string;
  /** Set only by ansible.cfg. */
  readonly becomeFlags?: string;
  /** Set only by ansible.cfg. */
  readonly port?: number;
  /** Set only by ansible.cfg, like the other arguments of ssh; each with its place. */
  readonly sshArgs?: { readonly text: string; readonly where: Place };
  readonly sshCommonArgs?: { readonly text: string; readonly where: Place };
  readonly sshExtraArgs?: { readonly text: string; readonly where: Place };
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
