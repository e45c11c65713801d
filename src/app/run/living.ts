import type { Bundle } from '../../artifacts/bundle.js';
import { InputErrors, type Warning } from '../../base/errors.js';
import type { Cluster } from '../../cluster/cluster.js';
import { type Change, type Components, settingChanges } from '../../cluster/living/changes.js';
import { keep } from '../../cluster/living/keep.js';
import { type LivingCluster, livingCluster } from '../../cluster/living/living-cluster.js';
import { stackedEtcd } from '../../cluster/living/member-refusals.js';
import { type Comparison, changeText, compare } from '../../cluster/living/refusals.js';
import { resolveCluster } from '../../cluster/resolve.js';
import type { HostFacts } from '../../facts/facts.js';
import type { Inventory } from '../../inventory/model/model.js';
import { ROLES } from '../../roles/registry.js';
import type { ClusterSource } from '../inventory/read-cluster.js';
import type { ResolvedPlay } from '../plan/resolve-plays.js';

/** What kind of a run is compared with the cluster that it meets. */
export type Compares = 'install' | 'upgrade' | 'operation';

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
 * @param compares roles that install are compared with the cluster, an upgrade too; other operations need an etcd as Kubewright has it; the
 *   rest may run on any cluster.
 * @throws InputErrors with everything that must not change on a living cluster; nothing was touched.
 */
export function settle(
  wanted: Cluster,
  inventory: Inventory,
  bundle: Bundle | undefined,
  allFacts: ReadonlyMap<string, HostFacts>,
  compares: Compares | undefined,
): Settled {
  const living = livingCluster(allFacts);
  if (!living) return { cluster: wanted, warnings: [], changes: [], versions: [] };
  const cluster = keeping(living, { cluster: wanted, inventory, bundle }, compares === 'upgrade');
  if (compares === 'operation') {
    const stacked = stackedEtcd(cluster, living);
    if (stacked.length > 0) throw new InputErrors(stacked);
  }
  if (compares !== 'install' && compares !== 'upgrade') return { cluster, living, warnings: [], changes: [], versions: [] };
  const { refusals, changes, warnings } = compare(cluster, componentsOf(cluster, bundle), living, compares === 'upgrade');
  if (refusals.length > 0) throw new InputErrors(refusals);
  const versions = changes.filter((c) => c.kind === 'upgrade');
  return { cluster, living, warnings, changes: changes.filter((c) => !versions.includes(c)).map(changeText), versions };
}

/** The cluster of the inventory with what runs in place of defaults. */
function keeping(living: LivingCluster, { cluster, inventory, bundle }: Source, upgrade = false): Cluster {
  const kubeVersion = bundle?.index.kubeVersion;
  const options = {
    bundle: bundle && { name: bundle.index.name, kubeVersion: bundle.index.kubeVersion },
    kept: keep(living, cluster, kubeVersion, upgrade),
    // Judged when the inventory was read.
    evenEtcd: true,
  };
  return resolveCluster(inventory, options).cluster;
}

type Source = Pick<ClusterSource, 'cluster' | 'inventory' | 'bundle'>;

/** What `provision` would say to this inventory. */
export function differences(source: Source, living: LivingCluster): Comparison & { readonly cluster: Cluster } {
  const cluster = keeping(living, source);
  return { cluster, ...compare(cluster, componentsOf(cluster, source.bundle), living) };
}

/**
 * Settings in which the cluster is not as the inventory wants it. Versions count where the inventory says them, or where a bundle brings them:
 * what could be downloaded today is not wanted for that.
 * @throws InputErrors where the inventory and what runs do not fit together.
 */
export function drift(source: Source, living: LivingCluster): Change[] {
  const cluster = keeping(living, source);
  const said = (setting: string): boolean => cluster.hosts.some((h) => h.inventoryHost.vars.has(setting));
  return settingChanges(cluster, componentsOf(cluster, source.bundle), living).filter(
    (c) => c.kind !== 'upgrade' || source.bundle !== undefined || said(c.setting),
  );
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
