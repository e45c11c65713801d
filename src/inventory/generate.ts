import ipaddr from 'ipaddr.js';
import { InputError } from '../errors.js';

export interface GenerateOptions {
  readonly masters: number;
  readonly workers: number;
  readonly subnet: string;
  /** Position in the subnet of the first control plane. */
  readonly masterStart: number;
  readonly workerStart: number;
  readonly user: string;
  readonly kubeVersion?: string;
  readonly networkPlugin: string;
  readonly groupStyle: 'legacy' | 'new';
}

export const DEFAULT_GENERATE: GenerateOptions = {
  masters: 3,
  workers: 6,
  subnet: '192.168.1.0/24',
  masterStart: 11,
  workerStart: 101,
  user: 'vagrant',
  networkPlugin: 'calico',
  groupStyle: 'legacy',
};

interface Machine {
  readonly name: string;
  readonly address: string;
}

/** An inventory as our users write theirs: file name → text. @throws InputError when the machines do not fit. */
export function generateInventory(o: GenerateOptions): Map<string, string> {
  const masters = machines('m', o.masters, o.masterStart, o.subnet);
  const workers = machines('w', o.workers, o.workerStart, o.subnet);
  const twice = masters.find((m) => workers.some((w) => w.address === m.address));
  if (twice) {
    throw new InputError({
      what: `Control planes and workers would share the address ${twice.address}`,
      todo: 'Choose --worker-start behind the last control plane',
    });
  }
  return new Map([
    ['hosts.ini', hostsIni(o, masters, workers)],
    ['group_vars/all.yml', groupVars(o)],
  ]);
}

function machines(prefix: string, count: number, start: number, subnet: string): Machine[] {
  if (!ipaddr.IPv4.isValidCIDR(subnet))
    throw new InputError({ what: `${subnet} is not a subnet`, todo: 'Write it like 192.168.1.0/24' });
  const [network, bits] = ipaddr.IPv4.parseCIDR(subnet);
  const base = ipaddr.IPv4.networkAddressFromCIDR(subnet)
    .toByteArray()
    .reduce((sum, b) => sum * 256 + b, 0);
  if (start + count - 1 >= 2 ** (32 - bits) - 1) {
    throw new InputError({
      what: `${subnet} is too small`,
      why: `${count} machines from number ${start} on do not fit behind ${network.toString()}`,
      todo: 'Choose a larger --subnet, or smaller --master-start and --worker-start',
    });
  }
  return Array.from({ length: count }, (_, i) => ({ name: `${prefix}${start + i}-k8s`, address: dotted(base + start + i) }));
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function hostsIni(o: GenerateOptions, masters: readonly Machine[], workers: readonly Machine[]): string {
  // An even number of members survives no more than one less.
  const members = masters.slice(0, masters.length % 2 === 0 ? masters.length - 1 : masters.length);
  const [master, node, cluster, rr] =
    o.groupStyle === 'legacy'
      ? ['kube-master', 'kube-node', 'k8s-cluster', 'calico-rr']
      : ['kube_control_plane', 'kube_node', 'k8s_cluster', 'calico_rr'];
  const all = [...masters, ...workers];
  const width = Math.max(...all.map((m) => m.name.length));
  const hosts = all.map((m) => {
    const position = members.indexOf(m);
    return `${m.name.padEnd(width)} ansible_host=${m.address} ip=${m.address}${position >= 0 ? ` etcd_member_name=etcd${position + 1}` : ''}`;
  });
  const section = (name: string, list: readonly string[]): string => `[${name}]\n${list.map((l) => `${l}\n`).join('')}`;
  return [
    section('all', hosts),
    section(
      'etcd',
      members.map((m) => m.name),
    ),
    section(
      master ?? '',
      masters.map((m) => m.name),
    ),
    section(
      node ?? '',
      (workers.length > 0 ? workers : masters).map((m) => m.name),
    ),
    section(rr ?? '', []),
    section(`${cluster}:children`, [master ?? '', node ?? '', rr ?? '']),
  ].join('\n');
}

function groupVars(o: GenerateOptions): string {
  return `---
# Settings of the cluster. Names and defaults are kubespray's; what is commented out has the default shown.

# Account that connects, and whether it uses sudo there. Give passwords with --ask-pass, not here.
ansible_user: ${o.user}
ansible_become: true

# Kubernetes version, without a leading v. Default: the newest that the catalogue knows.
${o.kubeVersion === undefined ? '# kube_version: 1.36.4' : `kube_version: ${o.kubeVersion}`}

# Pod network: calico, static-routes (machines on one network, no registry needed) or none.
kube_network_plugin: ${o.networkPlugin}

# Subnet of services, and of pods; neither may overlap the network of the machines.
# kube_service_addresses: 10.233.0.0/18
# kube_pods_subnet: 10.233.64.0/18

# Prefix length of each node's share of the pod subnet.
# kube_network_node_prefix: 24

# DNS domain of the cluster.
# cluster_name: cluster.local

# How kube-proxy forwards services: iptables, ipvs or nftables.
# kube_proxy_mode: iptables

# Program of the load balancer on every worker: nginx or haproxy.
# loadbalancer_apiserver_type: nginx

# More names and addresses in the API server's certificate.
# supplementary_addresses_in_ssl_keys: []

# Copy the admin kubeconfig here after the installation (artifacts/admin.conf beside the inventory).
# kubeconfig_localhost: false

# Offline bundle (folder or tar) to install from instead of downloading.
# kubewright_bundle: /path/to/bundle
`;
}
