import { iterate, str } from '../values/python.js';
import { defined, TemplateError, typeName, type Value } from '../values/values.js';
import { type Filter, filter } from './define.js';
import {
  addressText,
  broadcast,
  first,
  inside,
  last,
  make,
  type Network,
  netmask,
  parseNetwork,
  size,
  usable,
  width,
} from './network.js';

/** Source of the queries: https://docs.ansible.com/ansible/latest/collections/ansible/utils/docsite/filters_ipaddr.html */

type Kind = 'address' | 'network';
type Query = (n: Network, kind: Kind, value: Value) => Value;

const PRIVATE = {
  4: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '198.18.0.0/15',
    '239.0.0.0/8',
    '169.254.0.0/16',
  ],
  6: ['fc00::/7', 'fec0::/10', 'fe80::/10'],
} as const;

const ip = (n: Network): string => addressText(n.version, n.ip);
const at = (n: Network, value: bigint): string => addressText(n.version, value);
const withPrefix = (n: Network, value: bigint): string => `${at(n, value)}/${n.prefix}`;
const hostmask = (n: Network): string => at(n, size(n) - 1n);
const number = (value: bigint): Value => {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return String(value);
  return Number(value);
};
const isAddress = (n: Network): boolean => n.ip !== first(n);
/** These make sense for networks only. */
const onNetwork =
  (query: (n: Network) => Value): Query =>
  (n, kind) => {
    if (kind === 'address') throw new TemplateError('Not a network address');
    return query(n);
  };
const own: Query = (n) => (size(n) > 2n && (n.ip === first(n) || n.ip === broadcast(n)) ? false : withPrefix(n, n.ip));
const address: Query = (n) => (size(n) === 1n || isAddress(n) || broadcast(n) === undefined || n.version === 6 ? ip(n) : null);
const only =
  (test: (n: Network) => boolean): Query =>
  (n, _kind, value) =>
    test(n) ? value : null;
const isPrivate = (n: Network): boolean => PRIVATE[n.version].some((net) => inside(n, net));
const isMulticast = (n: Network): boolean => inside(n, n.version === 4 ? '224.0.0.0/4' : 'ff00::/8');
const isLoopback = (n: Network): boolean => inside({ ...n, prefix: width(n) }, n.version === 4 ? '127.0.0.0/8' : '::1/128');

function reverseName(n: Network): string {
  if (n.version === 4) return `${ip(n).split('.').reverse().join('.')}.in-addr.arpa.`;
  return `${[...n.ip.toString(16).padStart(32, '0')].reverse().join('.')}.ip6.arpa.`;
}

function isMask(n: Network): boolean {
  const all = (1n << BigInt(width(n))) - 1n;
  const flipped = all - n.ip;
  return (flipped & (flipped + 1n)) === 0n || (n.ip & (n.ip + 1n)) === 0n;
}

function peer(n: Network): Value {
  if (size(n) === 2n) return at(n, n.ip ^ 1n);
  if (size(n) !== 4n) throw new TemplateError('Not a point-to-point network');
  if (n.ip % 4n === 0n || n.ip % 4n === 3n) throw new TemplateError('The first and the last address of a /30 have no peer');
  return at(n, n.ip ^ 3n);
}

function step(n: Network, by: bigint): Value {
  const [low, high] = usable(n);
  return size(n) > 1n && n.ip + by >= low && n.ip + by <= high ? at(n, n.ip + by) : null;
}

const toV6 = (n: Network): string => `::ffff:${ip(n)}/${n.prefix + 96}`;

const QUERIES: Readonly<Record<string, Query>> = {
  '': (n, kind) => (kind === 'address' ? ip(n) : withPrefix(n, n.ip)),
  address,
  ip: address,
  'address/prefix': own,
  gateway: own,
  gw: own,
  'host/prefix': own,
  hostnet: own,
  router: own,
  bool: () => true,
  broadcast: (n) => (size(n) > 2n ? at(n, last(n)) : null),
  cidr: (n) => withPrefix(n, n.ip),
  first_usable: onNetwork((n) => (size(n) > 1n ? at(n, size(n) === 2n ? first(n) : first(n) + 1n) : null)),
  last_usable: onNetwork((n) => (size(n) > 1n ? at(n, usable(n)[1]) : null)),
  range_usable: onNetwork((n) =>
    size(n) > 1n
      ? usable(n)
          .map((v) => at(n, v))
          .join('-')
      : null,
  ),
  next_usable: onNetwork((n) => step(n, 1n)),
  previous_usable: onNetwork((n) => step(n, -1n)),
  host: (n) => (size(n) === 1n || isAddress(n) || broadcast(n) === undefined ? withPrefix(n, n.ip) : null),
  hostmask,
  wildcard: hostmask,
  int: (n, kind) => (kind === 'address' ? number(n.ip) : `${n.ip}/${n.prefix}`),
  'ip/prefix': (n) => (size(n) === 2n || (size(n) > 1n && isAddress(n)) ? withPrefix(n, n.ip) : null),
  ip_netmask: (n) => (size(n) === 2n || (size(n) > 1n && isAddress(n)) ? `${ip(n)} ${at(n, netmask(n))}` : null),
  ipv4: (n, _kind, value) => (n.version === 4 ? value : false),
  v4: (n, _kind, value) => (n.version === 4 ? value : false),
  ipv6: (n, _kind, value) => (n.version === 6 ? value : toV6(n)),
  v6: (n, _kind, value) => (n.version === 6 ? value : toV6(n)),
  'link-local': only((n) => inside({ ...n, prefix: width(n) }, n.version === 4 ? '169.254.0.0/16' : 'fe80::/10')),
  loopback: only(isLoopback),
  lo: only(isLoopback),
  multicast: only(isMulticast),
  unicast: only((n) => !isMulticast(n)),
  net: (n) => (size(n) > 1n && !isAddress(n) ? withPrefix(n, n.ip) : null),
  netmask: (n) => at(n, netmask(n)),
  network: (n) => at(n, first(n)),
  network_id: (n) => at(n, first(n)),
  'network/prefix': (n) => withPrefix(n, first(n)),
  subnet: (n) => withPrefix(n, first(n)),
  network_netmask: (n) => `${at(n, first(n))} ${at(n, netmask(n))}`,
  network_wildcard: (n) => `${at(n, first(n))} ${hostmask(n)}`,
  peer: onNetwork((n) => peer(n)),
  prefix: (n) => n.prefix,
  private: only(isPrivate),
  public: only((n) => {
    const one = { ...n, prefix: width(n) };
    return !isMulticast(one) && !isPrivate(one) && !isLoopback(one) && !isMask(one);
  }),
  revdns: reverseName,
  size: (n) => number(size(n)),
  size_usable: (n) => (size(n) === 1n ? 0 : size(n) === 2n ? 2 : number(size(n) - 2n)),
  type: (n) => (size(n) === 1n || isAddress(n) ? 'address' : 'network'),
  version: (n) => n.version,
  wrap: (n, kind, value) => (n.version === 4 ? value : kind === 'address' ? `[${ip(n)}]` : `[${ip(n)}]/${n.prefix}`),
};

/** Reads the input of an address filter: text, a number, or a number with a prefix. */
function read(value: Value, version: 4 | 6 | undefined): { n: Network; kind: Kind; value: Value } | undefined {
  const word = str(value);
  if (/^\d+$/.test(word)) {
    const n = (version === 6 ? undefined : make(4, BigInt(word), 32)) ?? (version === 4 ? undefined : make(6, BigInt(word), 128));
    return n && { n, kind: 'address', value: withPrefix(n, n.ip) };
  }
  const n = parseNetwork(word);
  if (n) return { n, kind: word.includes('/') ? 'network' : 'address', value };
  const [digits, prefix] = /^(\d+)\/(\d+)$/.exec(word)?.slice(1) ?? [];
  if (digits === undefined) return undefined;
  const numeric = make(4, BigInt(digits), Number(prefix)) ?? make(6, BigInt(digits), Number(prefix));
  return numeric && { n: numeric, kind: 'network', value: withPrefix(numeric, numeric.ip) };
}

/** The filter `ipaddr`: tests, converts, or picks. False means "no", null "nothing of that kind". */
export function ipQuery(given: Value, query: string, version: 4 | 6 | undefined, alias = 'ipaddr'): Value {
  const value = defined(given);
  if (Array.isArray(value))
    return value.map((v) => ipQuery(v, query, version, alias)).filter((v) => v !== null && v !== false && v !== '' && v !== 0);
  if (value === null || value === '' || typeof value === 'boolean' || value === 0) return false;
  const found = read(value, version);
  if (!found) return false;
  const { n, kind } = found;
  if (version !== undefined && n.version !== version) return false;
  const known = Object.hasOwn(QUERIES, query) ? QUERIES[query] : undefined;
  if (known) return known(n, kind, found.value);
  const subnet = /^\d+$/.test(query) ? undefined : parseNetwork(query);
  if (subnet) return inside(n, query) ? found.value : null;
  if (!/^[-+]?\d+(\.\d*)?$/.test(query.trim())) throw new TemplateError(`${alias}: unknown filter type: ${query}`);
  if (size(n) === 1n) return kind === 'address' ? ip(n) : withPrefix(n, n.ip);
  if (!/^[-+]?\d+$/.test(query.trim())) return false;
  const index = BigInt(query.trim().replace('+', ''));
  const target = index < 0n ? last(n) + 1n + index : first(n) + index;
  return target < first(n) || target > last(n) ? false : withPrefix(n, target);
}

function network(value: Value): Network {
  const n = parseNetwork(str(value));
  if (!n) throw new TemplateError(`${str(value)} is neither an address nor a network`);
  return n;
}

/** The network of a value, or the address itself. */
function base(value: Value): Network | undefined {
  const n = parseNetwork(str(value));
  return n && (size(n) === 1n || isAddress(n) ? n : { ...n, ip: first(n) });
}

/** The filter `ipsubnet`: how many subnets of a size, one of them, or the network around an address. */
function ipSubnet(value: Value, query: string, given: Value | undefined): Value {
  const read = parseNetwork(str(value));
  if (!read) return false;
  const n: Network = { ...read, ip: first(read) };
  if (query === '') return withPrefix(n, n.ip);
  const kind: Kind = size(n) === 1n ? 'address' : 'network';
  if (!/^\d+$/.test(query)) {
    const outer = network(query);
    const shift = BigInt(width(n) - outer.prefix);
    if (n.ip >> shift !== outer.ip >> shift)
      throw new TemplateError(`${withPrefix(n, n.ip)} is not in the subnet ${withPrefix(outer, first(outer))}`);
    return String(((n.ip - first(outer)) >> BigInt(width(n) - n.prefix)) + 1n);
  }
  const prefix = Number(query);
  if (prefix > width(n)) return false;
  const supernet = (p: number): Value => {
    const net = { ...n, prefix: p };
    return withPrefix(net, first(net));
  };
  if (given === undefined || given === null) {
    if (kind === 'address') return supernet(prefix);
    if (prefix < n.prefix) throw new TemplateError(`Requested subnet size of ${prefix} is invalid`);
    return String(1n << BigInt(prefix - n.prefix));
  }
  const index = Number(str(given));
  if (kind === 'address') {
    if (index > width(n) + 1 - index || index < prefix - width(n)) return false;
    const at = index < 0 ? width(n) + index : prefix + index;
    return at >= width(n) && index >= 0 ? false : supernet(at);
  }
  const count = 1n << BigInt(Math.max(0, prefix - n.prefix));
  const which = BigInt(index) < 0n ? BigInt(index) + count : BigInt(index);
  if (prefix < n.prefix || which < 0n || which >= count) return false;
  return `${at(n, n.ip + (which << BigInt(width(n) - prefix)))}/${prefix}`;
}

function nthUsable(value: Value, offset: Value, sign: bigint): Value {
  const n = base(value);
  if (!n) return false;
  if (typeof offset !== 'number') throw new TemplateError('Must pass in an integer');
  return step(n, sign * BigInt(offset));
}

function inNetwork(value: Value, test: Value, onlyUsable: boolean): Value {
  const [n, t] = [network(value), network(test)];
  const [low, high] = onlyUsable ? usable(n) : [first(n), last(n)];
  return n.version === t.version && first(t) >= low && last(t) <= high;
}

const query = (version: 4 | 6 | undefined, alias: string): Filter =>
  filter(['query'], (v, g) => ipQuery(v, g.str('query', ''), version, alias));

export const IP_FILTERS: Readonly<Record<string, Filter>> = {
  ipaddr: query(undefined, 'ipaddr'),
  ipv4: query(4, 'ipv4'),
  ipv6: query(6, 'ipv6'),
  ipwrap: filter(['query'], (v, g) => {
    const one = (i: Value): Value => {
      const found = ipQuery(i, g.str('query', ''), undefined, 'ipwrap');
      return found === false || found === null ? i : ipQuery(i, 'wrap', undefined, 'ipwrap');
    };
    if (typeof v !== 'string' && typeof v !== 'boolean' && !Array.isArray(v))
      throw new TemplateError(`Unrecognized type ${typeName(v)} for ipwrap`);
    return Array.isArray(v) ? iterate(v).map(one) : one(v);
  }),
  ipsubnet: filter(['query', 'index'], (v, g) => ipSubnet(v, g.str('query', ''), g.get('index'))),
  nthhost: filter(['query'], (v, g) => {
    const n = base(v);
    const nth = g.get('query') ?? 0;
    if (!n || str(nth) === '' || !/^-?\d+$/.test(str(nth)) || nth === 0) return false;
    const i = BigInt(str(nth));
    const target = i < 0n ? last(n) + 1n + i : first(n) + i;
    return size(n) > i && target >= first(n) ? at(n, target) : false;
  }),
  next_nth_usable: filter(['offset'], (v, g) => nthUsable(v, g.need('offset'), 1n)),
  previous_nth_usable: filter(['offset'], (v, g) => nthUsable(v, g.need('offset'), -1n)),
  network_in_network: filter(['test'], (v, g) => inNetwork(v, g.need('test'), false)),
  network_in_usable: filter(['test'], (v, g) => inNetwork(v, g.need('test'), true)),
  ipmath: filter(['amount'], (v, g) => {
    const n = network(v);
    const sum = n.ip + BigInt(g.int('amount', 0));
    if (!make(n.version, sum, 0)) throw new TemplateError('the sum is not an address');
    return at(n, sum);
  }),
};
