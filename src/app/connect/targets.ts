import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { InputError, type Warning } from '../../base/errors.js';
import { type Place, wholeFile } from '../../base/place.js';
import type { Host } from '../../inventory/model/model.js';
import { Secret } from '../../shell/secret.js';
import { configFiles } from '../../transport/config/resolve.js';
import { resolveSettings, type SshSettings } from '../../transport/config/settings.js';
import { expandTokens } from '../../transport/config/tokens.js';
import { expandHome } from '../../transport/paths.js';
import type { AuthMethod, BecomeMethod, HostKeyPolicy, Target } from '../../transport/types.js';
import { HostVars } from './host-vars.js';
import { becomeVariables, OPTION_VARIABLES } from './option-variables.js';
import type { ConnectionOptions } from './options.js';
import { option, parseSshArgs, type SshArgs } from './ssh-args.js';

/** Settings of flags and environment; inventory variables take precedence, as in Ansible. */
export interface TargetFlags {
  readonly user?: string;
  readonly privateKey?: string;
  readonly password?: Secret;
  readonly becomePassword?: Secret;
  readonly hostKeyChecking?: HostKeyPolicy['mode'];
  readonly connectTimeoutSec?: number;
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: string;
  readonly becomeExe?: string;
  readonly becomeFlags?: string;
  readonly port?: number;
  readonly sshArgs?: WrittenArgs;
  readonly sshCommonArgs?: WrittenArgs;
  readonly sshExtraArgs?: WrittenArgs;
  /** The file that replaces ~/.ssh/config and /etc/ssh/ssh_config; `none`: no file is read. */
  readonly sshConfig?: string;
  /** Looks up jump hosts in the inventory. */
  readonly lookup?: (name: string) => Host | undefined;
}

/** The flags and settings of a command. */
export function flagsOf(c: ConnectionOptions): TargetFlags {
  const { connectTimeout: connectTimeoutSec, askPass: _, askBecomePass: __, forks: ___, ...same } = c;
  return { ...same, connectTimeoutSec };
}

/** Arguments of ssh, and where they are written. */
interface WrittenArgs {
  readonly text: string;
  readonly where: Place;
}

const DEFAULT_TIMEOUT_SEC = 10;
const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const METHODS: readonly AuthMethod[] = ['publickey', 'keyboard-interactive', 'password'];

/**
 * How a host of the inventory is reached. The first of these that sets an option wins: `ansible_ssh_args`, the host's own
 * variables, `ansible_ssh_common_args`, `ansible_ssh_extra_args`, ssh_config; the same as when Ansible calls ssh.
 *
 * @param route names of the hosts that are reached through this one, to prevent loops.
 * @throws InputError with its place for an invalid variable or option.
 */
export function targetFromHost(host: Host, flags: TargetFlags, route: readonly string[] = []): Target {
  const vars = new HostVars(host);
  const of = (option: keyof typeof OPTION_VARIABLES): string => vars.last(OPTION_VARIABLES[option]);
  const name = withoutBrackets(vars.text(of('host')) ?? host.name);
  const args = ARGUMENTS.map(([variable, flag]) =>
    vars.text(variable) === undefined && flags[flag] !== undefined
      ? parseSshArgs(flags[flag].text, flags[flag].where, flag)
      : parseSshArgs(vars.text(variable), vars.where(variable), variable),
  );
  const keyFile = vars.text(of('keyFile')) ?? flags.privateKey;
  const own = { port: vars.port(of('port')) ?? flags.port, user: vars.text(of('user')) ?? flags.user };
  const [before, common, extra] = args.map((a) => a.options);
  const config = configFile(args, flags);
  const settings = resolveSettings(
    name,
    [
      ...(before ?? []),
      ...(own.port === undefined ? [] : [option('port', String(own.port), 'ansible_port')]),
      ...(own.user === undefined ? [] : [option('user', own.user, 'ansible_user')]),
      ...(keyFile === undefined ? [] : [option('identityfile', keyFile.replaceAll('%', '%%'), 'ansible_ssh_private_key_file')]),
      ...(common ?? []),
      ...(extra ?? []),
    ],
    configFiles(config),
  );
  const password = vars.text(of('password'));
  const connection = vars.oneOf('ansible_connection', ['ssh', 'local', 'paramiko', 'paramiko_ssh', 'smart'] as const) ?? 'ssh';
  const port = settings.port ?? 22;
  const user = settings.user ?? userInfo().username;
  // What the inventory or ssh_config says about the way comes before kubespray's bastion.
  const way =
    settings.proxyJump ?? (settings.proxyCommand === undefined && route.length === 0 ? bastionFor(host, flags) : undefined);
  const jumps = connection === 'local' ? [] : jumpTargets(way, host, { ...flags, sshConfig: config }, route);
  return {
    name: host.name,
    address: settings.hostname,
    port,
    user,
    connection: connection === 'local' ? 'local' : 'ssh',
    password: password === undefined ? flags.password : new Secret('ssh-password', password),
    become: become(vars, flags),
    hostKeys: hostKeys(settings, vars, flags),
    timeoutMs:
      1000 * (vars.seconds(of('timeout')) ?? flags.connectTimeoutSec ?? settings.connectTimeoutSec ?? DEFAULT_TIMEOUT_SEC),
    ...identities(settings),
    // A jump host that lists itself is reached directly.
    jumps: jumps.filter((j) => j.address !== settings.hostname || j.port !== port),
    proxyCommand:
      settings.proxyCommand === undefined || jumps.length > 0
        ? undefined
        : expandTokens(settings.proxyCommand, settings.tokens({ port, user })),
    keepalive: keepalive(settings),
    addressFamily: settings.addressFamily,
    bindAddress: settings.bindAddress,
    methods: methods(settings),
    algorithms: settings.algorithms,
    warnings: [...args.flatMap((a) => a.warnings), ...settings.warnings, ...contradictions(vars)],
  };
}

/**
 * kubespray reaches every host through the one named `bastion` in the group `bastion`, if there is one.
 * Source: roles/bastion-ssh-config of kubespray
 */
function bastionFor(host: Host, { lookup }: TargetFlags): string | undefined {
  const bastion = lookup?.('bastion');
  return bastion?.groups.has('bastion') && !host.groups.has('bastion') ? bastion.name : undefined;
}

/** Old names beside new ones, with another value: only one of them counts. */
function contradictions(vars: HostVars): Warning[] {
  return Object.values(OPTION_VARIABLES).flatMap((names) => {
    const counts = vars.last(names);
    return names
      .filter((n) => n !== counts && vars.text(n) !== undefined && vars.text(n) !== vars.text(counts))
      .map((n) => ({
        what: `${counts} counts, and ${n} has no effect`,
        where: vars.where(n),
        why: `Ansible takes the last one of ${names.join(', ')} that is set, wherever it is set`,
        fix: `Remove ${n}, or give it the same value`,
      }));
  });
}

/** `[fd00::1]` is an address too; ssh itself takes it for a host name, which it cannot resolve. */
function withoutBrackets(name: string): string {
  return /^\[([0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?)\]$/i.exec(name)?.[1] ?? name;
}

/** Each variable, and what ansible.cfg gives where it is not set. */
const ARGUMENTS = [
  ['ansible_ssh_args', 'sshArgs'],
  ['ansible_ssh_common_args', 'sshCommonArgs'],
  ['ansible_ssh_extra_args', 'sshExtraArgs'],
] as const;

function configFile(args: readonly SshArgs[], flags: TargetFlags): string | undefined {
  const file = args.find((a) => a.configFile !== undefined)?.configFile ?? flags.sshConfig;
  if (file === undefined || file === 'none') return file;
  const path = resolve(expandHome(file));
  if (existsSync(path)) return path;
  throw new InputError({
    what: 'SSH configuration file not found',
    where: wholeFile(path),
    fix: 'Correct --ssh-config, KUBEWRIGHT_SSH_CONFIG or -F in the ssh arguments of the inventory; `none` reads no file',
  });
}

function identities(s: SshSettings): Pick<Target, 'privateKeyFile' | 'identities'> {
  const files = s.identityFiles.filter((f) => f !== 'none');
  const [privateKeyFile, ...others] = files;
  return {
    privateKeyFile,
    identities: {
      files: others,
      certificates: s.certificateFiles.filter((f) => f !== 'none'),
      only: s.identitiesOnly,
      agent: s.identityAgent,
    },
  };
}

function become(vars: HostVars, flags: TargetFlags): Target['become'] {
  const method = becomeMethod(vars, flags);
  const names = becomeVariables(method);
  const password = vars.text(vars.last(names.password));
  return {
    enabled: vars.bool('ansible_become') ?? flags.become ?? true,
    user: vars.text(vars.last(names.user)) ?? flags.becomeUser ?? 'root',
    method,
    exe: vars.text(vars.last(names.exe)) ?? flags.becomeExe,
    flags: vars.text(vars.last(names.flags)) ?? flags.becomeFlags,
    password: password === undefined ? flags.becomePassword : new Secret('become-password', password),
  };
}

function becomeMethod(vars: HostVars, flags: TargetFlags): BecomeMethod {
  const method = vars.text('ansible_become_method') ?? flags.becomeMethod ?? 'sudo';
  // Ansible 2.10 and newer also accept the name with its collection.
  const short = method.replace(/^(ansible\.builtin|community\.general)\./, '');
  if (short === 'sudo' || short === 'doas' || short === 'su') return short;
  throw new InputError({
    what: `ansible_become_method ${method} is not supported`,
    where: vars.where('ansible_become_method'),
    fix: 'Use sudo, doas or su',
  });
}

function hostKeys(s: SshSettings, vars: HostVars, flags: TargetFlags): HostKeyPolicy {
  const files = s.knownHostsFiles?.filter((f) => f !== 'none') ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
  const checking = vars.bool(vars.last(OPTION_VARIABLES.hostKeyChecking));
  // With /dev/null, Ansible users turn the check off: no key is kept, so none can be compared.
  const nowhere = files.length > 0 && files.every((f) => f === '/dev/null');
  return {
    mode: flags.hostKeyChecking ?? (checking === false || nowhere ? 'off' : s.strictHostKeyChecking) ?? 'accept-new',
    files: files.map(expandHome),
    globalFiles: s.globalKnownHostsFiles?.filter((f) => f !== 'none') ?? GLOBAL_KNOWN_HOSTS,
    alias: s.hostKeyAlias,
    hash: s.hashKnownHosts,
  };
}

function keepalive(s: SshSettings): Target['keepalive'] {
  // Off in ssh_config suits an interactive ssh, which may wait forever; a run must not.
  if (!s.keepaliveIntervalSec) return undefined;
  return { intervalMs: 1000 * s.keepaliveIntervalSec, count: Math.max(1, s.keepaliveCount ?? 3) };
}

function methods(s: SshSettings): readonly AuthMethod[] | undefined {
  if (s.methods === undefined && s.disabledMethods.length === 0) return undefined;
  const wanted = s.methods ?? METHODS;
  return wanted.flatMap((m) => METHODS.filter((known) => known === m && !s.disabledMethods.includes(m)));
}

/** One hop of `ProxyJump`. */
interface Hop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** `[user@]host[:port]` or `ssh://…`, separated by commas. @throws InputError for an invalid one. */
function parseJumps(text: string, where: string): Hop[] {
  return text.split(',').map((part) => {
    const [, user, bracketed, plain, port] =
      /^(?:ssh:\/\/)?(?:([^@]*(?:@[^@]*)*)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?\/?$/.exec(part.trim()) ?? [];
    const host = bracketed ?? plain;
    const number = port === undefined ? undefined : Number(port);
    if (host === undefined || user === '' || (number !== undefined && (number < 1 || number > 65_535))) {
      throw new InputError({
        what: `${JSON.stringify(part.trim())} is not a valid jump host`,
        where,
        fix: 'Write host, user@host or user@host:port; separate several with commas',
      });
    }
    return { host, user, port: number };
  });
}

/**
 * The jump hosts of a host, the nearest first. Each has its own settings: from the inventory if the host is in it, else from
 * ssh_config. The flags for user, key and password apply to the targets only.
 */
function jumpTargets(proxyJump: string | undefined, host: Host, flags: TargetFlags, route: readonly string[]): Target[] {
  if (proxyJump === undefined || proxyJump.toLowerCase() === 'none') return [];
  const hops = parseJumps(proxyJump, host.name);
  const found: Target[] = [];
  for (const [i, hop] of hops.entries()) {
    // The host itself, or one that is reached through it: a loop.
    if (hop.host === host.name || route.includes(hop.host)) continue;
    const target = hopTarget(hop, flags, [...route, host.name]);
    // Only the first hop may have jump hosts of its own; the others are reached through the one before.
    if (i === 0) found.push(...(target.jumps ?? []));
    found.push({ ...target, jumps: [], proxyCommand: i === 0 ? target.proxyCommand : undefined });
  }
  return found;
}

function hopTarget(hop: Hop, flags: TargetFlags, route: readonly string[]): Target {
  const known = flags.lookup?.(hop.host);
  const bare: Host = known ?? {
    name: hop.host,
    source: { file: 'ProxyJump', line: 1, column: 1 },
    groups: new Set(['all']),
    vars: new Map(),
  };
  const { sshConfig, lookup, hostKeyChecking, connectTimeoutSec } = flags;
  const target = targetFromHost(bare, { sshConfig, lookup, hostKeyChecking, connectTimeoutSec }, route);
  return { ...target, user: hop.user ?? target.user, port: hop.port ?? target.port };
}
