import { type ErrorParts, UnreachableError } from '../base/errors.js';
import { type ChangedKey, fingerprint, keyType, knownName } from './known-hosts.js';
import type { Target } from './types.js';

/** Everything that can go wrong on the way to a host. */
export type TransportErrorKind =
  /** The name does not resolve. */
  | 'resolve'
  /** Nothing listens on that port. */
  | 'refused'
  /** There is no answer, or it comes too late. */
  | 'timeout'
  /** There is no route to the address. */
  | 'unreachable'
  /** The host key is wrong or not known. */
  | 'host-key'
  /** The login is refused. */
  | 'auth'
  /** sudo, doas or su refuses. */
  | 'sudo'
  /** The login shell does not run what it is given. */
  | 'shell'
  /** The connection broke. */
  | 'lost'
  /** What answers is not an SSH server, or has no algorithm in common with us. */
  | 'protocol';

/** A host cannot be reached, or refuses the login. */
export class TransportError extends UnreachableError {
  readonly kind: TransportErrorKind;
  /** Of a refused login: the methods that the server still takes. */
  readonly offered: readonly string[];
  /** Of a refused login: there was no key and no password to try. */
  readonly untried: boolean;

  constructor(kind: TransportErrorKind, parts: ErrorParts, offered: readonly string[] = [], untried = false) {
    super(parts);
    this.kind = kind;
    this.offered = offered;
    this.untried = untried;
  }
}

/** `name (address:port)`, with the last jump host on the way. IPv6 addresses are in brackets. */
export function targetName(target: Target): string {
  const via = target.jumps?.at(-1);
  const address = target.address.includes(':') ? `[${target.address}]` : target.address;
  return `${target.name} (${address}:${target.port}${via ? `, through ${via.name}` : ''})`;
}

const FIX_LISTEN = 'Check that sshd runs there, and on this port (ansible_port)';
const FIX_ANSWER = 'Check that the host is up and no firewall drops the port; --connect-timeout allows more time';
const FIX_ROUTE = 'Check that the host is up and the address is right (ansible_host)';

/** An error of Node or ssh2 as one of our kinds. @param banner what the server sent before SSH began. */
export function fromConnectError(error: Error, where: string, banner = ''): TransportError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const level = 'level' in error && typeof error.level === 'string' ? error.level : '';
  const make = (kind: TransportErrorKind, what: string, fix: string, why = error.message): TransportError =>
    new TransportError(kind, { what, where, why: why || code || undefined, fix, cause: error });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return make('resolve', 'The name cannot be resolved', 'Set ansible_host to its address in the inventory');
  if (code === 'ECONNREFUSED') return make('refused', 'The host refuses connections', FIX_LISTEN);
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL')
    return make('unreachable', 'There is no route to the host', FIX_ROUTE);
  if (code === 'ETIMEDOUT' || level === 'client-timeout' || /timed out/i.test(error.message))
    return make('timeout', 'The host does not answer', FIX_ANSWER);
  if (/MaxStartups|not allowed at this time/i.test(banner)) {
    const fix =
      'Try again later: sshd has too many connections that are not logged in yet (MaxStartups), or blocks this address for a while (PerSourcePenalties)';
    return make('lost', 'The host closed the connection', fix, `It said: ${banner.trim()}`);
  }
  if (banner !== '' && !/^SSH-/m.test(banner))
    return make(
      'protocol',
      'What answers there is not an SSH server',
      'Check the port (ansible_port)',
      `It said: ${banner.trim()}`,
    );
  if (/no matching/i.test(error.message)) {
    const fix =
      'Allow more on the host, or in your own Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms: docs/ssh.md lists what ssh2 supports';
    return make('protocol', 'The host has no algorithm in common with us', fix);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || /before handshake|connection (lost|closed|reset)/i.test(error.message))
    return make('lost', 'The host closed the connection', 'Read the log of sshd there: journalctl -u ssh');
  return make('protocol', 'The SSH connection failed', 'Run ssh -v to the same host, and compare');
}

/** Interrupted while the connection was being made. */
export class ConnectInterruptedError extends TransportError {
  constructor(where: string) {
    super('lost', { what: 'Interrupted while connecting', where });
  }
}

/** The caller's signal ended a command; what of it had run is not known. */
export class CommandInterruptedError extends TransportError {
  constructor(target: Target) {
    super('lost', { what: 'Interrupted', where: target.name });
  }
}

export function connectTimeout(target: Target): TransportError {
  const why = `There was no answer within ${target.timeoutMs / 1000} s`;
  return new TransportError('timeout', { what: 'The host does not answer', where: targetName(target), why, fix: FIX_ANSWER });
}

export function lostConnection(target: Target, why: string): TransportError {
  const fix = 'Run the same command again: it continues where it stopped';
  return new TransportError('lost', { what: 'The connection was lost', where: targetName(target), why, fix });
}

export function unknownHostKey(
  target: Target,
  key: Buffer,
  file: string | undefined,
  authority: string | undefined,
): TransportError {
  const { address, port } = target;
  const vouched = authority ? `\n${authority} trusts certificates of this host, but host certificates are not supported` : '';
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${address} >> ${file ?? '~/.ssh/known_hosts'}`;
  return new TransportError('host-key', {
    what: 'The host key is not known',
    where: targetName(target),
    why: `The host presents ${keyType(key)} ${fingerprint(key)}, and unknown keys are refused (strict)${vouched}`,
    fix: `Compare it with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on the host, then: ${scan}`,
  });
}

export function revokedHostKey(target: Target, key: Buffer, at: string): TransportError {
  return new TransportError('host-key', {
    what: 'The host key has been revoked',
    where: targetName(target),
    why: `${at} revokes ${keyType(key)} ${fingerprint(key)}`,
    fix: 'Do not connect. Give the host new host keys',
  });
}

export function changedHostKey(target: Target, key: Buffer, known: ChangedKey): TransportError {
  return new TransportError('host-key', {
    what: 'The host key has changed',
    where: targetName(target),
    why: `The host presents ${keyType(key)} ${fingerprint(key)}; ${known.file}:${known.line} has ${known.type} ${known.fingerprint}. The connection may be intercepted, or the host was reinstalled`,
    fix: `If the host was reinstalled: ssh-keygen -f ${shellWord(known.file)} -R ${shellWord(knownName(target), true)}`,
  });
}

/** What sudo, doas or su answered. */
export interface BecomeReport {
  readonly wrongPassword: boolean;
  /** A password was asked for. */
  readonly asked: boolean;
  /** The end of its output. */
  readonly said: string;
}

export function refusedBecome(target: Target, report: BecomeReport): TransportError {
  const { user, become } = target;
  const owner = become.method === 'su' ? become.user : user;
  const missing = become.password === undefined;
  if (/unknown user|user \S+ does not exist|no passwd entry/i.test(report.said))
    return new TransportError('sudo', {
      what: `There is no account ${become.user} to become`,
      where: target.name,
      why: report.said,
      fix: 'Correct ansible_become_user, or create the account there',
    });
  return new TransportError('sudo', {
    what: report.wrongPassword
      ? `${become.method} does not accept the password of ${owner}`
      : `${user} cannot become ${become.user} with ${become.method}`,
    where: target.name,
    why: report.said || (missing && report.asked ? 'It asks for a password' : `${become.method} printed no reason`),
    fix: missing
      ? `Give the password (--ask-become-pass, or ansible_become_password), or allow ${become.method} without one`
      : `Correct the password (--ask-become-pass, or ansible_become_password), or see ${POLICY[become.method]} on the host`,
  });
}

const POLICY = { sudo: '/etc/sudoers', doas: '/etc/doas.conf', su: '/etc/pam.d/su' } as const;

/** A jump host cannot be used. */
class JumpHostError extends TransportError {
  /** The error of the jump host itself. */
  readonly original: TransportError;

  constructor(original: TransportError, where: string, cause: unknown) {
    super(
      original.kind,
      { ...original.parts, what: `${original.parts.what} (it is a jump host)`, where, cause },
      original.offered,
    );
    this.original = original;
  }
}

/** The jump host's error, with the hosts on the way in `where`. */
export function jumpFailure(error: unknown, hop: Target, target: Target): TransportError {
  const known =
    error instanceof TransportError
      ? error
      : fromConnectError(error instanceof Error ? error : new Error(String(error)), targetName(hop));
  const original = known instanceof JumpHostError ? known.original : known;
  return new JumpHostError(original, `${target.name}, on the way: ${known.parts.where ?? targetName(hop)}`, error);
}

/** The jump host accepted the login, but made no connection to the host behind it. */
export function noForwarding(error: unknown, hop: Target, target: Target): TransportError {
  if (error instanceof TransportError) return jumpFailure(error, hop, target);
  const why = error instanceof Error ? error.message : String(error);
  const make = (kind: TransportErrorKind, what: string, fix: string): TransportError =>
    new TransportError(kind, { what, where: targetName(target), why: `${hop.name} says: ${why}`, fix, cause: error });
  if (/prohibited/i.test(why))
    return make(
      'refused',
      `The jump host ${hop.name} does not forward connections`,
      'Set AllowTcpForwarding yes in its sshd_config (and see PermitOpen)',
    );
  if (/refused/i.test(why)) return make('refused', 'The host refuses connections', FIX_LISTEN);
  if (/timed out/i.test(why)) return make('timeout', 'The host does not answer the jump host', FIX_ANSWER);
  if (/resolve|name or service|unknown host|not known/i.test(why))
    return make(
      'resolve',
      `The jump host ${hop.name} cannot resolve the name`,
      'Set ansible_host to an address that the jump host can reach',
    );
  return make('unreachable', `The jump host ${hop.name} has no route to the host`, FIX_ROUTE);
}

export function proxyCommandFailure(target: Target, command: string, why: string): TransportError {
  return new TransportError('unreachable', {
    what: 'The proxy command made no connection',
    where: targetName(target),
    why: `${command}\n${why}`,
    fix: 'Run the command by hand: it must connect to the host and then wait',
  });
}

function shellWord(text: string, always = false): string {
  return !always && /^[A-Za-z0-9_./~:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
