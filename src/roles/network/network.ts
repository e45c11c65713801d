import type { Task } from '../../tasks/task.js';
import { isNew, isNode, type Role, type RoleContext } from '../role.js';
import { pluginOf } from './plugins.js';

/** The pod network that `kube_network_plugin` names. */
export const network: Role = {
  name: 'network',
  tasks(ctx) {
    const done = new Set(early(ctx).map((t) => t.id));
    return pluginOf(ctx.cluster.settings)
      .tasks(ctx)
      .filter((t) => !done.has(t.id));
  },
};

/** What a new cluster can have of it while its hosts join: each of them then starts its network when it has joined. */
export const earlyNetwork: Role = { name: 'early-network', tasks: early };

/** What it waits for after the cluster DNS was installed. */
export const lateNetwork: Role = {
  name: 'late-network',
  tasks: (ctx) => (ctx.host === ctx.cluster.controlPlane[0] ? (pluginOf(ctx.cluster.settings).lastTasks?.(ctx) ?? []) : []),
};

/** In a cluster that runs nothing is early. */
function early(ctx: RoleContext): readonly Task[] {
  const { cluster, host } = ctx;
  const joining = cluster.hosts.some((h) => h !== host && isNode(h));
  if (!isNew(ctx) || !joining || host !== cluster.controlPlane[0]) return [];
  return pluginOf(cluster.settings).earlyTasks?.(ctx) ?? [];
}
