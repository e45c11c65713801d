import type { ErrorParts } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import { etcdSizeProblem } from '../../inventory/model/etcd-size.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import type { ClusterHost } from '../cluster.js';
import type { ClusterSettings } from '../settings.js';
import { firstFile, groupPlace, whereOf } from './findings.js';

/** etcd tells its members apart by their names. */
export function memberProblems(hosts: readonly ClusterHost[]): ErrorParts[] {
  const seen = new Map<string, ClusterHost>();
  return hosts.flatMap((host) => {
    const name = host.etcdMemberName;
    if (name === undefined) return [];
    const other = seen.get(name);
    if (other === undefined) seen.set(name, host);
    const place = (h: ClusterHost): Place | undefined => whereOf(h.inventoryHost, 'etcd_member_name');
    return other === undefined
      ? []
      : {
          what: `${other.name} and ${host.name} are the same etcd member ${name}`,
          where: place(host) ?? place(other) ?? host.inventoryHost.source,
          why: 'Without etcd_member_name a member is named etcdN, where N is its position in the group',
          fix: 'Give each its own etcd_member_name, or remove them all',
        };
  });
}

/** Hosts that etcd runs on, in the order of their group; without one of its own on the control planes. */
export function etcdMembers(inventory: Inventory, controlPlane: readonly Host[]): readonly Host[] {
  const members = (inventory.groups.get('etcd')?.hosts ?? []).flatMap((name) => inventory.hosts.get(name) ?? []);
  return members.length > 0 ? members : controlPlane;
}

/** The name of the n-th member (from 0) in etcd, where `etcd_member_name` gives none. */
export function usualMemberName(n: number): string {
  return `etcd${n + 1}`;
}

/** An even number of members. */
export function etcdProblems(etcd: readonly Host[], settings: ClusterSettings, inventory: Inventory): ErrorParts[] {
  // Without an etcd group the control planes are the members.
  const written = (inventory.groups.get('etcd')?.hosts.length ?? 0) > 0 && groupPlace(inventory, 'etcd') !== undefined;
  const problem = etcdSizeProblem(etcd.length);
  if (!problem || settings.kubewright_preflight_ignore.includes('etcd-even')) return [];
  return [
    {
      ...problem,
      where: groupPlace(inventory, written ? 'etcd' : 'kube_control_plane') ?? firstFile(inventory),
      fix: `List ${etcd.length - 1} or ${etcd.length + 1} hosts under [etcd] (or kubewright_preflight_ignore: [etcd-even])`,
    },
  ];
}
