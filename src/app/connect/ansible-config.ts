import { formatParts } from '../../base/errors.js';
import { type AnsibleConfig, configKey, readAnsibleConfig } from '../../inventory/ansible-cfg/ansible-cfg.js';
import type { ConnectionOptions, VaultOptions } from './options.js';

let known: { readonly key: string; readonly config: AnsibleConfig } | undefined;

/** ansible.cfg and ANSIBLE_* as they are now; each thing that is wrong with them is said once. */
export function ansibleConfig(): AnsibleConfig {
  const variables = Object.entries(process.env).filter(([name]) => name.startsWith('ANSIBLE_'));
  const key = JSON.stringify([process.cwd(), variables]);
  if (known?.key === key) return known.config;
  const config = readAnsibleConfig();
  for (const w of config.warnings) process.stderr.write(`warning: ${formatParts(w)}\n`);
  known = { key, config };
  return config;
}

/** What of Ansible's settings counts: each key as ansible.cfg has it, with file:line:column or the variable that sets it. */
export interface ConfigInUse {
  /** The ansible.cfg that was found; null: none. Ansible finds the same one. */
  readonly file: string | null;
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
}

export function configInUse(c: AnsibleConfig = ansibleConfig()): ConfigInUse {
  const settings = [...c.origins].map(([name, from]) => [configKey(name), { value: c[name], from }] as const);
  return { file: c.file ?? null, settings: Object.fromEntries(settings) };
}

/** The same for people, as `ansible --version` names it. */
export function configLines({ file, settings }: ConfigInUse): string[] {
  const text = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));
  return [
    `config file: ${file ?? 'none'}`,
    ...Object.entries(settings).map(([key, s]) => `  ${key} = ${text(s.value)}  (${s.from})`),
  ];
}

/** Inventories that the command was given, or else those of ansible.cfg; a list of hosts keeps its commas. */
export function inventorySources(given: readonly string[]): readonly string[] {
  return given.length > 0 ? given : (ansibleConfig().inventory ?? []);
}

/** What flags and KUBEWRIGHT_* leave open is taken from ansible.cfg. */
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
  // On is what Kubewright does anyway, in its own way: see --host-key-checking.
  out.hostKeyChecking ??= c.hostKeyChecking === false ? 'off' : undefined;
  out.connectTimeout ??= c.timeout;
  out.forks ??= c.forks;
  return out;
}

/** The vault password file of ansible.cfg, where neither flags nor KUBEWRIGHT_VAULT_PASSWORD_FILE name one. */
export function withVaultFile(o: VaultOptions): VaultOptions {
  const said = o.askVaultPass || (o.vaultId?.length ?? 0) > 0 || (o.vaultPasswordFile?.length ?? 0) > 0;
  const file = ansibleConfig().vaultPasswordFile;
  if (said || file === undefined || process.env.KUBEWRIGHT_VAULT_PASSWORD_FILE !== undefined) return o;
  return { ...o, vaultPasswordFile: [file] };
}
