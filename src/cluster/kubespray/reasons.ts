import { CONTAINER_RUNTIMES } from '../container-runtimes.js';
import { NETWORK_PLUGINS } from '../network-plugins.js';
import { SETTING_NAMES } from '../settings.js';

/** Why variables of kubespray have no effect here. */
export interface Reason {
  readonly names: RegExp;
  readonly why: string;
  /** The pattern also matches settings that do have an effect: the reason is for the others. */
  readonly partly?: true;
}

/** Parts of kubespray by the beginnings of their variables' names; a part that is implemented here drops out of the reasons. */
const NETWORK_PARTS =
  'cilium flannel kube_ovn kube_router macvlan multus weave contiv romana kube_network_plugin_multus canal'.split(' ');
const RUNTIME_PARTS = 'docker(?!_image_repo) crio crun youki kata gvisor nerdctl skopeo podman nri_ oci_hooks'.split(' ');
const ADDON_PARTS = (
  'helm metallb metrics_server cert_manager local_path local_volume ingress argocd registry_ dashboard_(?!insecure_lab) node_feature gateway_api ' +
  'prometheus_operator scheduler_plugins alb_ingress netchecker deploy_netchecker ingress_publish persistent_volumes snapshot ' +
  'csi_snapshot nvidia krew csi_'
).split(' ');

const hasPlugin = (part: string): boolean => NETWORK_PLUGINS.some((name) => name.replaceAll('-', '_') === part);
const hasRuntime = (part: string): boolean => CONTAINER_RUNTIMES.some((name) => name.replaceAll('-', '') === part);
/** kubespray turns each addon on by ADDON_enabled. */
const hasAddon = (part: string): boolean => SETTING_NAMES.some((name) => name.startsWith(part) && name.endsWith('_enabled'));
const ADDONS_HERE = new RegExp(`^(${ADDON_PARTS.filter(hasAddon).join('|')})_`);

function absent(parts: readonly string[], isThere: (part: string) => boolean, why: string): Reason {
  return { names: new RegExp(`^(${parts.filter((p) => !isThere(p)).join('|')})`), why };
}

/** `a`, `a or b`, `a, b or c` */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/**
 * The first pattern that matches counts. What is off by default and not implemented yet says so, what is solved another way says
 * how.
 */
export const REASONS: readonly Reason[] = [
  absent(NETWORK_PARTS, hasPlugin, `kube_network_plugin is ${listed(NETWORK_PLUGINS)} here`),
  { names: /^(cni_(?!version|binary_checksums)|custom_cni)/, why: `kube_network_plugin is ${listed(NETWORK_PLUGINS)} here` },
  {
    names:
      /^(aws_|azure|gcp_|gce|openstack|vsphere|cinder|external_|oci_(?!hooks)|upcloud|hcloud|huawei|cloud_(?!resolver)|storage_|volume_cross|restrict_az|ovirt|rackspace)/,
    why: 'there is no cloud provider here: hosts are taken as they are',
  },
  { names: /^ipv6_stack$|^enable_dual_stack|_ipv6$|_ip6_/, why: 'IPv6 is not supported yet: clusters are IPv4 only' },
  { names: /^ipv4_stack$/, why: 'clusters are always IPv4' },
  {
    names:
      /^kube_config_dir$|^kube_cert_dir$|^kube_manifest_dir$|^kube_script_dir$|^kube_token_dir$|^default_kubelet_config_dir$/,
    why: "kubeadm's directories below /etc/kubernetes are used",
  },
  { names: /^kube_override_hostname$/, why: 'nodes are named as in the inventory' },
  { names: /^local_release_dir$/, why: 'downloads are kept in kubewright_cache_dir until they are installed' },
  { names: /^retry_stagger$|_retries$|_retry_/, why: 'Kubewright waits for what it needs and repeats by itself' },
  {
    names: /^kube_apiserver_bind_address$|^kube_apiserver_ip$/,
    why: 'the API server listens on all addresses, and kubeadm gives it the first service address',
  },
  {
    names: /^(etcd|kubelet|kube_proxy|kubeadm|kubectl)_\w*(checksum|download_url)$|_download_url$|_checksum$/,
    why: 'downloads come from the catalogue with its checksums, or from files_repo or a bundle',
  },
  { names: /^etcd_deployment_type$/, why: 'etcd always runs as a service on its hosts (host)' },
  {
    names: /^etcd_events|^etcd_backup|^etcd_/,
    why: 'etcd runs with the settings that Kubewright has; this one is not among them',
    partly: true,
  },
  {
    names: /^kube_cert_validity|^kube_ca_cert_validity|^certificates_|^cert_management$/,
    why: 'certificates live as long as kubeadm and etcd-certs make them',
  },
  { names: /^kube_encrypt|^kube_encryption|^secrets_encryption/, why: 'secrets are not encrypted in etcd yet' },
  { names: /^kubernetes_audit|^audit_/, why: 'audit logs are not set up; kube_kubeadm_apiserver_extra_args takes arguments' },
  {
    names:
      /^(tls_min_version|tls_cipher_suites|event_ttl_duration|kube_api_|kube_oidc_|kube_token_auth|kube_webhook|authorization_|anonymous|remove_anonymous|podsecuritypolicy|kube_pod_security|kube_profiling)/,
    why: 'not among the settings here; kube_kubeadm_apiserver_extra_args takes any argument of the API server',
  },
  {
    names:
      /^(kube_read_only_port|kube_reserved|system_reserved|kube_(master_)?(cpu|memory|ephemeral_storage|pid)_|system_(master_)?(cpu|memory|ephemeral_storage|pid)_|eviction_|kube_feature_gates|node_feature_gates)/,
    why: 'not among the settings of the kubelet here; kubelet_config_extra_args takes any field of KubeletConfiguration',
  },
  { names: /^kubelet_rotate|^kubelet_csr_approver/, why: 'the kubelet’s server certificate is the one that it signs itself' },
  {
    names: /^kubelet_/,
    why: 'not among the settings of the kubelet here; kubelet_config_extra_args takes any field of KubeletConfiguration',
    partly: true,
  },
  {
    names: /^kube_(apiserver|kubeadm|controller|scheduler)|^apiserver_|^controller_manager_|^scheduler_extra/,
    why: 'not among the settings here; kube_kubeadm_{apiserver,controller,scheduler}_extra_args take any argument',
    partly: true,
  },
  {
    names: /^loadbalancer_apiserver_|^nginx_config_dir|^haproxy_config_dir/,
    why: 'not among the settings of the local load balancer here',
    partly: true,
  },
  { names: /^kube_log_level$/, why: 'the log level is 2; kube_kubeadm_{apiserver,controller,scheduler}_extra_args take v' },
  { names: /^kube_external_ca_mode$/, why: 'kubeadm makes the CA of the cluster' },
  { names: /^kube_proxy_/, why: 'not among the settings of kube-proxy here', partly: true },
  { names: /^kube_vip_/, why: 'kube-vip is not installed; loadbalancer_apiserver names an external load balancer' },
  {
    names: /^(download_|skip_downloads|skip_kubeadm_images)/,
    why: 'every file is downloaded once or comes from a bundle; kubewright_bundle and files_repo say where from',
  },
  {
    names: /^gcr_image_repo$|^registry_host$/,
    why: 'it only counts where another setting mentions it; containerd_registries_mirrors names mirrors',
  },
  { names: ADDONS_HERE, why: 'not among the settings of this add-on here', partly: true },
  { names: /_image_(repo|tag)$|_images?$/, why: 'images come from the versions that belong to kube_version', partly: true },
  { names: /^calico_datastore$/, why: 'Calico keeps its data in Kubernetes (kdd)' },
  { names: /^typha_/, why: "not among the settings of Typha here; its manifest's defaults hold", partly: true },
  { names: /^(calico_bpf|calico_apiserver)/, why: 'this part of Calico is not set up' },
  { names: /^(calico_rr_id|calico_group_id)$/, why: 'every node peers with every route reflector' },
  { names: /^peer_with_calico_rr$/, why: 'hosts in calico_rr are route reflectors, without hosts there is a mesh' },
  { names: /^calico_wireguard_/, why: 'the kernel brings WireGuard, nothing is installed for it', partly: true },
  { names: /^calico_|^calicoctl/, why: "not among the settings of Calico here; its manifest's defaults hold", partly: true },
  { names: /^(enable_nodelocaldns|nodelocaldns)/, why: 'there is no DNS cache on the nodes: pods ask the cluster DNS itself' },
  {
    names:
      /^(resolvconf_mode|upstream_dns_servers|nameservers|searchdomains|dns_servers|disable_host_nameservers|remove_default_searchdomains|resolveconf|systemd_resolved|docker_dns|manual_dns)/,
    why: "the nodes' DNS is left alone",
  },
  {
    names:
      /^(coredns|dns_|dnsautoscaler|deploy_coredns|skydns_server_secondary|enable_coredns|enable_dns_autoscaler|old_dns|cloud_resolver|ndots)/,
    why: "CoreDNS is installed as kubeadm does it, with kubeadm's defaults",
    partly: true,
  },
  absent(RUNTIME_PARTS, hasRuntime, `${listed(CONTAINER_RUNTIMES)} is the runtime, set up with the settings that Kubewright has`),
  {
    names: /^(cri_|containerd_|crictl|runc_)/,
    why: `${listed(CONTAINER_RUNTIMES)} is the runtime, set up with the settings that Kubewright has`,
    partly: true,
  },
  absent(ADDON_PARTS, hasAddon, 'this add-on is not installed: install it with kubectl or helm afterwards'),
  {
    names: /^(drain_|upgrade_|serial$|reset_|allow_ungraceful|flush_iptables|delete_node|system_upgrade|recover_)/,
    why: 'it belongs to upgrades, resets and removals, which do not exist yet',
  },
  {
    names:
      /^(ntp|timezone|sysctl|additional_sysctl|selinux|preinstall_selinux|disable_fapolicyd|pkg_|yum|debian_repo|ubuntu|redhat|rh_|rhel|centos|coreos|openeuler|use_oracle|leave_etc|override_system|allow_unsupported|supported_os|disable_)/,
    why: 'the administration of the host itself is left alone',
  },
  {
    names: /^(no_proxy_|additional_no_proxy|proxy_|skip_http_proxy|https_proxy_)/,
    why: 'http_proxy, https_proxy and no_proxy say everything about proxies',
  },
  { names: /^(credentials_dir|kubeadm_certificate_key)$/, why: 'secrets are made for one run and never stored here' },
  { names: /^kubeadm_/, why: 'not among the settings of kubeadm here', partly: true },
  {
    names: /^(kubectl_localhost|kubeconfig_)/,
    why: 'kubeconfig_localhost and artifacts_dir fetch the kubeconfig; kubectl is yours',
    partly: true,
  },
];

/** For names that no pattern matches. */
export const OTHERWISE = 'Kubewright knows it from kubespray and does not use it';

/** Variables of releases up to 2.17: inventories that grew with kubespray still have them. */
export const DROPPED: Readonly<Record<string, string>> = {
  containerd_registries: 'containerd_registries_mirrors replaced it',
  etcd_kubeadm_enabled: 'etcd always runs as a service on its hosts (host)',
  kube_users_dir: 'there are no users with passwords any more',
  kubeadm_control_plane: 'control planes always join by kubeadm',
  kube_api_pwd: 'there are no users with passwords any more',
  kube_apiserver_insecure_port: 'there is no insecure port any more',
  kube_basic_auth: 'there are no users with passwords any more',
  kube_controller_pod_eviction_timeout: 'Kubernetes has no such setting any more',
  kube_hostpath_dynamic_provisioner: 'there is no provisioner of that kind any more',
  kube_token_auth: 'there is no file of tokens: kubeadm and service accounts have their own',
  kube_users: 'there are no users with passwords any more',
  kubeadm_enabled: 'clusters are always made by kubeadm',
  kubelet_deployment_type: 'the kubelet always runs as a service on its host',
  kubelet_load_modules: 'kernel modules are loaded on the host',
};

/** Variables of older releases, with the name that the setting has now. */
export const RENAMED: Readonly<Record<string, string>> = {
  calico_felix_log_severity_screen: 'calico_loglevel',
  nginx_kube_apiserver_port: 'loadbalancer_apiserver_port',
  nginx_kube_apiserver_healthcheck_port: 'loadbalancer_apiserver_healthcheck_port',
  use_localhost_as_kubeapi_loadbalancer: 'loadbalancer_apiserver_localhost',
};
