import type { ApiFacts, IpPool, LivingFacts } from '../../facts/living/living-facts.js';
import type { NetworkPluginName } from '../network-plugins.js';
import type { AppliedRecord } from './record.js';

/** A network plugin, by the name of its setting where Kubewright has it, else as its files are named. */
export type PluginSeen = NetworkPluginName | 'flannel' | 'cilium' | 'other';

/** Beginnings of configurations in /etc/cni/net.d. */
const FILES: readonly (readonly [RegExp, PluginSeen])[] = [
  [/calico|canal/, 'calico'],
  [/kubewright/, 'static-routes'],
  [/flannel/, 'flannel'],
  [/cilium/, 'cilium'],
];

/** The plugin whose configuration the kubelets use: the first of each host's; the one that most hosts have. */
export function networkOf(
  hosts: ReadonlyMap<string, LivingFacts>,
  api: ApiFacts | undefined,
  record: AppliedRecord | undefined,
): { readonly plugin?: PluginSeen; readonly backend?: string; readonly pools: readonly IpPool[] } {
  const count = new Map<PluginSeen, number>();
  for (const { cni } of hosts.values()) {
    const [first] = cni.filter((f) => !/loopback|nerdctl|podman/.test(f));
    if (first === undefined) continue;
    const plugin = FILES.find(([name]) => name.test(first))?.[1] ?? 'other';
    count.set(plugin, (count.get(plugin) ?? 0) + 1);
  }
  const [most] = [...count].sort(([, a], [, b]) => b - a);
  const backend = api?.configMaps['calico-config']?.calico_backend;
  // Tigera's operator has Calico in other namespaces, and keeps it as it wants it.
  const operator = most?.[0] === 'calico' && api !== undefined && !record && api.configMaps['calico-config'] === undefined;
  const plugin = operator ? 'other' : most?.[0];
  return { ...(plugin === undefined ? {} : { plugin }), ...(backend ? { backend } : {}), pools: api?.ipPools ?? [] };
}
