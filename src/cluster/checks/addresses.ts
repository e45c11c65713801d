import type { ErrorParts } from '../../base/errors.js';
import { contains, isIpv4, parseSubnet } from '../../base/net/ipv4.js';
import { hostsText } from '../../base/text/host-ranges.js';
import type { Host } from '../../inventory/model/model.js';
import type { ClusterHost } from '../cluster.js';
import { whereOf } from './findings.js';

/** Code of problems that something is missing: it may be in a file that could not be read. */
export const ABSENT = 'absent';

/**
 * The addresses of a host: `ip`, else `ansible_host`, else its name; for its peers `access_ip`. Empty: there is none.
 *
 * @param text a variable's value as text; undefined: not set.
 * @param problems gets values that are not addresses.
 */
export function hostAddresses(
  host: Host,
  text: (name: string) => string | undefined,
  problems: ErrorParts[],
): { readonly ip: string; readonly accessIp: string } {
  const read = (name: string): string | undefined => {
    const value = text(name);
    if (value !== undefined && !isIpv4(value)) problems.push(noAddress(host, name, value));
    return value;
  };
  const ip = text('ip') === undefined ? (read('ansible_host') ?? ownName(host)) : read('ip');
  if (ip === undefined) {
    problems.push({
      code: ABSENT,
      what: `${host.name} has no address`,
      where: host.source,
      why: 'Its name is not an address, and unlike kubespray Kubewright does not ask the host for one',
      fix: yaml(host.source.file)
        ? `Write ansible_host: ADDRESS and ip: ADDRESS below ${host.name}`
        : `Write ${host.name} ansible_host=ADDRESS ip=ADDRESS`,
    });
  }
  return { ip: ip ?? '', accessIp: read('access_ip') ?? ip ?? '' };
}

/** Addresses that the kubelet refuses for its node. Source: validateNodeIP in pkg/kubelet/kubelet_node_status.go of Kubernetes */
const IMPOSSIBLE = [
  ['0.0.0.0/8', 'means no host'],
  ['127.0.0.0/8', 'is every host itself'],
  ['169.254.0.0/16', 'is only known on its own link'],
  ['224.0.0.0/4', 'is a multicast group'],
  ['240.0.0.0/4', 'is reserved'],
] as const;

interface Given {
  readonly host: Host;
  readonly name: string;
  readonly value: string;
}

/** Hosts that get a problem of their own; above that they share one. */
const ALONE = 3;

/** One for all hosts whose address is wrong for the same reason. */
function impossible(hosts: readonly ClusterHost[]): ErrorParts[] {
  const given = hosts.flatMap(({ inventoryHost: host, ip, accessIp }): Given[] => {
    const name = host.vars.has('ip') ? 'ip' : host.vars.has('ansible_host') ? 'ansible_host' : undefined;
    return [
      ...(name === undefined ? [] : [{ host, name, value: ip }]),
      ...(host.vars.has('access_ip') ? [{ host, name: 'access_ip', value: accessIp }] : []),
    ];
  });
  return ['ip', 'ansible_host', 'access_ip'].flatMap((name) =>
    IMPOSSIBLE.flatMap(([net, why]) => {
      const wrong = given.filter((g) => g.name === name && isIpv4(g.value) && within(net, g.value));
      const [first] = wrong;
      if (!first) return [];
      if (wrong.length <= ALONE) return wrong.map((g) => impossibleOf([g], `${g.value} ${why}`));
      return [impossibleOf(wrong, `Each address of ${net} ${why}`)];
    }),
  );
}

function impossibleOf(wrong: readonly Given[], why: string): ErrorParts {
  const [{ host, name, value }] = wrong as [Given];
  return {
    what: `${name} of ${hostsText(
      wrong.map((g) => g.host.name),
      60,
    )} is not an address that a node can have: ${value}${wrong.length > 1 ? ' …' : ''}`,
    where: whereOf(host, name) ?? host.source,
    why: `${why}; the other hosts reach a node at its address`,
    fix: `Write the address that the host has on its network: ip${yaml(host.source.file) ? ': ' : '='}ADDRESS`,
  };
}

function within(net: string, value: string): boolean {
  const subnet = parseSubnet(net);
  return subnet !== undefined && contains(subnet, value);
}

function ownName(host: Host): string | undefined {
  return isIpv4(host.name) ? host.name : undefined;
}

/** Files in which variables are written with a colon. */
function yaml(file: string): boolean {
  return /\.(ya?ml|json)$/.test(file);
}

function noAddress(host: Host, name: string, value: string): ErrorParts {
  const where = whereOf(host, name) ?? host.source;
  const sign = yaml(host.vars.get(name)?.source.file ?? host.source.file) ? ': ' : '=';
  const fix = name === 'ansible_host' ? `Add its address: ip${sign}ADDRESS` : `Write ${name}${sign}ADDRESS`;
  if (value.trim() === '') return { what: `${name} of ${host.name} is empty`, where, fix: `${fix}, or remove it` };
  const numbers = /^\d+(\.\d+)*$/.test(value);
  return {
    what: `${name} of ${host.name} is not an IPv4 address: ${value}`,
    where,
    why: value.includes(':')
      ? 'IPv6 is not supported yet: clusters are IPv4 only'
      : numbers
        ? 'An address is four numbers up to 255, without leading zeros'
        : isIpv4(value.split('/')[0] ?? '')
          ? 'It is a subnet; an address has no / and no prefix length'
          : 'It is a name, and etcd and the API server bind to addresses',
    fix,
  };
}

/** Code of the problem that two hosts have the same address, in the inventory's order. */
export function sameAddress(first: string, second: string): string {
  return `same-address ${first} ${second}`;
}

/** Hosts with the same address: one of them would be installed as both. */
export function addressProblems(hosts: readonly ClusterHost[]): ErrorParts[] {
  const out: ErrorParts[] = impossible(hosts);
  for (const [names, of] of [
    [['ip', 'ansible_host'], (h: ClusterHost) => h.ip],
    [['access_ip', 'ip', 'ansible_host'], (h: ClusterHost) => h.accessIp],
  ] as const) {
    const seen = new Map<string, ClusterHost>();
    for (const host of hosts) {
      const address = of(host);
      const other = address === '' ? undefined : seen.get(address);
      if (other) {
        const place = names.map((n) => whereOf(host.inventoryHost, n)).find((w) => w !== undefined);
        out.push({
          code: sameAddress(other.name, host.name),
          what: `${other.name} and ${host.name} have the same address ${address}`,
          where: place ?? host.inventoryHost.source,
          fix: 'Give each host its own address',
        });
      } else seen.set(address, host);
    }
  }
  return out.filter((p, i) => out.findIndex((q) => q.what === p.what) === i);
}
