import { InputError } from '../../base/errors.js';
import { parseExtraVars } from '../../inventory/load/extra-vars.js';
import { type LoadOptions, loadInventory, withInventory } from '../../inventory/load/load.js';
import type { Inventory } from '../../inventory/model/model.js';
import { ignoredByConfig, inventorySources, withVaultFile } from '../connect/ansible-config.js';
import type { VaultOptions } from '../connect/options.js';
import { VaultKeys } from '../connect/vault-keys.js';

export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  /** Directory whose group_vars and host_vars are read too. */
  readonly playbookDir?: string;
  /** An inventory without hosts is fine. */
  readonly allowEmpty?: boolean;
  /** Gets what cannot be read; the rest is read nevertheless. */
  readonly onUnreadable?: (errors: readonly InputError[]) => void;
}

/**
 * Reads the inventories of a command. Templates and encrypted values in variables are rendered when they are used.
 * @throws InputError if none was given or something in them is wrong.
 */
export async function readInventory(o: InventoryOptions): Promise<Inventory> {
  const vault = vaultKeys(o);
  const inventory = await vault.read(async () => loadInventory(sourcesOf(o), await loadOptions(o)));
  // Loaded on demand: `inventory list` starts faster without them.
  const [{ renderInventory }, { variableDefaults }] = await Promise.all([
    import('../../inventory/jinja/render.js'),
    import('../../cluster/variables.js'),
  ]);
  return renderInventory(inventory, {
    defaults: variableDefaults(),
    keyring: vault.keyring,
    ...(o.playbookDir === undefined ? {} : { playbookDir: o.playbookDir }),
  });
}

/**
 * Passes the inventories on as they are written: nothing is rendered, only whole files are decrypted, and only what `use` needs
 * is read.
 * @throws InputError as `readInventory` does.
 */
export async function withWrittenInventory<T>(o: InventoryOptions, use: (inventory: Inventory) => T): Promise<T> {
  return vaultKeys(o).with(async () => withInventory(sourcesOf(o), await loadOptions(o), use));
}

function vaultKeys(o: InventoryOptions): VaultKeys {
  return new VaultKeys(withVaultFile(o.vault ?? {}));
}

async function loadOptions(o: InventoryOptions): Promise<LoadOptions> {
  const extraVars = await parseExtraVars([...o.extraVars]);
  return {
    extraVars,
    playbookDir: o.playbookDir,
    allowEmpty: o.allowEmpty,
    ignored: ignoredByConfig(),
    onUnreadable: o.onUnreadable,
  };
}

function sourcesOf(o: InventoryOptions): readonly string[] {
  const sources = inventorySources(o.inventory);
  if (sources.length > 0) return sources;
  throw new InputError({
    what: 'No inventory was given',
    fix: 'Give one with -i (for example -i inventories/sample/hosts.ini) or in ansible.cfg; `kubewright inventory generate` writes one',
  });
}
