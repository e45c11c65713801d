import type { VarValue } from '../../inventory/model/values.js';
import { compareVersions, knownVersions } from '../catalogue.js';
import type { Cluster } from '../cluster.js';
import { NETWORK_PLUGINS } from '../network-plugins.js';
import type { ClusterSettings } from '../settings.js';
import type { Kept } from './kept.js';
import type { LivingCluster } from './living-cluster.js';
import { memberNames, runningSettings } from './running-settings.js';
import { SETTING_CHANGES } from './setting-changes.js';

/** A plugin that Kubewright can look after. */
function isOurs(plugin: unknown): boolean {
  return (NETWORK_PLUGINS as readonly unknown[]).includes(plugin);
}

/** Files of the catalogue whose version is a setting that can be kept. */
const VERSIONS: Readonly<Record<string, string>> = {
  kube_version: 'kubeadm',
  etcd_version: 'etcd',
  containerd_version: 'containerd',
  runc_version: 'runc',
  cni_version: 'cni-plugins',
  calico_version: 'calico-manifest',
};

/** Others that can be read from the cluster, and whose default is another one with kubespray: its inventories do not name them. */
const KEPT_TOO: ReadonlySet<string> = new Set(['kube_proxy_mode']);

/** Settings whose default is made of another one: kept beside a new value of that, they would be the error that is told. */
const FOLLOWS: Readonly<Record<string, keyof ClusterSettings>> = {
  skydns_server: 'kube_service_addresses',
  loadbalancer_apiserver_port: 'kube_apiserver_port',
};

/** Whether the inventory says something else than what runs. */
function differs({ hosts, settings }: Cluster, name: keyof ClusterSettings, running: string | undefined): boolean {
  return hosts.some((h) => h.inventoryHost.vars.has(name)) && running !== undefined && String(settings[name]) !== running;
}

/**
 * @param cluster as the inventory describes it.
 * @param bundleVersion Kubernetes version of the bundle, if files come from one: its versions are not kept, but compared.
 * @param upgrade versions follow those that belong to the wanted Kubernetes, unless newer ones run.
 */
export function keep(living: LivingCluster, cluster: Cluster, bundleVersion: string | undefined, upgrade = false): Kept {
  const running = runningSettings(living, cluster);
  const recorded = living.record?.settings ?? {};
  const settings: Record<string, VarValue> = {};
  for (const [name, kind] of Object.entries(SETTING_CHANGES)) {
    if (kind !== 'fixed' && kind !== 'upgrade' && !KEPT_TOO.has(name)) continue;
    const value = running[name] ?? recorded[name];
    if (value === undefined || value === null || (name === 'kube_network_plugin' && !isOurs(value))) continue;
    const from = FOLLOWS[name];
    if (from !== undefined && differs(cluster, from, running[from])) continue;
    const file = VERSIONS[name];
    if (file !== undefined) {
      // What cannot be had is not kept: then the comparison says so.
      const available = bundleVersion === undefined ? knownVersions(file).includes(String(value)) : value === bundleVersion;
      if (!available || (bundleVersion !== undefined && name !== 'kube_version')) continue;
      if (upgrade && compareVersions(String(value), cluster.versions.components[file] ?? '') <= 0) continue;
    }
    settings[name] = value as VarValue;
  }
  const endpoint = living.configuration?.controlPlaneEndpoint;
  const host = endpoint?.replace(/:\d+$/, '');
  const stays = cluster.settings.loadbalancer_apiserver === undefined && cluster.controlPlane.some((h) => h.accessIp === host);
  return { settings, memberNames: memberNames(living), ...(endpoint !== undefined && stays ? { endpoint } : {}) };
}
