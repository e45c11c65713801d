import { type Bundle, openBundle } from '../../artifacts/bundle.js';
import type { Warning } from '../../base/errors.js';
import { otherThanBundled } from '../../cluster/checks/version-check.js';
import type { Cluster } from '../../cluster/cluster.js';
import { resolveCluster } from '../../cluster/resolve.js';
import type { Inventory } from '../../inventory/model/model.js';
import { type InventoryOptions, readInventory } from './read.js';

export interface ClusterSource {
  readonly inventory: Inventory;
  readonly cluster: Cluster;
  readonly bundle: Bundle | undefined;
  readonly warnings: readonly Warning[];
}

/** The inventory, the bundle and the validated cluster. The caller closes the bundle. */
export async function readCluster(
  o: InventoryOptions & { readonly bundle?: string; readonly evenEtcd?: boolean },
): Promise<ClusterSource> {
  const inventory = await readInventory(o);
  const path = o.bundle ?? bundleSetting(inventory);
  const bundle = path === undefined ? undefined : await openBundle(path);
  try {
    const { cluster, warnings } = resolveCluster(inventory, {
      bundle: bundle && { name: bundle.index.name, kubeVersion: bundle.index.kubeVersion },
      evenEtcd: o.evenEtcd ?? false,
    });
    return { inventory, cluster, bundle, warnings: [...warnings, ...(bundle ? otherThanBundled(cluster, bundle.index) : [])] };
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
