/** What `kube_network_plugin` may say, the default first. `roles/network/plugins.ts` has what each does. */
export const NETWORK_PLUGINS = ['calico', 'static-routes', 'none'] as const;

export type NetworkPluginName = (typeof NETWORK_PLUGINS)[number];
