import { homedir, hostname as localHostname, userInfo } from 'node:os';
import { InputError, type Warning } from '../../base/errors.js';
import type { Algorithms } from '../types.js';
import { algorithmSettings } from './algorithms.js';
import { meaningOf } from './keywords.js';
import type { OptionLine } from './lex.js';
import { type ConfigFiles, type OptionValue, resolveOptions } from './resolve.js';
import { expandTokens, type Tokens } from './tokens.js';

/** OpenSSH's configuration of one host; undefined: not set, the caller's default holds. */
export interface SshSettings {
  /** Host to connect to. */
  readonly hostname: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles: readonly string[];
  readonly certificateFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of a socket, or `none`. */
  readonly identityAgent?: string;
  /** As written: `none`, or `[user@]host[:port]` with commas. */
  readonly proxyJump?: string;
  /** A command line for the shell, tokens not yet expanded; never `none`. */
  readonly proxyCommand?: string;
  readonly knownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  readonly strictHostKeyChecking?: 'strict' | 'accept-new' | 'off';
  readonly hostKeyAlias?: string;
  readonly hashKnownHosts: boolean;
  readonly checkHostIp: boolean;
  readonly keepaliveIntervalSec?: number;
  readonly keepaliveCount?: number;
  readonly connectTimeoutSec?: number;
  readonly addressFamily?: 4 | 6;
  readonly bindAddress?: string;
  /** Methods that may be used, in this order; undefined: all. */
  readonly methods?: readonly string[];
  readonly disabledMethods: readonly string[];
  /** Undefined: not set. */
  readonly algorithms?: Algorithms;
  /** Options that are ignored although they matter. */
  readonly warnings: readonly Warning[];
  /** For ProxyCommand, which is expanded once port and user are known. */
  readonly tokens: (remote: { readonly port: number; readonly user: string }) => Tokens;
}

/** @throws InputError with its place for an invalid value. */
export function resolveSettings(
  host: string,
  commandLine: readonly OptionLine[],
  files: ConfigFiles,
  known: { readonly user?: string; readonly port?: number } = {},
): SshSettings {
  const resolved = resolveOptions(host, commandLine, files);
  const read = new Reader(resolved.values);
  const { hostname } = resolved;
  const user = known.user ?? read.text('user');
  const port = known.port ?? read.number('port', 1, 65_535);
  const tokens = (remote: { readonly port: number; readonly user: string }): Tokens => ({
    '%': '%',
    h: hostname,
    n: host,
    p: String(remote.port),
    r: remote.user,
    k: read.text('hostkeyalias') ?? host,
    d: homedir(),
    u: userInfo().username,
    i: String(userInfo().uid),
    L: localHostname().split('.')[0] ?? '',
    l: localHostname(),
    j: read.text('proxyjump') ?? '',
  });
  const expand = (value: OptionValue, text: string): string =>
    expandTokens(text, tokens({ port: port ?? 22, user: user ?? userInfo().username }), value.where);
  const paths = (keyword: string): string[] =>
    read.all(keyword).flatMap((v) => v.args.map((a) => (a.toLowerCase() === 'none' ? 'none' : expand(v, a))));
  const { algorithms, warnings } = algorithmSettings((keyword) => read.first(keyword));
  const command = read.first('proxycommand')?.rest.replace(/^[\s=]+/, '');
  return {
    hostname,
    port,
    user,
    identityFiles: read.all('identityfile').map((v) => expand(v, v.args[0] ?? '')),
    certificateFiles: read.all('certificatefile').map((v) => expand(v, v.args[0] ?? '')),
    identitiesOnly: read.yes('identitiesonly') ?? false,
    identityAgent: agent(read.first('identityagent'), expand),
    proxyJump: read.text('proxyjump'),
    proxyCommand: command?.toLowerCase() === 'none' ? undefined : command,
    knownHostsFiles: read.first('userknownhostsfile') && paths('userknownhostsfile'),
    globalKnownHostsFiles: read.first('globalknownhostsfile') && paths('globalknownhostsfile'),
    strictHostKeyChecking: read.choice('stricthostkeychecking', STRICT),
    hostKeyAlias: read.text('hostkeyalias'),
    hashKnownHosts: read.yes('hashknownhosts') ?? false,
    checkHostIp: read.yes('checkhostip') ?? false,
    keepaliveIntervalSec: read.seconds('serveraliveinterval'),
    keepaliveCount: read.number('serveralivecountmax', 0, 1_000_000),
    connectTimeoutSec: read.seconds('connecttimeout'),
    addressFamily: read.choice('addressfamily', { any: undefined, inet: 4, inet6: 6 } as const),
    bindAddress: read.text('bindaddress'),
    methods: read.text('preferredauthentications')?.split(','),
    disabledMethods: [
      ...(read.yes('pubkeyauthentication') === false ? ['publickey'] : []),
      ...(read.yes('passwordauthentication') === false ? ['password'] : []),
      ...(read.yes('kbdinteractiveauthentication') === false || read.yes('challengeresponseauthentication') === false
        ? ['keyboard-interactive']
        : []),
    ],
    algorithms,
    warnings: [...resolved.warnings, ...warnings, ...ignored(resolved.values), ...surplus(resolved.values)],
    tokens,
  };
}

const STRICT = {
  yes: 'strict',
  true: 'strict',
  // Asking would stop a run over hundreds of hosts.
  ask: 'accept-new',
  'accept-new': 'accept-new',
  no: 'off',
  false: 'off',
  off: 'off',
} as const;

function agent(value: OptionValue | undefined, expand: (v: OptionValue, text: string) => string): string | undefined {
  const text = value?.args[0];
  if (value === undefined || text === undefined || text === 'SSH_AUTH_SOCK') return undefined;
  if (/^\$\w+$/.test(text)) return process.env[text.slice(1)] || 'none';
  return text.toLowerCase() === 'none' ? 'none' : expand(value, text);
}

/** Options that are ignored although they matter. */
function ignored(values: ReadonlyMap<string, readonly OptionValue[]>): Warning[] {
  return [...values].flatMap(([keyword, all]) => {
    const first = all[0];
    if (!first) return [];
    const meaning = meaningOf(keyword, first.args[0] ?? '');
    if (meaning === 'honoured' || meaning === 'irrelevant') return [];
    const why = meaning === 'unknown' ? 'OpenSSH has no such option' : 'it is not supported';
    return [{ what: `${keyword} ${first.args.join(' ')} is ignored: ${why}`, where: first.where }];
  });
}

/** These take the rest of the line, or a list of words. */
const WORDS = new Set(['proxycommand', 'proxyjump', 'userknownhostsfile', 'globalknownhostsfile']);

/** OpenSSH refuses words after a value: mostly it is an unquoted path with a space. */
function surplus(values: ReadonlyMap<string, readonly OptionValue[]>): Warning[] {
  return [...values].flatMap(([keyword, all]) =>
    meaningOf(keyword, '') !== 'honoured' || WORDS.has(keyword)
      ? []
      : all
          .filter((v) => v.args.length > 1)
          .map((v) => ({
            what: `${keyword} ${v.args.join(' ')}: only ${v.args[0]} counts, quote a value with spaces`,
            where: v.where,
          })),
  );
}

class Reader {
  readonly #values: ReadonlyMap<string, readonly OptionValue[]>;

  constructor(values: ReadonlyMap<string, readonly OptionValue[]>) {
    this.#values = values;
  }

  all(keyword: string): readonly OptionValue[] {
    return this.#values.get(keyword) ?? [];
  }

  first(keyword: string): OptionValue | undefined {
    return this.#values.get(keyword)?.[0];
  }

  text(keyword: string): string | undefined {
    return this.first(keyword)?.args[0];
  }

  number(keyword: string, min: number, max: number): number | undefined {
    const text = this.text(keyword);
    if (text === undefined) return undefined;
    const n = Number(text);
    if (/^\d+$/.test(text) && n >= min && n <= max) return n;
    throw this.#wrong(keyword, `a number between ${min} and ${max}`);
  }

  /** OpenSSH's times: `90`, `10m`, `1h30m`. */
  seconds(keyword: string): number | undefined {
    const text = this.text(keyword);
    if (text === undefined) return undefined;
    const units: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
    if (!/^(\d+[smhdw]?)+$/i.test(text)) throw this.#wrong(keyword, 'a time such as 30 or 5m');
    return [...text.matchAll(/(\d+)([smhdw]?)/gi)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * (units[(unit ?? '').toLowerCase()] ?? 1),
      0,
    );
  }

  yes(keyword: string): boolean | undefined {
    return this.choice(keyword, { yes: true, true: true, no: false, false: false });
  }

  choice<T>(keyword: string, allowed: Readonly<Record<string, T>>): T | undefined {
    const text = this.text(keyword)?.toLowerCase();
    if (text === undefined) return undefined;
    if (Object.hasOwn(allowed, text)) return allowed[text];
    throw this.#wrong(keyword, `one of ${Object.keys(allowed).join(', ')}`);
  }

  #wrong(keyword: string, wanted: string): InputError {
    const value = this.first(keyword);
    return new InputError({
      what: `${keyword} ${value?.args[0] ?? ''} is invalid: expected ${wanted}`,
      where: value?.where,
      fix: 'Correct it',
    });
  }
}
