import { InputError } from '../base/errors.js';
import { parseSubnet, toAddress } from '../base/net/ipv4.js';
import { checkNames, type GenerateOptions, type Machine, type Machines, members, nameOf } from './generate.js';

/** A host as it is given on the command line: `[user@][name=]address[:port]`. */
export interface OwnHost {
  /** Name in the inventory; absent: made by a pattern. */
  readonly name?: string;
  /** IPv4 address, or a name that is looked up. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

const FIX =
  'Write addresses, ranges or names, separated by commas: 10.0.0.5, 10.0.0.5-7, ubuntu@10.0.1.10:2222, db1=10.0.0.9, node1.example.org';
/** Longer ranges are typing errors. */
const MOST_IN_RANGE = 1000;

/** Hosts of one argument or flag: `10.0.0.5-7,ubuntu@10.0.1.10:2222`. @throws InputError */
export function parseOwnHosts(text: string): OwnHost[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) throw new InputError({ what: 'No hosts are named', fix: FIX });
  return words.flatMap(parseWord);
}

function parseWord(word: string): OwnHost[] {
  const wrong = (why: string): InputError => new InputError({ what: `${word} is not a host`, why, fix: FIX });
  const match = /^(?:([^@=]+)@)?(?:([^@=]+)=)?([^@=:]+)(?::(\d+))?$/.exec(word);
  if (!match) throw wrong(word.split(':').length > 2 ? 'Hosts need an IPv4 address' : 'It has a form that is not known');
  const [, user, name, host = '', portText] = match;
  if (user !== undefined && !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(user)) throw wrong(`${user} is not a valid user name`);
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65535)) throw wrong(`${port} is not a port`);
  const rest = { ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
  const range = /^(\d+\.\d+\.\d+\.\d+)-([\d.]+)$/.exec(host);
  if (range) {
    if (name !== undefined) throw wrong('A range cannot have one name');
    return rangeOf(range[1] ?? '', range[2] ?? '', wrong).map((address) => ({ host: address, ...rest }));
  }
  if (/^[\d./]+$/.test(host) && parseIpv4(host) === undefined)
    throw wrong(host.includes('/') ? 'A network is not a host' : 'It is not an IPv4 address');
  return [{ host: host.toLowerCase(), ...(name === undefined ? {} : { name }), ...rest }];
}

/** An address as a number; undefined: it is not one. */
function parseIpv4(text: string): number | undefined {
  return parseSubnet(`${text}/32`)?.first;
}

/** `10.0.0.5` to `7`, `1.7` or `10.0.1.7`: what is left out is as in the first. */
function rangeOf(first: string, end: string, wrong: (why: string) => InputError): string[] {
  const parts = first.split('.');
  const tail = end.split('.');
  const last = [...parts.slice(0, Math.max(0, 4 - tail.length)), ...tail].join('.');
  const [from, to] = [parseIpv4(first), parseIpv4(last)];
  if (from === undefined || to === undefined || tail.length > 4) throw wrong('It is not a range of IPv4 addresses');
  if (to < from) throw wrong(`${last} comes before ${first}`);
  if (to - from >= MOST_IN_RANGE) throw wrong(`It has ${to - from + 1} addresses`);
  return Array.from({ length: to - from + 1 }, (_, i) => toAddress(from + i));
}

/**
 * Names for the hosts, and which of them run etcd.
 * @param addressOf the IPv4 address of a host that is given by name.
 * @throws InputError for hosts that are named twice, and for invalid names.
 */
export function ownMachines(
  own: { readonly masters: readonly OwnHost[]; readonly workers: readonly OwnHost[] },
  o: Pick<GenerateOptions, 'masterName' | 'workerName' | 'etcd'>,
  addressOf: (host: string) => string,
): Machines {
  const row = (flag: string, pattern: string, hosts: readonly OwnHost[]): Machine[] =>
    hosts.map((h, i): Machine => {
      const address = addressOf(h.host);
      const number = Number(address.split('.').at(-1));
      const name = h.name ?? (h.host === address ? nameOf(flag, pattern, number, i + 1) : h.host);
      const { user, port } = h;
      return { name, address, ...(h.host === address ? {} : { host: h.host }), user, port };
    });
  const masters = row('--master-name', o.masterName, own.masters);
  const workers = row('--worker-name', o.workerName, own.workers);
  const all = [...masters, ...workers];
  const twice = all.map((m) => m.address).find((address, i, list) => list.indexOf(address) !== i);
  if (twice !== undefined) {
    throw new InputError({
      what: `${twice} is given twice`,
      fix: 'Name each host once; without --workers the control planes take the pods as well',
    });
  }
  checkNames(all);
  return { masters, workers, etcd: members(o, masters, workers) };
}
