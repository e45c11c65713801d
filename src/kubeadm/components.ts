import type { Cluster } from '../cluster/cluster.js';
import type { ClusterSettings } from '../cluster/settings.js';
import { sha256 } from '../tasks/file.js';
import { type ConfigDocument, toYaml } from './render.js';

/** Source: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export function kubeletDocument(cluster: Cluster, s: ClusterSettings): ConfigDocument {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: s.kubelet_cgroup_driver,
    clusterDNS: [s.skydns_server],
    clusterDomain: s.cluster_name,
    failSwapOn: s.kubelet_fail_swap_on,
    ...(s.kubelet_fail_cgroup_v1 !== undefined && cluster.versions.hasFailCgroupV1
      ? { failCgroupV1: s.kubelet_fail_cgroup_v1 }
      : {}),
    maxPods: s.kubelet_max_pods,
    rotateCertificates: true,
    // If omitted, kubeadm detects whether the host runs systemd-resolved.
    ...(s.kubelet_resolv_conf ? { resolvConf: s.kubelet_resolv_conf } : {}),
    ...s.kubelet_config_extra_args,
  };
}

/** Source: https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ */
export function kubeProxyDocument(cluster: Cluster): ConfigDocument {
  const s = cluster.settings;
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: s.kube_proxy_mode,
    clusterCIDR: s.kube_pods_subnet,
    conntrack: { maxPerCore: s.kube_proxy_conntrack_max_per_core, min: s.kube_proxy_conntrack_min },
    ...(s.kube_proxy_mode === 'ipvs' ? { ipvs: { strictARP: s.kube_proxy_strict_arp } } : {}),
  };
}

/** Changes when the kubelets' shared configuration does. */
export function kubeletConfigHash(cluster: Cluster): string {
  return sha256(toYaml([kubeletDocument(cluster, cluster.settings)]));
}
