import type { Cluster } from '../../../cluster/cluster.js';
import type { Role, RoleContext } from '../../role.js';
import { reset } from '../reset/reset.js';
import { keepEtcdCa, receiveEtcdCa, removeMember } from './members.js';
import { clusterConfigs, deleteNode, drain } from './objects.js';
import type { RemoveOptions } from './remove-options.js';
import { tidy } from './tidy.js';

/**
 * Takes nodes out of a cluster, of any kind, the first ones of the inventory too. What can be taken back comes first (draining), then
 * etcd, with its quorum counted before and after each member; a node is deleted when nothing runs on its host any more, because
 * deleting it stops nothing there.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
 */
export function remove(o: RemoveOptions): Role[] {
  const once = (name: string, tasks: Role['tasks'], on: string): Role => ({
    name,
    tasks: (ctx) => (ctx.host.name === on ? tasks(ctx) : []),
  });
  const leaving = new Set(o.removed.map((h) => h.name));
  return [
    once('remove-drain', (ctx) => o.removed.flatMap((h) => drain(ctx, h, o)), o.coordinator),
    { name: 'remove-keep-ca', tasks: (ctx) => (leaving.has(ctx.host.name) ? keepEtcdCa(ctx) : []) },
    once(
      'remove-receive-ca',
      (ctx) =>
        receiveEtcdCa(
          ctx,
          o.removed.filter((h) => h.etcd && !o.dead.has(h.name)),
        ),
      o.member,
    ),
    once('remove-member', (ctx) => o.removed.filter((h) => h.etcd).flatMap((h) => removeMember(ctx, h, o.rest)), o.member),
    { name: 'remove-reset', tasks: (ctx) => (leaving.has(ctx.host.name) ? reset.tasks(ctx) : []) },
    once('remove-delete', (ctx) => o.removed.map((h) => deleteNode(ctx, h)), o.coordinator),
    once('remove-configs', (ctx) => clusterConfigs(ctx, o.removed, o.rest), o.coordinator),
    { name: 'remove-tidy', tasks: (ctx) => (leaving.has(ctx.host.name) ? [] : tidy(within(ctx, o.rest))) },
  ];
}

/** The same host in the cluster that stays. */
function within(ctx: RoleContext, rest: Cluster): RoleContext {
  return { ...ctx, cluster: rest };
}
