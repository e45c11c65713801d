import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { Hypervisor } from './tool/boxes.js';

const NETWORKS_CONF = '/etc/vbox/networks.conf';

/** What VirtualBox allows without a networks.conf. Source: VirtualBox manual, chapter "Host-Only Networking". */
const DEFAULT_HOST_ONLY = ['192.168.56.0/21'] as const;

/** The IPv4 ranges of VirtualBox's networks.conf: lines that begin with an asterisk, separated by whitespace. */
export function parseNetworksConf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('*'))
    .flatMap((line) => line.slice(1).split(/\s+/))
    .filter((range) => ipaddr.IPv4.isValidCIDR(range) || ipaddr.IPv4.isValid(range));
}

export interface BoxHost {
  /** As `process.platform` names it. */
  readonly platform: string;
  /** The text of networks.conf; undefined: there is none. */
  readonly networksConf?: string;
  /** VirtualBox's version, if known. */
  readonly virtualbox?: string;
}

/**
 * Ranges that host-only networks may use; undefined: any. VirtualBox checks since 6.1.28, on Linux, Solaris and (before
 * 7.0, which has other host-only networks there) on macOS.
 */
export function hostOnlyRanges(host: BoxHost): readonly string[] | undefined {
  if (host.platform === 'win32') return undefined;
  if (host.virtualbox !== undefined && olderThan(host.virtualbox, [6, 1, 28])) return undefined;
  if (host.platform === 'darwin' && host.virtualbox !== undefined && !olderThan(host.virtualbox, [7, 0, 0])) return undefined;
  return host.networksConf === undefined ? DEFAULT_HOST_ONLY : parseNetworksConf(host.networksConf);
}

function olderThan(version: string, limit: readonly number[]): boolean {
  const parts = version.split(/[^0-9]+/).map(Number);
  for (const [i, least] of limit.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

export function inRange(address: string, range: string): boolean {
  const [network, bits] = range.includes('/') ? ipaddr.IPv4.parseCIDR(range) : [ipaddr.IPv4.parse(range), 32];
  return ipaddr.IPv4.parse(address).match(network, bits);
}

/** Why a provider can't make these machines, and the remedy. */
export interface Refusal {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** VirtualBox refuses host-only addresses outside its ranges, but only after the first machine is imported. */
export function refusedByVirtualBox(addresses: readonly string[], host: BoxHost): Refusal | undefined {
  const ranges = hostOnlyRanges(host);
  const bad = ranges === undefined ? [] : addresses.filter((a) => !ranges.some((r) => inRange(a, r)));
  if (bad.length === 0) return undefined;
  const nets = [...new Set(bad.map((a) => `${a.split('.').slice(0, 3).join('.')}.0/24`))];
  return {
    what: `VirtualBox does not allow machines on ${nets.join(', ')}`,
    why: `${bad.length === 1 ? `${bad[0]} is` : `${bad[0]} and ${bad.length - 1} more are`} outside its host-only ranges (${ranges?.join(', ') || 'none'}${host.networksConf === undefined ? ', the default' : ` in ${NETWORKS_CONF}`})`,
    fix: `Allow it: echo '* ${nets.join(' ')}' | sudo tee -a ${NETWORKS_CONF}\nor use addresses in 192.168.56.0/21, for example --subnet 192.168.56.0/24`,
  };
}

/** The relevant interfaces of this host: name and `address/prefix`. */
export type HostInterfaces = readonly { readonly name: string; readonly cidr: string }[];

/** Interfaces that hypervisors make for exactly these networks. */
const OF_HYPERVISORS = /^(vboxnet|virbr|vmnet|bridge1\d\d|prl|VirtualBox|VMware|vnic|vEthernet)/;

/** Overlap with the host's own network: traffic for the machines would go there, or machines of others would answer. */
export function findHostCollision(addresses: readonly string[], interfaces: HostInterfaces): Refusal | undefined {
  for (const { name, cidr } of interfaces) {
    if (OF_HYPERVISORS.test(name) || !ipaddr.IPv4.isValidCIDR(cidr)) continue;
    const hit = addresses.find((a) => inRange(a, cidr));
    if (hit === undefined) continue;
    return {
      what: `${hit} is in a network that this host is already part of`,
      why: `Its interface ${name} has ${cidr}: other machines may use these addresses`,
      fix: 'Use another network for the machines, for example --subnet 192.168.56.0/24 or other addresses in the inventory',
    };
  }
  return undefined;
}

export function hostInterfaces(): HostInterfaces {
  return Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).flatMap((a) => (a.internal || a.family !== 'IPv4' || a.cidr === null ? [] : [{ name, cidr: a.cidr }])),
  );
}

export async function thisHost(virtualbox?: string): Promise<BoxHost> {
  const networksConf = await readFile(NETWORKS_CONF, 'utf8').catch(() => undefined);
  return { platform: process.platform, networksConf, virtualbox };
}

/** What each provider would refuse, checked before any machine is made. */
export function refusals(
  machines: readonly {
    readonly address: string;
    readonly boxes: Readonly<Partial<Record<Hypervisor, unknown>>>;
    readonly name: string;
  }[],
  hypervisor: Hypervisor,
  host: BoxHost,
): Refusal[] {
  const addresses = machines.map((m) => m.address);
  const network = hypervisor === 'virtualbox' ? refusedByVirtualBox(addresses, host) : undefined;
  const without = machines.filter((m) => m.boxes[hypervisor] === undefined);
  const box: Refusal | undefined =
    without.length === 0
      ? undefined
      : {
          what: `There is no known box for ${hypervisor} for ${without.length === machines.length ? 'these machines' : without.map((m) => m.name).join(', ')}`,
          why: 'docs/vagrant.md lists the known boxes of each provider',
          fix: 'Choose another box, or name one of your own: KUBEWRIGHT_BOX=publisher/name (or a .box file or URL)',
        };
  return [network, box].filter((r) => r !== undefined);
}
