import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InputError, type Warning } from '../../base/errors.js';
import { type Where, wholeFile } from '../../base/place.js';
import { ConfigSyntaxError, Delimited, type OptionLine } from './lex.js';
import { matchPattern, matchPatternList } from './patterns.js';
import { globFiles, readConfigFile } from './read-files.js';

/** One setting of an option. */
export interface OptionValue {
  readonly args: readonly string[];
  readonly rest: string;
  readonly where: Where;
}

export interface ConfigFiles {
  /** The user's file; undefined: none is read. */
  readonly user?: string;
  /** The system's file; undefined: none is read. */
  readonly system?: string;
}

export interface ResolvedOptions {
  /** The host as the user named it, before HostName. */
  readonly host: string;
  /** The host to connect to, after HostName. */
  readonly hostname: string;
  readonly values: ReadonlyMap<string, readonly OptionValue[]>;
  readonly warnings: readonly Warning[];
}

/** Options that may be set more than once: all settings count, of others only the first. */
const ACCUMULATE = new Set([
  'identityfile',
  'certificatefile',
  'sendenv',
  'setenv',
  'localforward',
  'remoteforward',
  'dynamicforward',
]);
const MAX_DEPTH = 16;

/** The files that ssh reads. @param file as for `ssh -F` (`none`: no file at all); then the system's file is not read. */
export function configFiles(file?: string): ConfigFiles {
  if (file === undefined) return { user: join(homedir(), '.ssh', 'config'), system: '/etc/ssh/ssh_config' };
  return file === 'none' ? {} : { user: file };
}

/**
 * All options that apply to a host: from the command line, then the user's file, then the system's; the first value
 * wins. Source: readconf.c and ssh.c of OpenSSH 9.2; `ssh -G` is the oracle of the tests.
 *
 * @throws InputError with its place for what OpenSSH refuses.
 */
export function resolveOptions(host: string, commandLine: readonly OptionLine[], files: ConfigFiles): ResolvedOptions {
  const resolver = new Resolver(host);
  for (const line of commandLine) resolver.set(line);
  resolver.readAll(files, host, false);
  if (resolver.wantsFinalPass) {
    resolver.settleHostname();
    resolver.readAll(files, resolver.hostname, true);
  }
  return { host, hostname: resolver.hostname, values: resolver.values, warnings: resolver.warnings };
}

class Resolver {
  readonly values = new Map<string, OptionValue[]>();
  readonly warnings: Warning[] = [];
  wantsFinalPass = false;
  readonly #originalHost: string;
  #settled: string | undefined;

  constructor(host: string) {
    this.#originalHost = host;
  }

  get hostname(): string {
    return this.#settled ?? expandHostname(this.values.get('hostname')?.[0]?.args[0], this.#originalHost);
  }

  /** Called before the second pass, in which HostName comes too late. */
  settleHostname(): void {
    this.#settled = this.hostname.toLowerCase();
  }

  set(line: OptionLine): void {
    const { keyword, args, rest, where } = line;
    if (args.length === 0 || args[0] === '') throw bad(`${keyword} has no value`, where);
    // To OpenSSH that is the same as not set.
    if (keyword === 'connecttimeout' && args[0] === 'none') return;
    // Whichever of the two is set first decides.
    if (keyword === 'proxycommand' && (this.values.get('proxyjump')?.[0]?.args[0] ?? 'none') !== 'none') return;
    if (keyword === 'proxyjump' && this.values.has('proxycommand')) return;
    const known = this.values.get(keyword);
    if (!known) this.values.set(keyword, [{ args, rest, where }]);
    else if (ACCUMULATE.has(keyword) && !known.some((v) => v.args[0] === args[0])) known.push({ args, rest, where });
  }

  readAll(files: ConfigFiles, host: string, final: boolean): void {
    const pass = { host, final };
    if (files.user !== undefined) this.#readFile(files.user, pass, true, true, 0);
    if (files.system !== undefined) this.#readFile(files.system, pass, false, true, 0);
  }

  #readFile(path: string, pass: Pass, own: boolean, active: boolean, depth: number): void {
    if (depth > MAX_DEPTH) throw bad('Files include each other too deeply', wholeFile(path));
    const allowed = active;
    let on = active;
    for (const line of readConfigFile(path)) {
      if (line.keyword === 'host') on = allowed && this.#hostMatches(line, pass);
      else if (line.keyword === 'match') on = allowed && this.#matches(line, pass);
      else if (line.keyword === 'include') {
        for (const file of includedFiles(line, own)) this.#readFile(file, pass, own, on, depth + 1);
      } else if (on) this.set(line);
    }
  }

  #hostMatches(line: OptionLine, pass: Pass): boolean {
    let found = false;
    for (const arg of line.args) {
      if (arg === '') throw bad('Host has an empty pattern', line.where);
      const negated = arg.startsWith('!');
      if (!matchPattern(pass.host, negated ? arg.slice(1) : arg)) continue;
      if (negated) return false;
      found = true;
    }
    return found;
  }

  #matches(line: OptionLine, pass: Pass): boolean {
    const scan = new Delimited(line.rest);
    const next = (): string => {
      try {
        const word = scan.next();
        return word === undefined || word.startsWith('#') ? '' : word;
      } catch (error) {
        throw error instanceof ConfigSyntaxError ? bad(`Match: ${error.message}`, line.where) : error;
      }
    };
    let result = true;
    let count = 0;
    for (let word = next(); word !== ''; word = next()) {
      const negated = word.startsWith('!');
      const name = (negated ? word.slice(1) : word).toLowerCase();
      if (name === 'all') {
        if (count > 1 || next() !== '') throw bad("Match: 'all' must be the only condition", line.where);
        return result && !negated;
      }
      count++;
      if (name === 'final' || name === 'canonical') {
        if (name === 'final') this.wantsFinalPass = true;
        if (pass.final === negated) result = false;
        continue;
      }
      const value = next();
      if (value === '') throw bad(`Match: ${name} has no value`, line.where);
      if (name === 'exec') {
        if (result) this.#warn({ what: 'Match exec is not run, so its block is skipped', where: line.where });
        result = false;
      } else if (this.#criterion(name, value, pass, line.where) === negated) result = false;
    }
    if (count === 0) throw bad('Match has no condition', line.where);
    return result;
  }

  #criterion(name: string, value: string, pass: Pass, where: Where): boolean {
    switch (name) {
      case 'host':
        return matchPatternList(pass.final ? pass.host : this.hostname, value, true);
      case 'originalhost':
        return matchPatternList(this.#originalHost, value, true);
      case 'user':
        return matchPatternList(this.values.get('user')?.[0]?.args[0] ?? userInfo().username, value);
      case 'localuser':
        return matchPatternList(userInfo().username, value);
      default:
        throw bad(`Match: ${name} is not supported`, where);
    }
  }

  /** Two passes read the same line. */
  #warn(warning: Warning): void {
    const same = (w: Warning): boolean => w.what === warning.what && isDeepStrictEqual(w.where, warning.where);
    if (!this.warnings.some(same)) this.warnings.push(warning);
  }
}

interface Pass {
  /** Compared with `Host`: in the second pass the name after HostName. */
  readonly host: string;
  readonly final: boolean;
}

/** HostName may contain `%h`, the host as the user named it. */
function expandHostname(hostname: string | undefined, host: string): string {
  return hostname === undefined ? host : hostname.replaceAll(/%(.)/g, (all, c) => (c === 'h' ? host : c === '%' ? '%' : all));
}

function includedFiles(line: OptionLine, own: boolean): string[] {
  return line.args.flatMap((arg) => {
    if (arg === '' || (arg.startsWith('~') && !own)) throw bad(`Include ${arg}: this path is not allowed here`, line.where);
    if (arg.startsWith('~/')) return globFiles(join(homedir(), arg.slice(2)));
    return globFiles(isAbsolute(arg) ? arg : join(own ? join(homedir(), '.ssh') : '/etc/ssh', arg));
  });
}

function bad(what: string, where: Where): InputError {
  return new InputError({ what, where, fix: 'Correct it; `ssh -G HOST` shows how OpenSSH reads the configuration' });
}
