import ipaddr from 'ipaddr.js';
import type { ErrorParts, Warning } from '../../base/errors.js';
import { isIpv4, parseSubnet } from '../../base/net/ipv4.js';
import type { Place } from '../../base/place.js';
import { hostsText } from '../../base/text/host-ranges.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Cluster, ClusterHost } from '../cluster.js';
import type { ClusterSettings } from '../settings.js';

/** A dashboard without login, as labs have it. */
const INSECURE_LAB = 'dashboard_insecure_lab';
/** The node port that the book's lab has it on. */
export const INSECURE_PORT = 31000;

const NETWORKS = `${INSECURE_LAB}_networks`;
/** What a lab behind one switch or one virtual network has. */
const LAB_PREFIX = 24;

/** Subnets whose addresses get in: those of the setting, or the /24 of each node. */
export function labNetworks({ hosts, settings }: Pick<Cluster, 'hosts' | 'settings'>): string[] {
  const given = settings.dashboard_insecure_lab_networks;
  if (given.length > 0) return given;
  const nets = hosts.map((h) => ipaddr.IPv4.networkAddressFromCIDR(`${h.ip}/${LAB_PREFIX}`).toString());
  return [...new Set(nets)].map((net) => `${net}/${LAB_PREFIX}`);
}

/** Whether the internet may know the address. IPv6 does not count: the port is open over IPv4 alone. */
export function isPublic(address: string): boolean {
  return isIpv4(address) && ipaddr.IPv4.parse(address).range() === 'unicast';
}

/** What speaks against a dashboard without login here. */
export function insecureLabProblems(
  s: ClusterSettings,
  hosts: readonly ClusterHost[],
  where: (name: string) => Place | undefined,
): ErrorParts[] {
  if (!s.dashboard_insecure_lab) return [];
  const out: ErrorParts[] = [];
  const place = where(INSECURE_LAB);
  if (s.kube_network_plugin !== 'calico')
    out.push({
      what: `${INSECURE_LAB} needs Calico`,
      where: place,
      why: `Only a network policy keeps others out, and with kube_network_plugin ${s.kube_network_plugin} nothing enforces it`,
      fix: 'Use headlamp_enabled: true and kubewright dashboard, or kube_network_plugin: calico',
    });
  const open = hosts.filter((h) => [h.ip, h.accessIp, h.inventoryHost.vars.get('ansible_host')?.value].some(isPublicText));
  if (open.length > 0)
    out.push(
      publicHosts(
        open.map((h) => h.name),
        place,
      ),
    );
  const [first = 0, last = 0] = s.kube_apiserver_node_port_range.split('-').map(Number);
  if (INSECURE_PORT < first || INSECURE_PORT > last)
    out.push({
      what: `${INSECURE_LAB} needs port ${INSECURE_PORT}, and kube_apiserver_node_port_range ${s.kube_apiserver_node_port_range} lacks it`,
      where: place ?? where('kube_apiserver_node_port_range'),
      fix: 'Write kube_apiserver_node_port_range: 30000-32767',
    });
  for (const net of s.dashboard_insecure_lab_networks.filter((n) => !isPrivateNetwork(n)))
    out.push({
      what: `${NETWORKS} has ${net}, which is not a private network`,
      where: where(NETWORKS),
      why: 'All who have an address of it may delete everything',
      fix: 'Name the subnet of the lab, like 192.168.1.0/24',
    });
  return out;
}

/** For hosts that have such an address, by the inventory or by what they say themselves. */
export function publicHosts(names: readonly string[], where?: Place): ErrorParts {
  return {
    what: `${hostsText(names)}: no dashboard without login on hosts with public addresses`,
    where,
    why: `${INSECURE_LAB} lets all who reach port ${INSECURE_PORT} read, change and delete everything`,
    fix: 'Remove it; headlamp_enabled: true and kubewright dashboard open the same one through SSH',
  };
}

/** What is said in each run as long as it is on. */
export function insecureLabWarnings(inventory: Inventory): Warning[] {
  for (const host of inventory.hosts.values()) {
    const variable = host.vars.get(INSECURE_LAB);
    if (!variable || !/^(true|yes|on|1)$/i.test(String(variable.value))) continue;
    return [{ where: variable.source, ...insecureLabDanger }];
  }
  return [];
}

export const insecureLabDanger: Warning = {
  danger: true,
  what: `All in the lab's network may read, change and delete everything: port ${INSECURE_PORT} has a dashboard without login`,
  fix: `Never in production. Set ${INSECURE_LAB} to false and run provision to remove it`,
};

function isPublicText(value: unknown): boolean {
  return typeof value === 'string' && isPublic(value);
}

function isPrivateNetwork(text: string): boolean {
  const net = parseSubnet(text);
  return net !== undefined && net.prefix >= 8 && ipaddr.IPv4.networkAddressFromCIDR(text).range() === 'private';
}
