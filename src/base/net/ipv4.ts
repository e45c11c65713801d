import ipaddr from 'ipaddr.js';

/** An IPv4 subnet; its ends are addresses as numbers. */
export interface Subnet {
  /** As it was written: `10.233.64.0/18`. */
  readonly text: string;
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Four decimal numbers, each 255 at most and without leading zeros. */
export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** `10.233.64.0/18`; host bits may be set. Undefined: not an IPv4 subnet. */
export function parseSubnet(text: string): Subnet | undefined {
  if (!isIpv4(text.split('/')[0] ?? '') || !ipaddr.IPv4.isValidCIDR(text)) return undefined;
  const [, prefix] = ipaddr.IPv4.parseCIDR(text);
  const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(text).toString());
  return { text, first, last: first + 2 ** (32 - prefix) - 1, prefix };
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** False for what is not an address. */
export function contains(net: Subnet, address: string): boolean {
  if (!isIpv4(address)) return false;
  const n = toNumber(address);
  return n >= net.first && n <= net.last;
}

/** `10.233.0.0/18`, 3 → `10.233.0.3`; the text itself when it is not an IPv4 subnet. */
export function nthAddress(subnet: string, n: number): string {
  const net = parseSubnet(subnet);
  return net ? toAddress(net.first + n) : subnet;
}

/** 3232235777 → `192.168.1.1` */
export function toAddress(n: number): string {
  return new ipaddr.IPv4([24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256)).toString();
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
