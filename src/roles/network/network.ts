import type { Task } from '../../tasks/task.js';
import { isNode, type Role, type RoleContext } from '../role.js';
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

/** In a cluster that runs nothing is early. */
function early(ctx: RoleContext): readonly Task[] {
  const { cluster, host, allFacts } = ctx;
  const living = [...allFacts.values()].some((f) => f.isNode);
  const joining = cluster.hosts.some((h) => h !== host && isNode(h));
  if (living || !joining || host !== cluster.controlPlane[0]) return [];
  return pluginOf(cluster.settings).earlyTasks?.(ctx) ?? [];
}
