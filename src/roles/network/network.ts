import type { Role } from '../role.js';
import { calicoTasks } from './calico.js';
import { staticRoutesTasks } from './static-routes.js';

/** The plugin that `kube_network_plugin` names. `none`: the operator brings one; nodes stay NotReady until then. */
export const network: Role = {
  name: 'network',
  tasks(ctx) {
    switch (ctx.cluster.settings.kube_network_plugin) {
      case 'calico':
        return calicoTasks(ctx);
      case 'static-routes':
        return staticRoutesTasks(ctx);
      default:
        return [];
    }
  },
};
