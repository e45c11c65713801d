import { type Bundle, openBundle } from '../artifacts/bundle.js';
import type { Cluster } from '../cluster/cluster.js';
import { resolveCluster } from '../cluster/resolve.js';
import { variableDefaults } from '../cluster/variables.js';
import { InputError } from '../errors.js';
import { parseExtraVars } from '../inventory/extra-vars.js';
import { renderInventory } from '../inventory/jinja/render.js';
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
  const inventory = await vault.read(async () =>
    loadInventory(sources, {
      extraVars: await parseExtraVars([...o.extraVars]),
      playbookDir: o.playbookDir,
      allowEmpty: o.allowEmpty,
    }),
  );
  if (o.raw) return inventory;
  return renderInventory(inventory, {
    defaults: variableDefaults(),
    keyring: vault.keyring,
    ...(o.playbookDir === undefined ? {} : { playbookDir: o.playbookDir }),
  });
}

export interface ClusterSource {
  readonly inventory: Inventory;
  readonly cluster: Cluster;
  readonly bundle: Bundle | undefined;
  readonly warnings: readonly string[];
}

/** Inventory, bundle and the validated cluster. The caller closes the bundle. */
export async function readCluster(o: InventoryOptions & { readonly bundle?: string }): Promise<ClusterSource> {
  const inventory = await readInventory(o);
  const path = o.bundle ?? bundleSetting(inventory);
  const bundle = path === undefined ? undefined : await openBundle(path);
  try {
    const { cluster, warnings } = resolveCluster(inventory, {
      bundle: bundle && { name: bundle.index.name, kubeVersion: bundle.index.kubeVersion },
    });
    return { inventory, cluster, bundle, warnings };
  } catch (error) {
    await bundle?.close();
    throw error;
  }
}

/** `kubewright_bundle` must be known before the settings can be validated: the default version is the bundle's. */
export function bundleSetting(inventory: Inventory): string | undefined {
  for (const host of inventory.hosts.values()) {
    const value = host.vars.get('kubewright_bundle')?.value;
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
