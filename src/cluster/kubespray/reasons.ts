/** What is said about variables of kubespray that have no effect here. */

/**
 * Why a variable of kubespray has no effect here; the first pattern that matches counts. What is off by default and is not
 * there yet says so, what is solved another way says how.
 */
export const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^(cilium|flannel|kube_ovn|kube_router|macvlan|multus|weave|contiv|romana|kube_network_plugin_multus|canal|cni_(?!version)|custom_cni)/,
    'kube_network_plugin is calico, static-routes or none here',
  ],
  [
    /^(aws_|azure|gcp_|gce|openstack|vsphere|cinder|external_|oci_(?!hooks)|upcloud|hcloud|huawei|cloud_(?!resolver)|storage_|volume_cross|restrict_az|ovirt|rackspace)/,
    'there is no cloud provider here: machines are taken as they are',
  ],
  [/^ipv6_stack$|^enable_dual_stack|_ipv6$|_ip6_/, 'IPv6 is not supported yet: clusters are IPv4 only'],
  [/^ipv4_stack$/, 'clusters are always IPv4'],
  [
    /^kube_config_dir$|^kube_cert_dir$|^kube_manifest_dir$|^kube_script_dir$|^kube_token_dir$|^default_kubelet_config_dir$/,
    "kubeadm's folders below /etc/kubernetes are used",
  ],
  [/^kube_override_hostname$/, 'nodes are named as in the inventory'],
  [/^local_release_dir$/, 'downloads lie in kubewright_cache_dir on their way'],
  [/^retry_stagger$|_retries$|_retry_/, 'Kubewright waits for what it needs and repeats by itself'],
  [
    /^kube_apiserver_bind_address$|^kube_apiserver_ip$/,
    'the API server listens on all addresses, and kubeadm gives it the first service address',
  ],
  [
    /^(etcd|kubelet|kube_proxy|kubeadm|kubectl)_\w*(checksum|download_url)$|_download_url$|_checksum$/,
    'downloads come from the catalogue with its checksums, or from files_repo or a bundle',
  ],
  [/^etcd_deployment_type$/, 'etcd always runs as a service on its hosts (host)'],
  [/^etcd_events|^etcd_backup|^etcd_/, 'etcd runs with the settings that Kubewright names; this one is not among them'],
  [
    /^kube_cert_validity|^kube_ca_cert_validity|^certificates_|^cert_management$/,
    'certificates live as long as kubeadm and etcd-certs make them',
  ],
  [/^auto_renew_certificates/, 'certificates are not renewed by a timer: kubeadm renews them at upgrades'],
  [/^kube_encrypt|^kube_encryption|^secrets_encryption/, 'secrets are not encrypted in etcd yet'],
  [/^kubernetes_audit|^audit_/, 'audit logs are not set up; kube_kubeadm_apiserver_extra_args takes arguments'],
  [
    /^(tls_min_version|tls_cipher_suites|event_ttl_duration|kube_api_|kube_oidc_|kube_token_auth|kube_webhook|authorization_|anonymous|remove_anonymous|podsecuritypolicy|kube_pod_security|kube_profiling)/,
    'not among the settings here; kube_kubeadm_apiserver_extra_args takes any argument of the API server',
  ],
  [
    /^(kube_read_only_port|kube_reserved|system_reserved|kube_(master_)?(cpu|memory|ephemeral_storage|pid)_|system_(master_)?(cpu|memory|ephemeral_storage|pid)_|eviction_|kube_feature_gates|node_feature_gates)/,
    'not among the settings of the kubelet here; kubelet_config_extra_args takes any field of KubeletConfiguration',
  ],
  [/^kubelet_rotate|^kubelet_csr_approver/, 'the kubelet’s server certificate is the one that it signs itself'],
  [/^kubelet_/, 'not among the settings of the kubelet here; kubelet_config_extra_args takes any field of KubeletConfiguration'],
  [
    /^kube_(apiserver|kubeadm|controller|scheduler)|^apiserver_|^controller_manager_|^scheduler_extra/,
    'not among the settings here; kube_kubeadm_{apiserver,controller,scheduler}_extra_args take any argument',
  ],
  [/^loadbalancer_apiserver_|^nginx_config_dir|^haproxy_config_dir/, 'not among the settings of the local load balancer here'],
  [/^kube_log_level$/, 'the log level is 2; kube_kubeadm_{apiserver,controller,scheduler}_extra_args take v'],
  [/^kube_external_ca_mode$/, 'kubeadm makes the CA of the cluster'],
  [/^kube_proxy_/, 'not among the settings of kube-proxy here'],
  [/^kube_vip_/, 'kube-vip is not installed; loadbalancer_apiserver names an external load balancer'],
  [
    /^(download_|skip_downloads|skip_kubeadm_images)/,
    'every file is downloaded once or comes from a bundle; kubewright_bundle and files_repo say where from',
  ],
  [
    /^(quay|gcr|github)_image_repo$|^registry_host$/,
    'it counts only where another setting mentions it; containerd_registries_mirrors names mirrors',
  ],
  [/_image_(repo|tag)$|_images?$/, 'images come from the versions that belong to kube_version'],
  [/^calico_datastore$/, 'Calico keeps its data in Kubernetes (kdd)'],
  [/^(calico_bpf|calico_wireguard|typha|calico_apiserver|calico_rr)/, 'this part of Calico is not set up'],
  [
    /^(global_as_num|peer_with_router|peers?$|peer_with_calico_rr|calico_bgp|calico_advertise|cluster_id$)/,
    'BGP peers and route reflectors are not set up',
  ],
  [/^calico_|^calicoctl/, "not among the settings of Calico here; its manifest's defaults hold"],
  [/^(enable_nodelocaldns|nodelocaldns)/, 'there is no DNS cache on the nodes: pods ask the cluster DNS itself'],
  [
    /^(resolvconf_mode|upstream_dns_servers|nameservers|searchdomains|dns_servers|disable_host_nameservers|remove_default_searchdomains|resolveconf|systemd_resolved|docker_dns|manual_dns)/,
    "the nodes' DNS is left alone",
  ],
  [
    /^(coredns|dns_|dnsautoscaler|deploy_coredns|skydns_server_secondary|enable_coredns|enable_dns_autoscaler|old_dns|cloud_resolver|ndots)/,
    "CoreDNS is installed as kubeadm does it, with kubeadm's defaults",
  ],
  [
    /^(docker|crio|cri_|containerd_|crictl|crun|youki|kata|gvisor|runc_|nerdctl|skopeo|podman|nri_|oci_hooks)/,
    'containerd is the runtime, set up with the settings that Kubewright names',
  ],
  [
    /^(helm|metallb|metrics_server|cert_manager|local_path|local_volume|ingress|argocd|registry_|dashboard|node_feature|gateway_api|prometheus_operator|scheduler_plugins|alb_ingress|netchecker|deploy_netchecker|ingress_publish|persistent_volumes|snapshot|csi_snapshot|nvidia|krew|csi_)/,
    'this addon is not installed: install it with kubectl or helm afterwards',
  ],
  [
    /^(drain_|upgrade_|serial$|reset_|allow_ungraceful|flush_iptables|delete_node|system_upgrade|recover_)/,
    'it belongs to upgrades, resets and removals, which are not there yet',
  ],
  [
    /^(ntp|timezone|sysctl|additional_sysctl|selinux|preinstall_selinux|disable_fapolicyd|pkg_|yum|debian_repo|ubuntu|redhat|rh_|rhel|centos|coreos|openeuler|use_oracle|leave_etc|override_system|allow_unsupported|supported_os|disable_)/,
    "the machine's own administration is left alone",
  ],
  [
    /^(no_proxy_|additional_no_proxy|proxy_|skip_http_proxy|https_proxy_)/,
    'http_proxy, https_proxy and no_proxy say everything about proxies',
  ],
  [/^(credentials_dir|kubeadm_certificate_key)$/, 'secrets are made for one run and never stored here'],
  [/^kubeadm_/, 'not among the settings of kubeadm here'],
  [/^(kubectl_localhost|kubeconfig_)/, 'kubeconfig_localhost and artifacts_dir fetch the kubeconfig; kubectl is yours'],
];

/** What nobody else claims. */
export const OTHERWISE = 'Kubewright knows it from kubespray and does not use it';

/** Of older releases, as of 2.17 and before: inventories that grew with kubespray still have them. */
export const DROPPED: Readonly<Record<string, string>> = {
  containerd_registries: 'containerd_registries_mirrors took its place',
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

/** Of older releases, with the name that the setting has now. */
export const RENAMED: Readonly<Record<string, string>> = {
  nginx_kube_apiserver_port: 'loadbalancer_apiserver_port',
  nginx_kube_apiserver_healthcheck_port: 'loadbalancer_apiserver_healthcheck_port',
  use_localhost_as_kubeapi_loadbalancer: 'loadbalancer_apiserver_localhost',
};
