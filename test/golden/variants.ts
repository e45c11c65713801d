import type { Cluster } from '../../src/cluster/cluster.js';
import type { HostFacts } from '../../src/facts/facts.js';
import type { VarValue } from '../../src/inventory/model/values.js';
import { sampleCluster } from '../support/cluster.js';

interface VariantOptions {
  /** Directory under `files`. */
  readonly name: string;
  /** What it stands for. */
  readonly text: string;
  readonly vars?: Readonly<Record<string, VarValue>>;
  /** Hosts of calico_rr. */
  readonly reflectors?: readonly string[];
  /** Of every host, over those of a Debian 12 amd64 host. */
  readonly facts?: Partial<HostFacts>;
  /** Installs from a bundle; otherwise from the catalogue. */
  readonly offline?: boolean;
  /** Roles that do something else than by default: only they have files, the others must do the same. Absent: all have files. */
  readonly differs?: readonly string[];
}

/** A cluster that users run, whose programs are reviewed. */
export interface Variant extends VariantOptions {
  readonly cluster: Cluster;
}

const OPTIONS: readonly VariantOptions[] = [
  {
    name: 'lab',
    text: 'the lab: oldest version from a bundle, static routes, HAProxy, no DNS',
    vars: {
      kube_version: '1.20.2',
      kube_network_plugin: 'static-routes',
      dns_mode: 'none',
      loadbalancer_apiserver_type: 'haproxy',
    },
    offline: true,
  },
  {
    name: 'default',
    text: 'nothing set but the hosts: newest version, Calico, nginx, CoreDNS, Debian 12 on amd64',
  },
  {
    name: 'rocky9',
    text: 'Rocky Linux 9',
    facts: {
      os: {
        id: 'rocky',
        like: ['rocky', 'rhel', 'centos', 'fedora'],
        version: '9.5',
        pretty: 'Rocky Linux 9.5 (Blue Onyx)',
      },
      kernel: '5.14.0-503.14.1.el9_5.x86_64',
      tools: new Set(['systemctl', 'dnf', 'tar', 'sha256sum', 'timeout', 'setsid', 'NetworkManager']),
    },
    differs: ['os'],
  },
  {
    name: 'external-lb',
    text: 'a load balancer of the operator in front of the API servers',
    vars: {
      loadbalancer_apiserver: { address: '192.168.1.100', port: 8443 },
      apiserver_loadbalancer_domain_name: 'api.example.org',
    },
    differs: ['control-plane', 'apiserver-lb', 'worker'],
  },
  {
    name: 'arm64',
    text: 'hosts with 64-bit Arm processors',
    facts: { arch: 'arm64', kernel: '6.1.0-18-arm64' },
    differs: ['containerd', 'etcd', 'node', 'client'],
  },
  {
    name: 'client-shell',
    text: 'the short commands on the control planes, and a user who gets a kubeconfig',
    vars: { client_shell: true, client_shell_users: ['vagrant'] },
    differs: ['client'],
  },
  {
    name: 'addons',
    text: 'every add-on',
    vars: {
      metrics_server_enabled: true,
      local_path_provisioner_enabled: true,
      headlamp_enabled: true,
      dashboard_insecure_lab: true,
    },
    differs: ['metrics-server', 'local-path-provisioner', 'headlamp', 'dashboard-insecure-lab'],
  },
  {
    name: 'proxy-and-mirror',
    text: 'no direct way out: a proxy, mirrors of the release files and of the registries',
    vars: {
      http_proxy: 'http://proxy.example.org:3128',
      https_proxy: 'http://proxy.example.org:3128',
      no_proxy: 'localhost,127.0.0.1,192.168.1.0/24,10.233.0.0/16,.cluster.local',
      kube_image_repo: 'registry.example.org/k8s',
      docker_image_repo: 'registry.example.org/docker',
      quay_image_repo: 'registry.example.org/quay',
      files_repo: 'https://files.example.org/mirror',
      containerd_registries_mirrors: [
        {
          prefix: 'docker.io',
          mirrors: [
            { host: 'https://mirror.example.org', capabilities: ['pull', 'resolve'], skip_verify: false },
            { host: 'http://192.168.1.200:5000', capabilities: ['pull'], skip_verify: true },
          ],
        },
        { prefix: 'quay.io', mirrors: [{ host: 'https://mirror.example.org' }] },
      ],
    },
    differs: ['os', 'containerd', 'etcd', 'node', 'control-plane', 'apiserver-lb', 'early-network'],
  },
  {
    name: 'ipvs',
    text: 'kube-proxy with IPVS and strict ARP',
    vars: { kube_proxy_mode: 'ipvs', kube_proxy_strict_arp: true },
    differs: ['os', 'control-plane'],
  },
  {
    name: 'bird',
    text: 'Calico with BGP between the nodes and IP in IP in place of VXLAN',
    vars: { calico_network_backend: 'bird', calico_ipip_mode: 'Always', calico_vxlan_mode: 'Never' },
    differs: ['early-network', 'os'],
  },
  {
    name: 'route-reflectors',
    text: 'Calico with BGP and no encapsulation, two workers reflect the routes, one router besides',
    vars: {
      calico_network_backend: 'bird',
      calico_vxlan_mode: 'Never',
      cluster_id: '244.0.0.1',
      global_as_num: '65000',
      peer_with_router: true,
      peers: [{ router_id: '192.168.1.254', as: '65001', scope: 'global' }],
      calico_advertise_cluster_ips: true,
    },
    reflectors: ['w101-k8s', 'w102-k8s'],
    differs: ['early-network', 'network', 'os'],
  },
];

export const VARIANTS: readonly Variant[] = OPTIONS.map((o) => ({
  ...o,
  cluster: sampleCluster({ vars: o.vars, reflectors: o.reflectors }),
}));

/** @throws Error when there is no such variant. */
export function variant(name: string): Variant {
  const found = VARIANTS.find((v) => v.name === name);
  if (!found) throw new Error(`unknown variant ${name}`);
  return found;
}
