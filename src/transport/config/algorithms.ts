import { createRequire } from 'node:module';
import { InputError, type Warning } from '../../base/errors.js';
import type { Algorithms } from '../types.js';
import { matchPattern, matchPatternList } from './patterns.js';
import type { OptionValue } from './resolve.js';

/** Host key algorithms in our order of preference. */
export const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** Algorithms that we can sign a login with. Source: `ssh -Q PubkeyAcceptedAlgorithms` of OpenSSH 9.2, without DSA. */
const PUBLIC_KEY_ALGORITHMS = [
  ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'].flatMap(withCertificate),
  ...['sk-ssh-ed25519', 'sk-ecdsa-sha2-nistp256'].flatMap((k) => [`${k}@openssh.com`, `${k}-cert-v01@openssh.com`]),
  ...['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'].flatMap(withCertificate),
];

function withCertificate(type: string): string[] {
  return [type, `${type}-cert-v01@openssh.com`];
}

/** The names that a setting results in, and those of its names that are not supported. */
export interface NameList {
  readonly names: readonly string[];
  readonly unknown: readonly string[];
}

/**
 * `+` adds to the defaults, `-` removes from them, `^` puts in front; without a prefix the list replaces them. Source:
 * kex_assemble_names in kex.c of OpenSSH 9.2.
 *
 * @param known every name that a pattern may match.
 */
export function assembleNames(text: string, defaults: readonly string[], known: readonly string[]): NameList {
  const prefix = /^[+^-]/.exec(text)?.[0] ?? '';
  const rest = text.slice(prefix.length);
  if (prefix === '-') return { names: defaults.filter((name) => !matchPatternList(name, rest)), unknown: [] };
  const given = rest.split(',');
  const patterns = prefix === '+' ? [...defaults, ...given] : prefix === '^' ? [...given, ...defaults] : given;
  return {
    names: [...new Set(patterns.flatMap((p) => known.filter((name) => matchPattern(name, p))))],
    unknown: given.filter((p) => !known.some((name) => matchPattern(name, p))),
  };
}

/** ssh2's lists, which depend on the OpenSSL that Node.js is built with. */
type Ssh2Lists = Readonly<
  Record<`${'DEFAULT' | 'SUPPORTED'}_${'CIPHER' | 'KEX' | 'MAC' | 'SERVER_HOST_KEY'}`, readonly string[]>
>;

/** ssh2 does not export them, so they come from its internals. */
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
  /** Undefined: none of them is set. */
  readonly algorithms?: Algorithms;
  readonly warnings: readonly Warning[];
}

/** @throws InputError if a setting leaves nothing that ssh2 supports. */
export function algorithmSettings(first: (keyword: string) => OptionValue | undefined): AlgorithmSettings {
  const lists: Record<string, readonly string[]> = {};
  const written: Record<string, string> = {};
  const warnings: Warning[] = [];
  for (const [key, option, known] of OPTIONS) {
    const value = first(option.toLowerCase()) ?? first(FORMERLY[option] ?? '');
    const text = value?.args[0];
    if (value === undefined || text === undefined) continue;
    const [defaults, all] = known(ssh2Lists());
    const { names, unknown } = assembleNames(text, defaults ?? [], all ?? []);
    if (names.length === 0) {
      throw new InputError({
        what: `${option} ${text} leaves no algorithm that ssh2 supports`,
        where: value.where,
        fix: `Add one of ${(defaults ?? []).join(', ')}`,
      });
    }
    if (unknown.length > 0) warnings.push({ what: `${option}: ssh2 does not support ${unknown.join(', ')}`, where: value.where });
    lists[key] = names;
    written[option] = text;
  }
  if (Object.keys(written).length === 0) return { warnings };
  // A list of its own sets the order too; with + and -, known key types come first, as in OpenSSH.
  return { algorithms: { ...lists, hostKeyOrder: !/^[+-]/.test(written.HostKeyAlgorithms ?? '+'), written }, warnings };
}
