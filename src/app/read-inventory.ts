import { InputError } from '../errors.js';
import { parseExtraVars } from '../inventory/extra-vars.js';
import { loadInventory } from '../inventory/load.js';
import type { Inventory } from '../inventory/model.js';
import { inventorySources, withVaultFile } from './config.js';
import { VaultKeys, type VaultOptions } from './vault-keys.js';

export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  /** Folder whose group_vars and host_vars count, too. */
  readonly playbookDir?: string;
  /** An inventory without hosts is fine. */
  readonly allowEmpty?: boolean;
  /** Variables are shown as they are written: nothing is rendered, nothing decrypted but whole files. */
  readonly raw?: boolean;
}

/**
 * Reads the inventories that a command was given. Templates and encrypted values in variables are rendered when they are used.
 * @throws InputError when none was given or something in them is wrong.
 */
export async function readInventory(o: InventoryOptions): Promise<Inventory> {
  const sources = inventorySources(o.inventory);
  if (sources.length === 0) {
    throw new InputError({
      what: 'No inventory was given',
      todo: 'Name one with -i (for example -i inventories/sample/hosts.ini), or in ansible.cfg; `kubewright inventory generate` writes one',
    });
  }
  const vault = new VaultKeys(withVaultFile(o.vault ?? {}));
  const load = async (): Promise<Inventory> =>
    loadInventory(sources, {
      extraVars: await parseExtraVars([...o.extraVars]),
      playbookDir: o.playbookDir,
      allowEmpty: o.allowEmpty,
    });
  if (o.raw) return vault.read(load, { values: false });
  const inventory = await vault.read(load, { values: true });
  // Loaded when they are needed: `inventory list` starts without them.
  const [{ renderInventory }, { variableDefaults }] = await Promise.all([
    import('../inventory/jinja/render.js'),
    import('../cluster/variables.js'),
  ]);
  return renderInventory(inventory, {
    defaults: variableDefaults(),
    keyring: vault.keyring,
    ...(o.playbookDir === undefined ? {} : { playbookDir: o.playbookDir }),
  });
}
