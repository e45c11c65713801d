import type { Inventory } from '../../inventory/model/model.js';
import { VaultValue } from '../../inventory/model/python-values.js';
import type { Variable, VarValue } from '../../inventory/model/values.js';
import { Secret } from '../../shell/secret.js';

/** Variables that hold a password although nobody encrypted them. */
const PASSWORDS = [
  'ansible_password',
  'ansible_ssh_pass',
  'ansible_ssh_password',
  'ansible_become_password',
  'ansible_become_pass',
];
const ENVIRONMENT = ['KUBEWRIGHT_SSH_PASSWORD', 'KUBEWRIGHT_BECOME_PASSWORD', 'KUBEWRIGHT_KEY_PASSPHRASE'];

/**
 * What nobody may see of an inventory, whoever says it: values that came out of Ansible Vault, passwords of connections (also of
 * hosts outside of the run), and the passwords of the environment. What a template makes of an encrypted value holds it, so only
 * the values themselves are looked for. Texts of any length; numbers of six digits or more; no words for true and false.
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

/** Known without rendering anything. */
function isEncrypted(variable: Variable): boolean {
  // Where nothing is to be rendered, `secret` is what the file says.
  if (variable.raw === undefined) return variable.secret === true || holdsVault(variable.value);
  return variable.encrypted === true || holdsVault(variable.raw);
}

function holdsVault(value: VarValue): boolean {
  if (value instanceof VaultValue) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsVault);
}

/** Nothing, where it cannot be opened or rendered: then nobody in this run can use it either. */
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
