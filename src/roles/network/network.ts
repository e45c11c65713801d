import type { Role } from '../role.js';
import { pluginOf } from './plugins.js';

/** The pod network that `kube_network_plugin` names. */
export const network: Role = {
  name: 'network',
  tasks: (ctx) => pluginOf(ctx.cluster.settings).tasks(ctx),
};
