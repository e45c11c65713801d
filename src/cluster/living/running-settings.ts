import { contains, parseSubnet } from '../../base/net/ipv4.js';
import type { ClusterSettings } from '../settings.js';
import type { LivingCluster } from './living-cluster.js';
import { addressOf } from './living-etcd.js';

/** Values of settings that can be read from the cluster itself, also of one that another tool made. Absent: not known. */
export type RunningSettings = Readonly<Record<string, string>>;

interface Named {
  readonly name: string;
}

/** What of a cluster tells where to look; all of it before anything is known of its settings. */
export interface WhoIsWhat {
  readonly hosts: readonly Named[];
  readonly controlPlane: readonly Named[];
  readonly etcd: readonly Named[];
  readonly workers: readonly (Named & { readonly controlPlane: boolean })[];
  readonly settings: Pick<ClusterSettings, 'loadbalancer_apiserver' | 'loadbalancer_apiserver_localhost'>;
}

/** Reads them; where hosts do not agree, the first control plane of the inventory that says something counts. */
export function runningSettings(living: LivingCluster, cluster: WhoIsWhat): RunningSettings {
  const controllers = cluster.controlPlane.flatMap((h) => living.hosts.get(h.name) ?? []);
  const argument = (pod: string, flag: string): string | undefined =>
    controllers.map((l) => l.staticPods[pod]?.args[flag]).find((v) => v !== undefined);
  const { configuration, network } = living;
  const manager = 'kube-controller-manager';
  const pool = network.pools.find((p) => p.cidr === configuration?.podSubnet) ?? network.pools.find((p) => !p.disabled);
  const calico = network.plugin === 'calico';
  const values: Record<string, string | undefined> = {
    kube_version: living.versions.cluster,
    cluster_name: configuration?.dnsDomain,
    // A network that the operator brought is left alone.
    kube_network_plugin: living.record?.settings.kube_network_plugin === 'none' ? 'none' : network.plugin,
    kube_service_addresses: configuration?.serviceSubnet ?? argument('kube-apiserver', 'service-cluster-ip-range'),
    kube_pods_subnet: configuration?.podSubnet ?? argument(manager, 'cluster-cidr') ?? pool?.cidr,
    kube_network_node_prefix: argument(manager, 'node-cidr-mask-size') ?? argument(manager, 'node-cidr-mask-size-ipv4'),
    kube_proxy_mode: living.kubeProxyMode,
    kube_apiserver_port: argument('kube-apiserver', 'secure-port'),
    kube_apiserver_node_port_range: argument('kube-apiserver', 'service-node-port-range'),
    ...kubeletSettings(living, cluster),
    loadbalancer_apiserver_type: localLoadBalancer(living, cluster),
    skydns_server: dnsServer(living),
    etcd_data_dir: dataDir(living, cluster),
    etcd_version: single(cluster.etcd.flatMap((h) => living.etcd.versions.get(h.name) ?? [])),
    containerd_version: single(cluster.hosts.flatMap((h) => living.hosts.get(h.name)?.running.containerd ?? [])),
    calico_network_backend: calico ? network.backend : undefined,
    calico_vxlan_mode: calico ? pool?.vxlanMode : undefined,
    calico_ipip_mode: calico ? pool?.ipipMode : undefined,
    calico_pool_blocksize: calico && pool ? String(pool.blockSize) : undefined,
    nat_outgoing: calico && pool ? String(pool.natOutgoing) : undefined,
  };
  return Object.fromEntries(Object.entries(values).flatMap(([k, v]) => (v === undefined || v === '' ? [] : [[k, v]])));
}

/** Fields of KubeletConfiguration by their settings. */
const KUBELET: Readonly<Record<string, string>> = {
  kubelet_cgroup_driver: 'cgroupDriver',
  kubelet_max_pods: 'maxPods',
  kubelet_fail_swap_on: 'failSwapOn',
  kubelet_fail_cgroup_v1: 'failCgroupV1',
};

/** What all kubelets run with. Where Kubewright has noted what it applied, that counts: its own settings may differ from host to host. */
function kubeletSettings({ record, hosts }: LivingCluster, cluster: WhoIsWhat): Record<string, string | undefined> {
  if (record) return {};
  const kubelets = cluster.hosts.map((h) => hosts.get(h.name)?.kubelet ?? {}).filter((fields) => Object.keys(fields).length > 0);
  return Object.fromEntries(
    Object.entries(KUBELET).map(([setting, field]) => [setting, single(kubelets.map((k) => k[field] ?? ''))]),
  );
}

/** Members by the address of their peers: name in etcd. */
export function memberNames(living: LivingCluster): ReadonlyMap<string, string> {
  return new Map(
    living.etcd.members.flatMap((m) => (m.name === '' ? [] : m.peerUrls.map((url) => [addressOf(url), m.name] as const))),
  );
}

/** The directory that the members themselves name. */
function dataDir(living: LivingCluster, cluster: WhoIsWhat): string | undefined {
  return cluster.etcd
    .map((h) => living.hosts.get(h.name)?.etcd)
    .map((e) => (e && e.data.length > 0 ? (e.env.ETCD_DATA_DIR ?? e.data[0]) : undefined))
    .find((dir) => dir !== undefined);
}

/** Pods by their names in kubespray, which are ours too. */
const LOAD_BALANCERS: Readonly<Record<string, string>> = { haproxy: 'haproxy', 'nginx-proxy': 'nginx' };

/** The local load balancer of the workers; undefined where none is wanted. */
function localLoadBalancer(living: LivingCluster, { settings, workers }: WhoIsWhat): string | undefined {
  if (!(settings.loadbalancer_apiserver_localhost ?? settings.loadbalancer_apiserver === undefined)) return undefined;
  const pods = workers.filter((h) => !h.controlPlane).flatMap((h) => living.hosts.get(h.name)?.otherPods ?? []);
  return single(pods.flatMap((name) => LOAD_BALANCERS[name] ?? []));
}

/** Where kubeadm tells kubelets that the DNS of the cluster answers; not a cache on the nodes, as kubespray has it. */
function dnsServer({ api, configuration }: LivingCluster): string | undefined {
  const [, address] = /^clusterDNS:\s*\n\s*- ['"]?([0-9.]+)/m.exec(api?.configMaps['kubelet-config']?.kubelet ?? '') ?? [];
  const services = parseSubnet(configuration?.serviceSubnet ?? '');
  return address !== undefined && services && contains(services, address) ? address : undefined;
}

/** undefined where there is none, or where they differ. */
function single(values: readonly string[]): string | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}
