import type { ClusterSettings } from '../../cluster/settings.js';
import type { KernelModule } from '../../tasks/kernel.js';
import { pluginOf } from '../network/plugins.js';
import { runtimeOf } from '../runtime/runtimes.js';

/**
 * Kernel features that a node needs; the role `os` loads them, preflight asks for them first.
 * Source: https://kubernetes.io/docs/setup/production-environment/container-runtimes/#network-configuration
 */
export function modulesFor(s: ClusterSettings): KernelModule[] {
  return [
    ...runtimeOf(s).modules,
    { name: 'br_netfilter', path: '/proc/sys/net/bridge/bridge-nf-call-iptables' },
    { name: 'nf_conntrack', path: '/proc/sys/net/netfilter/nf_conntrack_max' },
    ...(s.kube_proxy_mode === 'ipvs' ? [{ name: 'ip_vs', path: '/proc/net/ip_vs' }] : []),
    ...(pluginOf(s).modules?.(s) ?? []),
  ];
}
