import type { ClusterHost } from '../../../cluster/cluster.js';
import { client } from '../../apps/client.js';
import { controlPlane } from '../../kubernetes/control-plane.js';
import { record } from '../../kubernetes/record.js';
import { nodes } from '../../kubernetes/wait-for-nodes.js';
import { network } from '../../network/network.js';
import { podSubnets } from '../../network/pod-subnets.js';
import type { Role, RoleContext } from '../../role.js';
import { etcdSnapshot } from '../etcd/snapshot.js';
import { upgradeControlPlane } from './control-plane.js';
import { drain, kubeProxyRolledOut, uncordon } from './drain.js';
import { fetch } from './fetch.js';
import { upgradeMember } from './members.js';
import { upgradeNode } from './node.js';
import type { UpgradeOptions } from './upgrade-options.js';

/** Roles of the plays that each batch of workers has for itself, in order. */
export const BATCH_ROLES = ['upgrade-drain', 'upgrade-worker', 'upgrade-uncordon'] as const;

/** The name under which a batch's role is known, counted from 0: the first one has the plain name. */
export function batchRole(name: string, batch: number): string {
  return batch === 0 ? name : `${name}-${batch + 1}`;
}

/**
 * One step to a newer version, at most to the next minor one. Every task looks at what runs, so a run that was cut off goes on when it
 * is started again, and a node that is done is left alone. etcd comes before the API servers, which may want a newer one; workers come
 * last, because a kubelet must not be newer than any API server that it may reach.
 * Source: https://kubernetes.io/releases/version-skew-policy/
 */
export function upgrade(o: UpgradeOptions): Role[] {
  const workers = (ctx: RoleContext, batch: readonly string[]): ClusterHost[] =>
    ctx.cluster.hosts.filter((h) => batch.includes(h.name));
  const onCoordinator = (ctx: RoleContext): boolean => ctx.host.name === o.coordinator;
  const snapshot = etcdSnapshot({ member: o.snapshotOf ?? '', stamp: o.stamp });
  return [
    snapshot,
    { name: 'upgrade-fetch', tasks: fetch },
    { name: 'upgrade-member', tasks: upgradeMember },
    { name: 'upgrade-control-plane', tasks: (ctx) => upgradeControlPlane(ctx, o.drainTimeout) },
    { name: 'upgrade-settings', tasks: settings },
    { name: 'upgrade-pod-subnets', tasks: podSubnets.tasks },
    { name: 'upgrade-network', tasks: network.tasks },
    ...o.batches.flatMap((batch, i): Role[] => [
      {
        name: batchRole('upgrade-drain', i),
        tasks: (ctx) =>
          onCoordinator(ctx)
            ? [kubeProxyRolledOut(ctx), ...workers(ctx, batch).flatMap((h) => drain(ctx, h, o.drainTimeout))]
            : [],
      },
      { name: batchRole('upgrade-worker', i), tasks: (ctx) => (batch.includes(ctx.host.name) ? upgradeNode(ctx) : []) },
      {
        name: batchRole('upgrade-uncordon', i),
        tasks: (ctx) => (onCoordinator(ctx) ? workers(ctx, batch).map((h) => uncordon(ctx, h)) : []),
      },
    ]),
    { name: 'upgrade-nodes', tasks: nodes.tasks },
    { name: 'upgrade-record', tasks: record.tasks },
  ];
}

/** What kubeadm does not do, and what it undoes: our configuration for it, kube-proxy's, root's kubeconfig. */
function settings(ctx: RoleContext): ReturnType<Role['tasks']> {
  // Certificates of etcd are made by provision and `certs renew`, not here.
  const own = controlPlane.tasks(ctx).filter((t) => !/^control-plane\/(etcd-ca|cert-)/.test(t.id));
  return [...own, ...client.tasks(ctx)];
}
