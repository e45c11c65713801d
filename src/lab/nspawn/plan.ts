import { InputError } from '../../base/errors.js';
import type { LabMachine, LabSpec } from '../provider.js';

/** The last octets of the lab's addresses: control planes .11 …, workers .101 …, the box itself .1. */
const FIRST_MASTER = 11;
const FIRST_WORKER = 101;
const LAST_WORKER = 254;

/** The machines of a lab, named as in the users' Vagrant lab: m11-k8s …, w101-k8s …. */
export function planMachines(spec: Pick<LabSpec, 'masters' | 'workers' | 'subnet'>): LabMachine[] {
  const { prefix } = parseSubnet(spec.subnet);
  const [maxMasters, maxWorkers] = [FIRST_WORKER - FIRST_MASTER, LAST_WORKER - FIRST_WORKER + 1];
  if (!Number.isInteger(spec.masters) || spec.masters < 1 || spec.masters > maxMasters) {
    throw new InputError({
      what: `A lab has 1 to ${maxMasters} control planes, not ${spec.masters}`,
      fix: 'Set --masters to a number in that range',
    });
  }
  if (!Number.isInteger(spec.workers) || spec.workers < 0 || spec.workers > maxWorkers) {
    throw new InputError({
      what: `A lab has 0 to ${maxWorkers} workers, not ${spec.workers}`,
      fix: 'Set --workers to a number in that range',
    });
  }
  const make = (role: LabMachine['role'], letter: string, first: number, count: number) =>
    Array.from({ length: count }, (_, i): LabMachine => {
      return { name: `${letter}${first + i}-k8s`, address: `${prefix}.${first + i}`, role };
    });
  return [...make('master', 'm', FIRST_MASTER, spec.masters), ...make('worker', 'w', FIRST_WORKER, spec.workers)];
}

export interface Subnet {
  readonly cidr: string;
  /** The first three octets. */
  readonly prefix: string;
  /** The box's own address in the lab, and the machines' gateway. */
  readonly gateway: string;
}

/** Only a /24, because the machines' names contain their last octet. */
export function parseSubnet(cidr: string): Subnet {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.0\/24$/.exec(cidr);
  const octets = m?.slice(1, 4).map(Number) ?? [];
  const first = octets[0] ?? 0;
  if (!m || octets.some((o) => o > 255) || first === 0 || first === 127 || first >= 224) {
    throw new InputError({
      what: `'${cidr}' can't be the lab's subnet`,
      why: 'It must be an IPv4 network of 256 addresses',
      fix: 'Give a private network such as 10.77.0.0/24 or 192.168.77.0/24',
    });
  }
  const prefix = octets.join('.');
  return { cidr, prefix, gateway: `${prefix}.1` };
}

/** `ip -json address` and `ip -json route`, the parts used here. */
export interface BoxNetwork {
  readonly addresses: readonly { ifname: string; local: string; prefixlen: number }[];
  readonly routes: readonly { dst: string; dev?: string }[];
}

/** The part of the box's network that overlaps the subnet, as `eth0 (10.77.0.2/16)`; undefined if none does. */
export function findCollision(cidr: string, box: BoxNetwork, ownInterface: string): string | undefined {
  const address = box.addresses.find((a) => a.ifname !== ownInterface && overlaps(cidr, `${a.local}/${a.prefixlen}`));
  if (address) return `interface ${address.ifname} (${address.local}/${address.prefixlen})${owner(address.ifname)}`;
  const route = box.routes.find((r) => r.dev !== ownInterface && r.dst !== 'default' && overlaps(cidr, r.dst));
  return route && `route ${route.dst}${route.dev ? ` of ${route.dev}` : ''}`;
}

/** A /24 that the box does not use, from the networks that labs usually take; undefined if all are taken. */
export function findFreeSubnet(box: BoxNetwork): string | undefined {
  const all = Array.from({ length: 100 }, (_, i) => `10.${77 + i}.0.0/24`);
  return all.find((cidr) => findCollision(cidr, box, '') === undefined);
}

/** Labs with other state directories name their bridges in the same way (paths.ts). */
function owner(ifname: string): string {
  if (!/^kw[0-9a-f]{6}br$/.test(ifname)) return '';
  return ", the bridge of another lab: `kubewright lab down` ends it, with that lab's KUBEWRIGHT_LAB_DIR if it had one";
}

/** Whether two IPv4 networks (a bare address counts as /32) share an address. */
export function overlaps(a: string, b: string): boolean {
  const [first, second] = [range(a), range(b)];
  return first !== undefined && second !== undefined && first[0] <= second[1] && second[0] <= first[1];
}

function range(cidr: string): [number, number] | undefined {
  const m = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(cidr);
  if (!m) return undefined;
  const value = m.slice(1, 5).reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(m[5] ?? 32));
  const start = Math.floor(value / size) * size;
  return [start, start + size - 1];
}
