import { keep } from '../../src/cluster/living/keep.js';
import { livingCluster } from '../../src/cluster/living/living-cluster.js';
import { type Comparison, compare } from '../../src/cluster/living/refusals.js';
import { resolveCluster } from '../../src/cluster/resolve.js';
import type { VarValue } from '../../src/inventory/model/values.js';
import { type SampleOptions, sampleInventory } from './cluster.js';
import { type Edit, livingFacts } from './living.js';

/** A bundle of what runs. */
export const SAME = { kubelet: '1.36.3', kubeadm: '1.36.3', kubectl: '1.36.3', etcd: '3.6.16', containerd: '2.4.2' };

/** The inventory against the sample's living cluster. */
export function against(
  vars: Readonly<Record<string, VarValue>>,
  o: SampleOptions & {
    edit?: Edit;
    hosts?: Readonly<Record<string, Edit>>;
    bundle?: Record<string, string>;
    etcdOrder?: string[];
  } = {},
): Comparison & { cluster: ReturnType<typeof resolveCluster>['cluster'] } {
  const files = o.bundle ?? SAME;
  const inventory = sampleInventory({ ...o, vars });
  const etcd = inventory.groups.get('etcd');
  if (o.etcdOrder && etcd)
    (inventory.groups as Map<string, unknown>).set('etcd', { ...etcd, hosts: o.etcdOrder, directHosts: o.etcdOrder });
  const bundle = { name: 'test', kubeVersion: files.kubelet ?? '' };
  const living = livingCluster(livingFacts(o.edit, o.hosts));
  if (!living) throw new Error('nothing lives');
  const first = resolveCluster(inventory, { bundle }).cluster;
  const { cluster } = resolveCluster(inventory, { bundle, kept: keep(living, first, bundle.kubeVersion) });
  return { cluster, ...compare(cluster, files, living) };
}
