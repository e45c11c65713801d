import type { ErrorParts } from '../../base/errors.js';
import { contains, nthAddress, overlap, parseSubnet, type Subnet } from '../../base/net/ipv4.js';
import type { Place } from '../../base/place.js';
import type { ClusterHost } from '../cluster.js';
import type { ClusterSettings } from '../settings.js';
import { whereOf } from './findings.js';

/** Subnets that cannot be read, overlap each other or the hosts, or are too small. IPv4. */
export function subnetProblems(
  s: ClusterSettings,
  hosts: readonly ClusterHost[],
  where: (name: string) => Place | undefined,
): ErrorParts[] {
  const out: ErrorParts[] = [];
  const pods = parseSubnet(s.kube_pods_subnet);
  const services = parseSubnet(s.kube_service_addresses);
  for (const [name, text, parsed] of [
    ['kube_pods_subnet', s.kube_pods_subnet, pods],
    ['kube_service_addresses', s.kube_service_addresses, services],
  ] as const) {
    if (!parsed)
      out.push({ what: `${name} is not a subnet: ${text}`, where: where(name), fix: `Write it like ${name}: 10.233.64.0/18` });
  }
  if (pods && services && overlap(pods, services)) {
    out.push({
      what: `kube_pods_subnet ${pods.text} and kube_service_addresses ${services.text} overlap`,
      where: where('kube_pods_subnet') ?? where('kube_service_addresses'),
      fix: 'Choose two subnets that do not overlap',
    });
  }
  for (const [name, net] of [
    ['kube_pods_subnet', pods],
    ['kube_service_addresses', services],
  ] as const) {
    const inside = net ? hosts.filter((h) => contains(net, h.ip) || contains(net, h.accessIp)) : [];
    if (net && inside.length > 0) {
      out.push({
        what: `${name} ${net.text} overlaps the network of the hosts`,
        where: where(name) ?? (inside[0] && placeOfAddress(inside[0])),
        why: `${inside.map((h) => `${h.name} (${h.ip})`).join(', ')} ${inside.length === 1 ? 'is' : 'are'} in it`,
        fix: `Choose another subnet for ${name}`,
      });
    }
  }
  if (services) out.push(...serviceProblems(services, s, where));
  if (pods) out.push(...tooSmall(pods, s, hosts, where));
  return out;
}

function placeOfAddress({ inventoryHost: host }: ClusterHost): Place {
  return whereOf(host, 'ip') ?? whereOf(host, 'ansible_host') ?? host.source;
}

/**
 * kubeadm's own limits, which it would only report on the host.
 * Source: ValidateServiceSubnetSize and MinimumAddressesInServiceSubnet in cmd/kubeadm/app
 */
function serviceProblems(net: Subnet, s: ClusterSettings, where: (name: string) => Place | undefined): ErrorParts[] {
  const range = (what: string): ErrorParts => ({
    what: `kube_service_addresses ${net.text} is ${what}`,
    where: where('kube_service_addresses'),
    why: 'Kubernetes takes /12 to /28 for services',
    fix: 'Choose another kube_service_addresses, like 10.233.0.0/18',
  });
  if (net.prefix > 28) return [range('too small')];
  if (net.prefix < 12) return [range('too large')];
  const dns = s.skydns_server;
  const wrong = !contains(net, dns)
    ? `is not in kube_service_addresses ${net.text}`
    : dns === nthAddress(net.text, 1)
      ? 'is the address of the API server, the first of kube_service_addresses'
      : undefined;
  if (wrong === undefined) return [];
  return [
    {
      what: `skydns_server ${dns} ${wrong}`,
      where: where('skydns_server') ?? where('kube_service_addresses'),
      fix: `Remove skydns_server, or write ${nthAddress(net.text, 3)}`,
    },
  ];
}

function tooSmall(
  pods: Subnet,
  s: ClusterSettings,
  hosts: readonly ClusterHost[],
  where: (name: string) => Place | undefined,
): ErrorParts[] {
  const prefix = s.kube_network_node_prefix;
  const nodes = hosts.filter((h) => h.controlPlane || h.worker).length;
  if (prefix < pods.prefix || prefix > 30) {
    return [
      {
        what: `kube_network_node_prefix ${prefix} does not fit into kube_pods_subnet ${pods.text}`,
        where: where('kube_network_node_prefix') ?? where('kube_pods_subnet'),
        fix: `Choose a prefix between ${pods.prefix} and 30`,
      },
    ];
  }
  const out: ErrorParts[] = [];
  const shares = 2 ** (prefix - pods.prefix);
  if (shares < nodes) {
    out.push({
      what: `kube_pods_subnet ${pods.text} is too small for ${nodes} nodes`,
      where: where('kube_pods_subnet'),
      why: `It holds ${shares} subnets of /${prefix}, one per node`,
      fix: 'Choose a larger kube_pods_subnet, or a larger kube_network_node_prefix',
    });
  }
  const addresses = 2 ** (32 - prefix) - 2;
  if (addresses < s.kubelet_max_pods) {
    out.push({
      what: `A /${prefix} per node has ${addresses} addresses, fewer than kubelet_max_pods ${s.kubelet_max_pods}`,
      where: where('kube_network_node_prefix') ?? where('kubelet_max_pods'),
      fix: 'Choose a smaller kube_network_node_prefix, or fewer pods per node',
    });
  }
  return out;
}

/** Networks for services and pods, the defaults first: 64 nodes, then 256, 4096 and 16384 with a /24 each. */
const SERVICE_NETS = ['10.233.0.0/18', '10.96.0.0/18', '172.31.0.0/18'];
const POD_NETS = [
  '10.233.64.0/18',
  '10.234.0.0/16',
  '10.112.0.0/16',
  '172.30.0.0/16',
  '172.16.0.0/12',
  '10.64.0.0/10',
  '10.128.0.0/10',
];
const NODE_PREFIX = 24;

/**
 * Settings for hosts with these addresses, only where the defaults do not fit: subnets that contain no host, do not overlap, and
 * have a share for each.
 */
export function freeSubnets(addresses: readonly string[]): Readonly<Record<string, string>> {
  const free = (nets: readonly string[], fits: (s: Subnet) => boolean): Subnet | undefined =>
    nets.flatMap((text) => parseSubnet(text) ?? []).find((s) => fits(s) && !addresses.some((a) => contains(s, a)));
  const services = free(SERVICE_NETS, () => true);
  const pods = free(POD_NETS, (s) => 2 ** (NODE_PREFIX - s.prefix) >= addresses.length && !(services && overlap(s, services)));
  return {
    ...(services && services.text !== SERVICE_NETS[0] ? { kube_service_addresses: services.text } : {}),
    ...(pods && pods.text !== POD_NETS[0] ? { kube_pods_subnet: pods.text } : {}),
  };
}
