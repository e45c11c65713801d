import type { ErrorParts } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
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
          why: 'Without etcd_member_name a member is named etcdN, N its position in the group',
          fix: 'Give each an etcd_member_name of its own, or take them all out',
        };
  });
}

/** An even number of members is one too many, or one too few. */
export function etcdProblems(etcd: readonly Host[], settings: ClusterSettings, inventory: Inventory): ErrorParts[] {
  // Without etcd members of their own the control planes are it.
  const written = (inventory.groups.get('etcd')?.hosts.length ?? 0) > 0 && groupPlace(inventory, 'etcd') !== undefined;
  if (etcd.length % 2 === 1 || settings.kubewright_preflight_ignore.includes('etcd-even')) return [];
  return [
    {
      what: `${etcd.length} etcd members: the number must be odd`,
      where: groupPlace(inventory, written ? 'etcd' : 'kube_control_plane') ?? firstFile(inventory),
      why: `${etcd.length} members survive no more failures than ${etcd.length - 1}, and need one more to agree`,
      fix: `List ${etcd.length - 1} or ${etcd.length + 1} hosts under [etcd] (or kubewright_preflight_ignore: [etcd-even])`,
    },
  ];
}
