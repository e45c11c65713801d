import { writeWarning } from '../../base/text/render-error.js';
import { type AnsibleConfig, configKey, readAnsibleConfig } from '../../inventory/ansible-cfg/ansible-cfg.js';
import type { Ignored } from '../../inventory/load/sources.js';
import type { ConnectionOptions, VaultOptions } from './options.js';

let known: { readonly key: string; readonly config: AnsibleConfig } | undefined;

/** The current ansible.cfg and ANSIBLE_*; each warning about them is printed once. */
function ansibleConfig(): AnsibleConfig {
  const variables = Object.entries(process.env).filter(([name]) => name.startsWith('ANSIBLE_'));
  const key = JSON.stringify([process.cwd(), variables]);
  if (known?.key === key) return known.config;
  const config = readAnsibleConfig();
  for (const w of config.warnings) writeWarning(w);
  known = { key, config };
  return config;
}

/** The Ansible settings in effect: each key as in ansible.cfg, with file:line:column or the variable that sets it. */
export interface ConfigInUse {
  /** The ansible.cfg that was found; null: none. Ansible finds the same one. */
  readonly file: string | null;
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
}

export function configInUse(c: AnsibleConfig = ansibleConfig()): ConfigInUse {
  const settings = [...c.origins].map(([name, from]) => [configKey(name), { value: c[name], from }] as const);
  return { file: c.file ?? null, settings: Object.fromEntries(settings) };
}

/** The same as text, in the style of `ansible --version`. */
export function configLines({ file, settings }: ConfigInUse): string[] {
  const text = (value: unknown): string =>
    Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'object' && value !== null && 'text' in value
        ? `${value.text}`
        : `${value}`;
  return [
    `config file: ${file ?? 'none'}`,
    ...Object.entries(settings).map(([key, s]) => `  ${key} = ${text(s.value)}  (${s.from})`),
  ];
}

/** The inventories given to the command, else those of ansible.cfg; a list of hosts keeps its commas. */
export function inventorySources(given: readonly string[]): readonly string[] {
  return given.length > 0 ? given : (ansibleConfig().inventory ?? []);
}

/** What ansible.cfg leaves out in directories of inventories. */
export function ignoredByConfig(): Ignored {
  const { ignorePatterns: patterns, ignoreExtensions: extensions } = ansibleConfig();
  return { patterns, extensions };
}

/** Takes from ansible.cfg what flags and KUBEWRIGHT_* do not set. */
export function withAnsibleConfig(o: ConnectionOptions): ConnectionOptions {
  const c = ansibleConfig();
  const out: { -readonly [K in keyof ConnectionOptions]: ConnectionOptions[K] } = { ...o };
  out.user ??= c.remoteUser;
  out.privateKey ??= c.privateKeyFile;
  out.askPass ??= c.askPass;
  out.askBecomePass ??= c.becomeAskPass;
  out.become ??= c.become;
  out.becomeUser ??= c.becomeUser;
  out.becomeMethod ??= c.becomeMethod;
  out.becomeExe ??= c.becomeExe;
  out.becomeFlags ??= c.becomeFlags;
  out.port ??= c.remotePort;
  out.sshArgs ??= c.sshArgs;
  out.sshCommonArgs ??= c.sshCommonArgs;
  out.sshExtraArgs ??= c.sshExtraArgs;
  // Checking is on by default in Kubewright: see --host-key-checking.
  out.hostKeyChecking ??= c.hostKeyChecking === false ? 'off' : undefined;
  out.connectTimeout ??= c.timeout;
  out.forks ??= c.forks;
  return out;
}

/** Adds the vault password file of ansible.cfg if neither flags nor KUBEWRIGHT_VAULT_PASSWORD_FILE name one. */
export function withVaultFile(o: VaultOptions): VaultOptions {
  const given = o.askVaultPass || (o.vaultId?.length ?? 0) > 0 || (o.vaultPasswordFile?.length ?? 0) > 0;
  const file = ansibleConfig().vaultPasswordFile;
  if (given || file === undefined || process.env.KUBEWRIGHT_VAULT_PASSWORD_FILE !== undefined) return o;
  return { ...o, vaultPasswordFile: [file] };
}
