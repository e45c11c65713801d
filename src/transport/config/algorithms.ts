import { createRequire } from 'node:module';
import { InputError } from '../../base/errors.js';
import type { Algorithms } from '../types.js';
import { matchPattern, matchPatternList } from './patterns.js';
import type { OptionValue } from './resolve.js';

/** Key types of host keys in our order of preference. */
export const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** What we can sign a login with. Source: `ssh -Q PubkeyAcceptedAlgorithms` of OpenSSH 9.2, without DSA. */
const PUBLIC_KEY_ALGORITHMS = [
  ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'].flatMap(withCertificate),
  ...['sk-ssh-ed25519', 'sk-ecdsa-sha2-nistp256'].flatMap((k) => [`${k}@openssh.com`, `${k}-cert-v01@openssh.com`]),
  ...['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'].flatMap(withCertificate),
];

function withCertificate(type: string): string[] {
  return [type, `${type}-cert-v01@openssh.com`];
}

/** Names that a setting of OpenSSH leaves, and those of it that nobody here knows. */
export interface NameList {
  readonly names: readonly string[];
  readonly unknown: readonly string[];
}

/**
 * `+` adds to the defaults, `-` takes away, `^` puts in front; without a prefix the list stands for itself. Source:
 * kex_assemble_names in kex.c of OpenSSH 9.2.
 *
 * @param known everything that patterns may stand for.
 */
export function assembleNames(text: string, defaults: readonly string[], known: readonly string[]): NameList {
  const prefix = /^[+^-]/.exec(text)?.[0] ?? '';
  const rest = text.slice(prefix.length);
  if (prefix === '-') return { names: defaults.filter((name) => !matchPatternList(name, rest)), unknown: [] };
  const said = rest.split(',');
  const patterns = prefix === '+' ? [...defaults, ...said] : prefix === '^' ? [...said, ...defaults] : said;
  return {
    names: [...new Set(patterns.flatMap((p) => known.filter((name) => matchPattern(name, p))))],
    unknown: said.filter((p) => !known.some((name) => matchPattern(name, p))),
  };
}

/** The lists of ssh2 that our build has: they depend on what OpenSSL can do. */
type Ssh2Lists = Readonly<
  Record<`${'DEFAULT' | 'SUPPORTED'}_${'CIPHER' | 'KEX' | 'MAC' | 'SERVER_HOST_KEY'}`, readonly string[]>
>;

/** ssh2 does not export them. */
function ssh2Lists(): Ssh2Lists {
  return createRequire(import.meta.url)('ssh2/lib/protocol/constants.js') as Ssh2Lists;
}

const OPTIONS = [
  ['cipher', 'Ciphers', (s: Ssh2Lists) => [s.DEFAULT_CIPHER, s.SUPPORTED_CIPHER]],
  ['kex', 'KexAlgorithms', (s: Ssh2Lists) => [s.DEFAULT_KEX, s.SUPPORTED_KEX]],
  ['mac', 'MACs', (s: Ssh2Lists) => [s.DEFAULT_MAC, s.SUPPORTED_MAC]],
  ['hostKey', 'HostKeyAlgorithms', (s: Ssh2Lists) => [HOST_KEY_ALGORITHMS, s.SUPPORTED_SERVER_HOST_KEY]],
  ['publicKey', 'PubkeyAcceptedAlgorithms', () => [PUBLIC_KEY_ALGORITHMS, PUBLIC_KEY_ALGORITHMS]],
] as const;

/** Older names of options. */
const FORMERLY: Readonly<Record<string, string>> = { PubkeyAcceptedAlgorithms: 'pubkeyacceptedkeytypes' };

export interface AlgorithmSettings {
  /** Undefined: nothing is said about any of them. */
  readonly algorithms?: Algorithms;
  readonly warnings: readonly string[];
}

/** @throws InputError where a setting leaves nothing that ssh2 can do. */
export function algorithmSettings(first: (keyword: string) => OptionValue | undefined): AlgorithmSettings {
  const lists: Record<string, readonly string[]> = {};
  const said: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [key, option, known] of OPTIONS) {
    const value = first(option.toLowerCase()) ?? first(FORMERLY[option] ?? '');
    const text = value?.args[0];
    if (value === undefined || text === undefined) continue;
    const [defaults, all] = known(ssh2Lists());
    const { names, unknown } = assembleNames(text, defaults ?? [], all ?? []);
    if (names.length === 0) {
      throw new InputError({
        what: `${option} ${text} leaves nothing that can be used here`,
        where: value.where,
        fix: `Add one of ${(defaults ?? []).join(', ')}`,
      });
    }
    if (unknown.length > 0)
      warnings.push(`${value.where}: ${option} names what ssh2 does not have, left out: ${unknown.join(', ')}`);
    lists[key] = names;
    said[option] = text;
  }
  if (Object.keys(said).length === 0) return { warnings };
  // A list of one's own is an order, too; with + and - the types of keys that are known come first, as in OpenSSH.
  return { algorithms: { ...lists, hostKeyOrder: !/^[+-]/.test(said.HostKeyAlgorithms ?? '+'), said }, warnings };
}
