import { byName, type Cluster, type ClusterHost } from '../cluster/cluster.js';
import type { ClusterSettings } from '../cluster/settings.js';
import { type KubeadmApi, minorOf } from '../cluster/versions.js';
import { APISERVER_ETCD } from '../pki/etcd-certs.js';
import { kubeletDocument, kubeProxyDocument } from './components.js';
import { clusterDocument, initDocument, joinDocument, toYaml } from './render.js';
import type { ClusterConfiguration, NodeRegistration } from './types.js';

/** The host that a configuration is written for. */
export interface KubeadmHost {
  readonly cluster: Cluster;
  readonly host: ClusterHost;
  /** Path of the container runtime's CRI socket. */
  readonly criSocket: string;
}

/** What hands the cluster on to joining hosts. Secret. */
export interface JoinSecrets {
  /** kubeadm bootstrap token. */
  readonly token: string;
  /** Hex key that encrypts the uploaded certificates of the control plane. */
  readonly certificateKey: string;
}

/** kubeadm's own checks that ours replace, or that a second run would fail. */
const IGNORED_CHECKS = [
  'NumCPU',
  'Mem',
  'Port-10250',
  'Port-10257',
  'Port-10259',
  'DirAvailable--etc-kubernetes-manifests',
  'FileAvailable--etc-kubernetes-kubelet.conf',
  'FileAvailable--etc-kubernetes-bootstrap-kubelet.conf',
  'FileAvailable--etc-kubernetes-pki-ca.crt',
];

/** Where clients find the API: the load balancer that the operator named, where they find it already, else the first control plane. */
export function controlPlaneEndpoint(cluster: Cluster): string {
  const s = cluster.settings;
  if (s.loadbalancer_apiserver) {
    const { address, port } = s.loadbalancer_apiserver;
    return `${s.apiserver_loadbalancer_domain_name ?? address}:${port ?? s.kube_apiserver_port}`;
  }
  return cluster.endpoint ?? `${cluster.controlPlane[0]?.accessIp}:${s.kube_apiserver_port}`;
}

/** True if workers reach the API through their own load balancer on 127.0.0.1. */
export function usesLocalLoadBalancer(cluster: Cluster): boolean {
  const s = cluster.settings;
  return s.loadbalancer_apiserver_localhost ?? s.loadbalancer_apiserver === undefined;
}

/** Everything about the cluster, without secrets: the same text on every control plane except for its own address. */
export function initConfig(target: KubeadmHost): string {
  const { cluster, host } = target;
  const api = apiOf(cluster);
  return toYaml([
    initDocument(api, {
      nodeRegistration: registration(target),
      localAPIEndpoint: { advertiseAddress: host.ip, bindPort: cluster.settings.kube_apiserver_port },
      bootstrapTokens: [],
    }),
    clusterDocument(api, clusterConfiguration(cluster)),
    kubeletDocument(cluster, host.settings),
    kubeProxyDocument(cluster),
  ]);
}

/** What lets hosts join: a token for an hour and the key of the uploaded certificates. Secret. */
export function handOverConfig(target: KubeadmHost, { token, certificateKey }: JoinSecrets): string {
  const { cluster, host } = target;
  const api = apiOf(cluster);
  return toYaml([
    initDocument(api, {
      nodeRegistration: registration(target),
      localAPIEndpoint: { advertiseAddress: host.ip, bindPort: cluster.settings.kube_apiserver_port },
      bootstrapTokens: [{ token, ttl: '1h0m0s', description: 'kubewright: nodes joining in one run' }],
      certificateKey,
    }),
    clusterDocument(api, clusterConfiguration(cluster)),
    kubeletDocument(cluster, host.settings),
    kubeProxyDocument(cluster),
  ]);
}

/**
 * Secret: it holds the token, and for control planes the certificate key.
 *
 * @param caHash `sha256:HEX` of the public key of the cluster's CA.
 */
export function joinConfig(target: KubeadmHost, { token, certificateKey }: JoinSecrets, caHash: string): string {
  const { cluster, host } = target;
  return toYaml([
    joinDocument(apiOf(cluster), {
      nodeRegistration: registration(target),
      discovery: { apiServerEndpoint: controlPlaneEndpoint(cluster), token, caCertHashes: [caHash] },
      ...(host.controlPlane
        ? {
            controlPlane: {
              localAPIEndpoint: { advertiseAddress: host.ip, bindPort: cluster.settings.kube_apiserver_port },
              certificateKey,
            },
          }
        : {}),
    }),
  ]);
}

/** Names and addresses that clients use for the API, beside those that kubeadm adds by itself. */
export function apiServerNames(cluster: Cluster): string[] {
  const s = cluster.settings;
  const names = new Set([
    'localhost',
    '127.0.0.1',
    ...byName(cluster.controlPlane).flatMap((h) => [h.name, h.ip, h.accessIp]),
    ...(s.loadbalancer_apiserver ? [s.loadbalancer_apiserver.address] : []),
    ...(s.apiserver_loadbalancer_domain_name ? [s.apiserver_loadbalancer_domain_name] : []),
    ...s.supplementary_addresses_in_ssl_keys,
  ]);
  return [...names];
}

function clusterConfiguration(cluster: Cluster): ClusterConfiguration {
  const s = cluster.settings;
  return {
    clusterName: s.cluster_name,
    kubernetesVersion: `v${s.kube_version}`,
    controlPlaneEndpoint: controlPlaneEndpoint(cluster),
    imageRepository: cluster.versions.imageRegistry,
    ...dnsImage(cluster),
    certificatesDir: '/etc/kubernetes/pki',
    networking: { dnsDomain: s.cluster_name, serviceSubnet: s.kube_service_addresses, podSubnet: s.kube_pods_subnet },
    etcd: {
      // Sorted: another order in the inventory restarts no API server.
      endpoints: byName(cluster.etcd).map((m) => `https://${m.accessIp}:2379`),
      caFile: APISERVER_ETCD.ca,
      certFile: APISERVER_ETCD.cert,
      keyFile: APISERVER_ETCD.key,
    },
    apiServer: {
      extraArgs: {
        'service-node-port-range': s.kube_apiserver_node_port_range,
        // Losing one control plane must not remove the endpoints of the others.
        'endpoint-reconciler-type': 'lease',
        ...s.kube_kubeadm_apiserver_extra_args,
      },
      certSANs: apiServerNames(cluster),
    },
    controllerManager: {
      extraArgs: { 'node-cidr-mask-size': String(s.kube_network_node_prefix), ...s.kube_kubeadm_controller_extra_args },
    },
    scheduler: { extraArgs: { ...s.kube_kubeadm_scheduler_extra_args } },
  };
}

/**
 * The path of CoreDNS that mirrors have, as kubespray's do: REGISTRY/coredns/coredns. From another registry than its own kubeadm would pull
 * REGISTRY/coredns (kubernetes#102502). Before 1.21 the image was REGISTRY/coredns everywhere.
 */
function dnsImage(cluster: Cluster): Pick<ClusterConfiguration, 'dnsImage'> {
  const { kube_image_repo: mirror, kube_version } = cluster.settings;
  if (mirror === undefined || minorOf(kube_version) < 21) return {};
  return { dnsImage: { imageRepository: `${mirror}/coredns` } };
}

function registration({ cluster, host, criSocket }: KubeadmHost): NodeRegistration {
  return {
    name: host.name,
    criSocket: cluster.versions.criSocketIsUrl ? `unix://${criSocket}` : criSocket,
    // A host that is both runs pods: that is what listing it among the workers means.
    taints:
      host.controlPlane && !host.worker ? cluster.versions.controlPlaneTaints.map((key) => ({ key, effect: 'NoSchedule' })) : [],
    kubeletExtraArgs: { 'node-ip': host.ip },
    ignorePreflightErrors: [...IGNORED_CHECKS, ...toleratedChecks(host.settings)],
  };
}

/** kubeadm's checks that the settings of a host make pass, also in an upgrade: it does not remember those of the join. */
export function toleratedChecks(s: ClusterSettings): string[] {
  return [...(s.kubelet_fail_swap_on ? [] : ['Swap']), ...(s.kubelet_fail_cgroup_v1 === false ? ['SystemVerification'] : [])];
}

function apiOf(cluster: Cluster): KubeadmApi {
  return cluster.versions.kubeadmApi;
}
