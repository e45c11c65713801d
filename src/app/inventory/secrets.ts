import type { Inventory } from '../../inventory/model/model.js';
import { VaultValue } from '../../inventory/model/python-values.js';
import type { Variable, VarValue } from '../../inventory/model/values.js';
import { Secret } from '../../shell/secret.js';

/** Variables that hold a password even if they are not encrypted. */
const PASSWORDS = [
  'ansible_password',
  'ansible_ssh_pass',
  'ansible_ssh_password',
  'ansible_become_password',
  'ansible_become_pass',
];
const ENVIRONMENT = ['KUBEWRIGHT_SSH_PASSWORD', 'KUBEWRIGHT_BECOME_PASSWORD', 'KUBEWRIGHT_KEY_PASSPHRASE'];

/**
 * Values that must never be shown: those from Ansible Vault, passwords of connections (even of hosts outside the run), and
 * passwords in the environment. A template's result contains the encrypted value it uses, so the values alone are enough.
 * Includes text of any length and numbers of six digits or more, but no words for true, false or null.
 */
export function inventorySecrets(inventory: Inventory, env: NodeJS.ProcessEnv = process.env): Secret[] {
  const values = new Set<string>();
  for (const { vars } of inventory.hosts.values()) {
    for (const [name, variable] of vars) {
      if (!PASSWORDS.includes(name) && !isEncrypted(variable)) continue;
      for (const text of leaves(rendered(variable))) values.add(text);
    }
  }
  for (const name of ENVIRONMENT) {
    const value = env[name];
    if (value) values.add(value);
  }
  return [...values].map((value, i) => new Secret(`inventory.${i}`, value));
}

/** Answers without rendering anything. */
function isEncrypted(variable: Variable): boolean {
  // Without a template, `secret` is set from the file.
  if (variable.raw === undefined) return variable.secret === true || holdsVault(variable.value);
  return variable.encrypted === true || holdsVault(variable.raw);
}

function holdsVault(value: VarValue): boolean {
  if (value instanceof VaultValue) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsVault);
}

/** Null if it cannot be decrypted or rendered: then nothing in this run can use it. */
function rendered(variable: Variable): VarValue {
  try {
    return variable.value;
  } catch {
    return null;
  }
}

function leaves(value: VarValue): string[] {
  if (typeof value === 'string') return /^(true|false|yes|no|none|null)$/i.test(value) ? [] : [value];
  if (typeof value === 'number') return Math.abs(value) >= 100_000 ? [String(value)] : [];
  if (value instanceof VaultValue || typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((v: VarValue) => leaves(v));
}
