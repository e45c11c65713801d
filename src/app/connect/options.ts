/** What the operator said about reaching the machines, as flags give it. */
export interface ConnectionOptions {
  readonly user?: string;
  readonly 'private-key'?: string;
  readonly 'ask-pass'?: boolean;
  readonly 'ask-become-pass'?: boolean;
  readonly become?: boolean;
  /** Only from ansible.cfg: inventories say it otherwise. */
  readonly 'become-user'?: string;
  readonly 'become-method'?: string;
  readonly 'host-key-checking'?: 'strict' | 'accept-new' | 'off';
  readonly 'connect-timeout'?: number;
  readonly 'ssh-config'?: string;
  readonly forks?: number;
}

/** What the operator said about Ansible Vault, as flags give it. */
export interface VaultOptions {
  readonly 'ask-vault-pass'?: boolean;
  readonly 'vault-password-file'?: readonly string[];
  /** `label@file`, `label@prompt`, `file`. */
  readonly 'vault-id'?: readonly string[];
}
