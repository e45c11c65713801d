import ipaddr from 'ipaddr.js';

/** An address with the prefix of its network, as Python's netaddr has it: the address need not be the network's first. */
export interface Network {
  readonly version: 4 | 6;
  readonly ip: bigint;
  readonly prefix: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;

export function width(n: Network): number {
  return WIDTH[n.version];
}

export function size(n: Network): bigint {
  return 1n << BigInt(width(n) - n.prefix);
}

export function first(n: Network): bigint {
  return n.ip - (n.ip % size(n));
}

export function last(n: Network): bigint {
  return first(n) + size(n) - 1n;
}

/** IPv4 networks of one or two addresses have none. */
export function broadcast(n: Network): bigint | undefined {
  return n.version === 4 && n.prefix > 30 ? undefined : last(n);
}

/** The addresses that hosts may have. */
export function usable(n: Network): readonly [bigint, bigint] {
  return size(n) <= 2n ? [first(n), last(n)] : [first(n) + 1n, last(n) - 1n];
}

export function netmask(n: Network): bigint {
  return (1n << BigInt(width(n))) - size(n);
}

export function addressText(version: 4 | 6, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const parts = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  return new ipaddr.IPv6(parts).toString();
}

/** @returns undefined for an address beyond the last one. */
export function make(version: 4 | 6, ip: bigint, prefix: number): Network | undefined {
  if (ip < 0n || ip >= 1n << BigInt(WIDTH[version]) || prefix < 0 || prefix > WIDTH[version]) return undefined;
  return { version, ip, prefix };
}

/** `10.0.0.1`, `10.0.0.1/8`, `10.0.0.1/255.0.0.0`, `10.1` (short for 10.1.0.0), `fd00::1/64`. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', mask, more] = text.split('/');
  if (more !== undefined || address === '') return undefined;
  const version = address.includes(':') ? 6 : 4;
  const ip = version === 6 ? parseV6(address) : parseV4(address);
  if (ip === undefined) return undefined;
  if (mask === undefined) return make(version, ip, WIDTH[version]);
  if (/^\d+$/.test(mask)) return make(version, ip, Number(mask));
  const value = version === 6 ? parseV6(mask) : parseV4(mask);
  const prefix = value === undefined ? undefined : maskLength(version, value);
  return prefix === undefined ? undefined : make(version, ip, prefix);
}

function parseV4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length > 4 || octets.some((o) => !/^\d{1,3}$/.test(o) || Number(o) > 255)) return undefined;
  return octets.concat(Array(4 - octets.length).fill('0')).reduce((sum, o) => sum * 256n + BigInt(o), 0n);
}

function parseV6(text: string): bigint | undefined {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text).parts.reduce((sum, p) => sum * 65536n + BigInt(p), 0n);
}

/** Netmasks, and their inverse, hostmasks. */
function maskLength(version: 4 | 6, mask: bigint): number | undefined {
  const all = (1n << BigInt(WIDTH[version])) - 1n;
  for (let prefix = 0; prefix <= WIDTH[version]; prefix++) {
    const net = all - ((1n << BigInt(WIDTH[version] - prefix)) - 1n);
    if (mask === net || (mask === all - net && prefix > 0 && prefix < WIDTH[version])) return prefix;
  }
  return undefined;
}

export function inside(n: Network, net: string): boolean {
  const outer = parseNetwork(net);
  return outer !== undefined && outer.version === n.version && first(n) >= first(outer) && last(n) <= last(outer);
}
