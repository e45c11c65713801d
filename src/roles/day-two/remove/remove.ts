import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import type { Role, RoleContext } from '../../role.js';
import { reset } from '../reset/reset.js';
import { balancer, endForGood } from './api-server.js';
import { keepEtcdCa, receiveEtcdCa, removeMember } from './members.js';
import { clusterConfigs, deleteNode, drain } from './objects.js';
import { type RemoveOptions, without } from './remove-options.js';
import { tidy } from './tidy.js';

/**
 * Takes nodes out of a cluster, of any kind, the first ones of the inventory too. What can be taken back comes first (draining, and the
 * load balancers, so that no client finds an API server gone), then etcd, with its quorum counted before and after each member; a node is
 * deleted when nothing runs on its host any more, because deleting it stops nothing there.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
 */
export function remove(o: RemoveOptions): Role[] {
  const leaves = (ctx: RoleContext): boolean => o.removed.includes(ctx.host.name);
  const leaving = (ctx: RoleContext): ClusterHost[] => ctx.cluster.hosts.filter((h) => o.removed.includes(h.name));
  const rest = (ctx: RoleContext): Cluster => without(ctx.cluster, o.removed);
  // Nothing is asked of a dead API server any more: a load balancer that fails must not keep it in the cluster.
  const told = (ctx: RoleContext): boolean => leaving(ctx).some((h) => h.controlPlane && !o.dead.has(h.name));
  const once = (name: string, on: string, tasks: Role['tasks']): Role => ({
    name,
    tasks: (ctx) => (ctx.host.name === on ? tasks(ctx) : []),
  });
  return [
    once('remove-drain', o.coordinator, (ctx) => leaving(ctx).flatMap((h) => drain(ctx, h, o))),
    { name: 'remove-balancers', tasks: (ctx) => (leaves(ctx) || !told(ctx) ? [] : balancer({ ...ctx, cluster: rest(ctx) })) },
    { name: 'remove-keep-ca', tasks: (ctx) => (leaves(ctx) ? keepEtcdCa(ctx) : []) },
    once('remove-receive-ca', o.member, (ctx) =>
      receiveEtcdCa(
        ctx,
        leaving(ctx).filter((h) => h.etcd && !o.dead.has(h.name)),
      ),
    ),
    once('remove-member', o.member, (ctx) => leaving(ctx).flatMap((h) => (h.etcd ? removeMember(ctx, h) : []))),
    { name: 'remove-reset', tasks: (ctx) => (leaves(ctx) ? [...endForGood(ctx), ...reset.tasks(ctx)] : []) },
    once('remove-delete', o.coordinator, (ctx) => leaving(ctx).map((h) => deleteNode(ctx, h))),
    once('remove-configs', o.coordinator, (ctx) => clusterConfigs(ctx, leaving(ctx), rest(ctx))),
    { name: 'remove-tidy', tasks: (ctx) => (leaves(ctx) ? [] : tidy({ ...ctx, cluster: rest(ctx) }, told(ctx))) },
  ];
}
