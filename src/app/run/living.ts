import type { Bundle } from '../../artifacts/bundle.js';
import { InputErrors, type Warning } from '../../base/errors.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { Change, Components } from '../../cluster/living/changes.js';
import { keep } from '../../cluster/living/keep.js';
import { type LivingCluster, livingCluster } from '../../cluster/living/living-cluster.js';
import { changeText, compare } from '../../cluster/living/refusals.js';
import { resolveCluster } from '../../cluster/resolve.js';
import type { HostFacts } from '../../facts/facts.js';
import type { Inventory } from '../../inventory/model/model.js';
import { ROLES } from '../../roles/registry.js';
import type { ResolvedPlay } from '../plan/resolve-plays.js';

/** The cluster to work towards, and what to say about it. */
export interface Settled {
  readonly cluster: Cluster;
  /** Absent: nothing runs. */
  readonly living?: LivingCluster;
  readonly warnings: readonly Warning[];
  /** Changes of settings that the run makes, in words. */
  readonly changes: readonly string[];
  /** Versions that an upgrade brings. */
  readonly versions: readonly Change[];
}

/**
 * What the inventory means for the cluster that runs: where it says nothing, everything stays as it is.
 *
 * @param compares roles that install are compared with the cluster, an upgrade too; others may run on any cluster.
 * @throws InputErrors with everything that must not change on a living cluster; nothing was touched.
 */
export function settle(
  wanted: Cluster,
  inventory: Inventory,
  bundle: Bundle | undefined,
  allFacts: ReadonlyMap<string, HostFacts>,
  compares: 'install' | 'upgrade' | undefined,
): Settled {
  const living = livingCluster(allFacts);
  if (!living) return { cluster: wanted, warnings: [], changes: [], versions: [] };
  const kubeVersion = bundle?.index.kubeVersion;
  const { cluster } = resolveCluster(inventory, {
    bundle: bundle && { name: bundle.index.name, kubeVersion: bundle.index.kubeVersion },
    kept: keep(living, wanted, kubeVersion, compares === 'upgrade'),
    // Judged when the inventory was read.
    evenEtcd: true,
  });
  if (!compares) return { cluster, living, warnings: [], changes: [], versions: [] };
  const { refusals, changes, warnings } = compare(cluster, componentsOf(cluster, bundle), living, compares === 'upgrade');
  if (refusals.length > 0) throw new InputErrors(refusals);
  const versions = changes.filter((c) => c.kind === 'upgrade');
  return { cluster, living, warnings, changes: changes.filter((c) => !versions.includes(c)).map(changeText), versions };
}

/** Whether a role of the installation is among what was selected. */
export function installs(plays: readonly ResolvedPlay[]): boolean {
  return plays.some(
    (p) => p.hosts.length > 0 && p.items.some((i) => i.selected && i.kind === 'role' && ROLES.get(i.role.name) === i.role),
  );
}

function componentsOf(cluster: Cluster, bundle: Bundle | undefined): Components {
  if (!bundle) return cluster.versions.components;
  return Object.fromEntries(bundle.index.files.map((f) => [f.name, f.version]));
}
