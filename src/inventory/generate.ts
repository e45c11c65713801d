import { InputError } from '../base/errors.js';
import { isIpv4, parseSubnet, toAddress } from '../base/net/ipv4.js';
import { hostsIni } from './hosts-ini.js';
import { etcdSizeProblem } from './model/etcd-size.js';

export interface GenerateOptions {
  readonly masters: number;
  readonly workers: number;
  /** IPv4 network of the hosts. */
  readonly subnet: string;
  /** Number in the subnet of the first control plane, and of the first worker. */
  readonly masterStart: number;
  readonly workerStart: number;
  /** `{n}` is the number in the subnet, `{i}` counts from 1. */
  readonly masterName: string;
  readonly workerName: string;
  /** Where etcd runs: on as many control planes or workers as make an odd number (7 at most), or on the first N hosts. */
  readonly etcd: 'masters' | 'workers' | number;
  readonly groupStyle: 'legacy' | 'new';
  readonly format: 'ini' | 'yaml';
}

/** The layout of the users' own lab. */
export const DEFAULT_GENERATE: GenerateOptions = {
  masters: 3,
  workers: 6,
  subnet: '192.168.1.0/24',
  masterStart: 11,
  workerStart: 101,
  masterName: 'm{n}-k8s',
  workerName: 'w{n}-k8s',
  etcd: 'masters',
  groupStyle: 'legacy',
  format: 'ini',
};

export interface Machine {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  /** What to connect to; default: the address. */
  readonly host?: string;
  readonly user?: string;
  readonly port?: number;
}

export interface Machines {
  readonly masters: readonly Machine[];
  readonly workers: readonly Machine[];
  readonly etcd: readonly Machine[];
}

/** etcd gets slower with each member; more are not recommended. Source: https://etcd.io/docs/latest/faq/#what-is-maximum-cluster-size */
const MOST_MEMBERS = 7;
/** Names that mean something else in an inventory. */
const TAKEN = [
  ...['all', 'ungrouped', 'etcd', 'kube-master', 'kube-node', 'k8s-cluster', 'calico-rr'],
  ...['kube_control_plane', 'kube_node', 'k8s_cluster', 'calico_rr'],
];
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const DNS_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

/** @throws InputError if the hosts do not fit, collide, or have invalid DNS names. */
export function planMachines(o: GenerateOptions): Machines {
  if (o.masters < 1) throw new InputError({ what: 'A cluster needs a control plane', fix: 'Write --masters 1, or 3' });
  const masters = row('--master-name', o.masterName, o.masters, o.masterStart, o.subnet);
  const workers = row('--worker-name', o.workerName, o.workers, o.workerStart, o.subnet);
  const all = [...masters, ...workers];
  const twice = (of: (m: Machine) => string): string | undefined =>
    all.map(of).find((value, i, list) => list.indexOf(value) !== i);
  const address = twice((m) => m.address);
  if (address !== undefined) {
    throw new InputError({
      what: `A control plane and a worker would share the address ${address}`,
      fix: 'Choose a --worker-start after the last control plane, or a --master-start after the last worker',
    });
  }
  checkNames(all);
  return { masters, workers, etcd: members(o, masters, workers) };
}

/** @throws InputError if two hosts have one name, or if it is one that no node can have. */
export function checkNames(all: readonly Machine[]): void {
  const name = all.map((m) => m.name).find((value, i, list) => list.indexOf(value) !== i);
  if (name !== undefined) {
    throw new InputError({
      what: `Two hosts would be named ${name}`,
      fix: 'Write {n} or {i} into --master-name and --worker-name, and make them differ',
    });
  }
  for (const m of all) checkName(m.name, m.name, 'Give it another one: NAME=ADDRESS');
}

/** A name by its pattern. @param n number in the subnet; @param i counts from 1. @throws InputError for an invalid one. */
export function nameOf(flag: string, pattern: string, n: number, i: number): string {
  const name = pattern.replaceAll('{n}', String(n)).replaceAll('{i}', String(i));
  checkName(name, `${flag} ${pattern}`, `Write it like ${flag} 'm{n}-k8s'`);
  return name;
}

function checkName(name: string, source: string, fix: string): void {
  const given = source === name ? name : `${source} gives ${name}, which`;
  if (name.length > 253 || !DNS_NAME.test(name)) {
    throw new InputError({
      what: `${given} is not a DNS name`,
      why: 'Nodes get this name: lower-case letters, digits and hyphens, at most 63 characters between dots',
      fix,
    });
  }
  if (TAKEN.includes(name)) {
    throw new InputError({
      what: `${name} is the name of a group`,
      why: `${source === name ? 'It is given' : `${source} gives it`} to a host; an inventory cannot tell the two apart`,
      fix,
    });
  }
}

/**
 * The first address of a subnet, and how many hosts fit.
 * @throws InputError unless it is a subnet that hosts can be in.
 */
function network(subnet: string): { readonly base: number; readonly size: number } {
  const net = parseSubnet(subnet);
  if (!net) throw new InputError({ what: `${subnet} is not a subnet`, fix: 'Write it like --subnet 192.168.1.0/24' });
  const { first: base, prefix: bits } = net;
  const first = Math.floor(base / 2 ** 24);
  if (first === 0 || first === 127 || first >= 224) {
    throw new InputError({
      what: `Hosts cannot have addresses in ${subnet}`,
      why: '0.0.0.0/8, 127.0.0.0/8 and everything from 224.0.0.0 up are reserved',
      fix: 'Give the network of the hosts, for example --subnet 192.168.1.0/24',
    });
  }
  return { base, size: Math.max(0, 2 ** (32 - bits) - 2) };
}

/** @throws InputError if the subnet is invalid, or has fewer addresses than there are hosts. */
export function checkSubnet(o: GenerateOptions): void {
  const { size } = network(o.subnet);
  if (o.masters + o.workers > size) {
    throw new InputError({
      what: `${o.subnet} is too small`,
      why: `It has ${size} addresses for ${o.masters + o.workers} hosts`,
      fix: 'Choose a larger --subnet',
    });
  }
}

function row(flag: string, pattern: string, count: number, start: number, subnet: string): Machine[] {
  const { base, size } = network(subnet);
  if (start < 1) throw new InputError({ what: `${start} is not a host number in a subnet`, fix: 'Count from 1' });
  // The last address of a subnet is its broadcast address.
  if (count > 0 && start + count - 1 > size) {
    throw new InputError({
      what: `${subnet} is too small`,
      why: `${count} hosts from number ${start} up do not fit into its ${size} addresses`,
      fix: 'Choose a larger --subnet, or smaller --master-start and --worker-start',
    });
  }
  return Array.from({ length: count }, (_, i) => ({
    name: nameOf(flag, pattern, start + i, i + 1),
    address: toAddress(base + start + i),
  }));
}

/** The hosts that run etcd. @throws InputError */
export function members(
  o: Pick<GenerateOptions, 'etcd'>,
  masters: readonly Machine[],
  workers: readonly Machine[],
): readonly Machine[] {
  if (typeof o.etcd !== 'number') {
    const pool = o.etcd === 'masters' ? masters : workers;
    if (pool.length === 0)
      throw new InputError({ what: '--etcd workers, but there are no workers', fix: 'Write --etcd masters' });
    // An even number of members tolerates no more failures than one less.
    const most = Math.min(pool.length, MOST_MEMBERS);
    return pool.slice(0, most % 2 === 0 ? most - 1 : most);
  }
  const problem = etcdSizeProblem(o.etcd);
  if (problem) {
    throw new InputError({
      ...problem,
      fix: `Write --etcd ${Math.max(1, o.etcd - 1)} or --etcd ${o.etcd + 1}`,
    });
  }
  const all = [...masters, ...workers];
  if (o.etcd > all.length)
    throw new InputError({ what: `${o.etcd} etcd members, but ${all.length} hosts`, fix: 'Choose a smaller --etcd' });
  return all.slice(0, o.etcd);
}

/** The file of hosts and groups in the users' own style, in INI or YAML. */
export function hostsFile(
  o: Pick<GenerateOptions, 'groupStyle' | 'format'>,
  m: Machines,
): { readonly name: string; readonly text: string } {
  const [master, node, cluster, reflectors] =
    o.groupStyle === 'legacy'
      ? ['kube-master', 'kube-node', 'k8s-cluster', 'calico-rr']
      : ['kube_control_plane', 'kube_node', 'k8s_cluster', 'calico_rr'];
  const groups: readonly (readonly [string, readonly string[]])[] = [
    ['etcd', m.etcd.map((h) => h.name)],
    [master, m.masters.map((h) => h.name)],
    // Without workers the control planes take the pods.
    [node, (m.workers.length > 0 ? m.workers : m.masters).map((h) => h.name)],
    [reflectors, []],
  ];
  const all = [...m.masters, ...m.workers];
  const children = [master, node, reflectors];
  return o.format === 'ini'
    ? {
        name: 'hosts.ini',
        text: hostsIni({
          hosts: all.map((m) => ({ name: m.name, vars: varsOf(m) })),
          aligned: true,
          sections: [...groups, [`${cluster}:children`, children]],
        }),
      }
    : { name: 'hosts.yml', text: yaml(all, groups, cluster, children) };
}

/** How a host is reached, and the address that its node gets. */
function varsOf(m: Machine): Record<string, string> {
  return {
    ansible_host: m.host ?? m.address,
    ...(m.port === undefined ? {} : { ansible_port: String(m.port) }),
    ...(m.user === undefined ? {} : { ansible_user: m.user }),
    ip: m.address,
  };
}

function varLines(m: Machine): string {
  const lines = Object.entries(varsOf(m)).map(
    ([name, value]) => `      ${name}: ${name === 'ansible_port' || isIpv4(value) ? value : key(value)}\n`,
  );
  return lines.join('');
}

type Groups = readonly (readonly [string, readonly string[]])[];

/** Quoted if YAML would not read it as text: `1e3`, `yes`. Names and addresses contain no quotes. */
function key(name: string): string {
  return /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$/.test(name) && !/^(y|n|yes|no|on|off|true|false|null)$/.test(name)
    ? name
    : `'${name}'`;
}

function yaml(all: readonly Machine[], groups: Groups, cluster: string, children: readonly string[]): string {
  const group = (name: string, hosts: readonly string[]): string =>
    hosts.length === 0 ? `    ${name}:\n` : `    ${name}:\n      hosts:\n${hosts.map((h) => `        ${key(h)}:\n`).join('')}`;
  return [
    'all:\n  hosts:\n',
    ...all.map((h) => `    ${key(h.name)}:\n${varLines(h)}`),
    '  children:\n',
    ...groups.map(([name, hosts]) => group(name, hosts)),
    `    ${cluster}:\n      children:\n`,
    ...children.map((c) => `        ${c}:\n`),
  ].join('');
}
