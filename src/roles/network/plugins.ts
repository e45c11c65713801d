import type { NetworkPluginName } from '../../cluster/network-plugins.js';
import type { ClusterSettings } from '../../cluster/settings.js';
import { calico } from './calico/calico.js';
import { none } from './none.js';
import type { NetworkPlugin } from './plugin.js';
import { staticRoutes } from './static-routes.js';

/** Every plugin that `kube_network_plugin` may name. */
const PLUGINS: Readonly<Record<NetworkPluginName, NetworkPlugin>> = { calico, 'static-routes': staticRoutes, none };

/** The plugin that the settings ask for. */
export function pluginOf(s: ClusterSettings): NetworkPlugin {
  return PLUGINS[s.kube_network_plugin];
}
