import type { VarValue } from '../inventory/model/values.js';
import { defaultKubeVersion } from './catalogue.js';
import { defaultSettings } from './settings.js';

/** The n-th address of the service subnet, as kubespray's group_vars calculate it. */
const nth = (n: number): string =>
  `{{ kube_service_subnets.split(',') | first | ipaddr('net') | ipaddr(${n}) | ipaddr('address') }}`;

/**
 * Variables that kubespray gives defaults to and that group_vars written for it mention. Raw: they follow what the user sets.
 * Source: https://github.com/kubernetes-sigs/kubespray/tree/master/roles/kubespray_defaults
 */
const DERIVED: Readonly<Record<string, VarValue>> = {
  ipv4_stack: true,
  ipv6_stack: false,
  dns_domain: '{{ cluster_name }}',
  ndots: 2,
  kube_config_dir: '/etc/kubernetes',
  kube_manifest_dir: '{{ kube_config_dir }}/manifests',
  kube_cert_dir: '{{ kube_config_dir }}/ssl',
  kube_script_dir: '{{ bin_dir }}/kubernetes-scripts',
  kube_token_dir: '{{ kube_config_dir }}/tokens',
  credentials_dir: '{{ inventory_dir }}/credentials',
  kube_override_hostname: '{{ inventory_hostname }}',
  kube_service_addresses_ipv6: 'fd85:ee78:d8a6:8607::1000/116',
  kube_pods_subnet_ipv6: 'fd85:ee78:d8a6:8607::1:0000/112',
  kube_service_subnets:
    "{{ [kube_service_addresses, kube_service_addresses_ipv6] | join(',') if ipv4_stack and ipv6_stack else kube_service_addresses if ipv4_stack else kube_service_addresses_ipv6 }}",
  kube_pods_subnets:
    "{{ [kube_pods_subnet, kube_pods_subnet_ipv6] | join(',') if ipv4_stack and ipv6_stack else kube_pods_subnet if ipv4_stack else kube_pods_subnet_ipv6 }}",
  kube_apiserver_ip: nth(1),
  skydns_server: nth(3),
  skydns_server_secondary: nth(4),
  nodelocaldns_ip: '169.254.25.10',
  loadbalancer_apiserver_localhost: '{{ loadbalancer_apiserver is not defined }}',
  kube_image_repo: 'registry.k8s.io',
  gcr_image_repo: 'gcr.io',
  etcd_config_dir: '/etc/ssl/etcd',
  etcd_deployment_type: 'host',
  local_release_dir: '/tmp/releases',
};

let made: ReadonlyMap<string, VarValue> | undefined;

/** What templates in variables find where the user sets nothing. */
export function variableDefaults(): ReadonlyMap<string, VarValue> {
  made ??= new Map(Object.entries({ ...defaultSettings(), kube_version: defaultKubeVersion(), ...DERIVED }));
  return made;
}
