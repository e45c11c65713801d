import { type ErrorParts, UnreachableError } from '../base/errors.js';
import { type ChangedKey, fingerprint, keyType, knownName } from './known-hosts.js';
import type { Target } from './types.js';

/**
 * Everything that can be wrong with a way to a machine, in one place. Each error says what happened, where, why, and what
 * to do.
 */
export type TransportErrorKind =
  /** The name means no address. */
  | 'resolve'
  /** Nobody listens there. */
  | 'refused'
  /** Nobody answers, or not in time. */
  | 'timeout'
  /** There is no way to the address. */
  | 'unreachable'
  /** The machine is not the one that is meant, or it cannot be told. */
  | 'host-key'
  /** It does not let us in. */
  | 'auth'
  /** It does not let us become another user (sudo, doas, su). */
  | 'sudo'
  /** The connection broke. */
  | 'lost'
  /** What answers does not speak SSH as we do. */
  | 'protocol';

/** Why a machine could not be reached, or why it refused us. */
export class TransportError extends UnreachableError {
  readonly kind: TransportErrorKind;
  /** Of a refused login: the methods that the server still takes. */
  readonly offered: readonly string[];

  constructor(kind: TransportErrorKind, parts: ErrorParts, offered: readonly string[] = []) {
    super(parts);
    this.kind = kind;
    this.offered = offered;
  }
}

/** `name (address:port)`, and the last jump host on the way. IPv6 addresses stand in brackets. */
export function targetName(target: Target): string {
  const via = target.jumps?.at(-1);
  const address = target.address.includes(':') ? `[${target.address}]` : target.address;
  return `${target.name} (${address}:${target.port}${via ? `, through ${via.name}` : ''})`;
}

const TODO_LISTEN = 'Is sshd running there, and on this port (ansible_port)?';
const TODO_ANSWER = 'Is it switched on? Does a firewall drop the port? --connect-timeout allows more time';
const TODO_WAY = 'Is it switched on, and is the address right (ansible_host)?';

/** What Node or ssh2 said, as one of our kinds. `banner`: what the other side said before SSH began. */
export function fromConnectError(error: Error, where: string, banner = ''): TransportError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const level = 'level' in error && typeof error.level === 'string' ? error.level : '';
  const make = (kind: TransportErrorKind, what: string, fix: string, why = error.message): TransportError =>
    new TransportError(kind, { what, where, why: why || code || undefined, fix, cause: error });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return make('resolve', 'The name cannot be resolved', 'Set ansible_host to its address in the inventory');
  if (code === 'ECONNREFUSED') return make('refused', 'The machine refuses connections', TODO_LISTEN);
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL')
    return make('unreachable', 'There is no way to the machine', TODO_WAY);
  if (code === 'ETIMEDOUT' || level === 'client-timeout' || /timed out/i.test(error.message))
    return make('timeout', 'The machine does not answer', TODO_ANSWER);
  if (/MaxStartups|not allowed at this time/i.test(banner)) {
    const fix =
      'It has too many connections that are not logged in yet (MaxStartups), or it has shut us out for a while (PerSourcePenalties)';
    return make('lost', 'The machine closed the connection', fix, `It said: ${banner.trim()}`);
  }
  if (banner !== '' && !/^SSH-/m.test(banner))
    return make(
      'protocol',
      'What answers there is not an SSH server',
      'Is the port right (ansible_port)?',
      `It said: ${banner.trim()}`,
    );
  if (/no matching/i.test(error.message)) {
    const fix =
      'The machine, or your own Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms, allows too little of what ssh2 has: see docs/ssh.md';
    return make('protocol', 'We have no algorithm in common with the machine', fix);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || /before handshake|connection (lost|closed|reset)/i.test(error.message))
    return make('lost', 'The machine closed the connection', 'Look at the log of sshd there: journalctl -u ssh');
  return make('protocol', 'The SSH connection failed', 'Try: ssh -v to the same machine, and compare');
}

/** Called off by a signal while the connection was being made. */
export class ConnectInterruptedError extends TransportError {
  constructor(where: string) {
    super('lost', { what: 'Interrupted while connecting', where });
  }
}

export function connectTimeout(target: Target): TransportError {
  const why = `There was no answer within ${target.timeoutMs / 1000} s`;
  return new TransportError('timeout', { what: 'The machine does not answer', where: targetName(target), why, fix: TODO_ANSWER });
}

export function lostConnection(target: Target, why: string): TransportError {
  const fix = 'Run the same command again: what was done stays done';
  return new TransportError('lost', { what: 'The connection was lost', where: targetName(target), why, fix });
}

export function unknownHostKey(
  target: Target,
  key: Buffer,
  file: string | undefined,
  authority: string | undefined,
): TransportError {
  const { address, port } = target;
  const vouched = authority
    ? `\n${authority} would let a certificate vouch for it, but certificates of host keys cannot be checked here`
    : '';
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${address} >> ${file ?? '~/.ssh/known_hosts'}`;
  return new TransportError('host-key', {
    what: 'The host key is not known',
    where: targetName(target),
    why: `It shows ${keyType(key)} ${fingerprint(key)}, and unknown keys are refused (strict)${vouched}`,
    fix: `Compare it with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on the machine, then: ${scan}`,
  });
}

export function revokedHostKey(target: Target, key: Buffer, at: string): TransportError {
  return new TransportError('host-key', {
    what: 'The host key has been revoked',
    where: targetName(target),
    why: `${at} revokes ${keyType(key)} ${fingerprint(key)}`,
    fix: 'Do not connect. Give the machine new host keys',
  });
}

export function changedHostKey(target: Target, key: Buffer, known: ChangedKey): TransportError {
  return new TransportError('host-key', {
    what: 'The host key has changed',
    where: targetName(target),
    why: `It shows ${keyType(key)} ${fingerprint(key)}; ${known.file}:${known.line} knows ${known.type} ${known.fingerprint}. Somebody may be listening in, or the machine was installed anew`,
    fix: `If the machine was installed anew: ssh-keygen -f ${shellWord(known.file)} -R ${shellWord(knownName(target), true)}`,
  });
}

/** What sudo, doas or su did with our wish. */
export interface BecomeReport {
  readonly wrongPassword: boolean;
  /** A password was asked for. */
  readonly asked: boolean;
  /** Its last words. */
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
      fix: 'Correct ansible_become_user, or make the account there',
    });
  return new TransportError('sudo', {
    what: report.wrongPassword
      ? `${become.method} does not accept the password of ${owner}`
      : `${user} cannot become ${become.user} with ${become.method}`,
    where: target.name,
    why: report.said || (missing && report.asked ? 'It asks for a password' : `${become.method} ended without a word`),
    fix: missing
      ? `Give the password (--ask-become-pass, or ansible_become_password), or allow ${become.method} without one`
      : `Correct the password (--ask-become-pass, or ansible_become_password), or see ${POLICY[become.method]} on the machine`,
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

/** The jump host let us in, but made no connection to the machine behind it. */
export function noForwarding(error: unknown, hop: Target, target: Target): TransportError {
  if (error instanceof TransportError) return jumpFailure(error, hop, target);
  const why = error instanceof Error ? error.message : String(error);
  const make = (kind: TransportErrorKind, what: string, fix: string): TransportError =>
    new TransportError(kind, { what, where: targetName(target), why: `${hop.name} says: ${why}`, fix, cause: error });
  if (/prohibited/i.test(why))
    return make(
      'refused',
      `The jump host ${hop.name} forwards no connections`,
      'Set AllowTcpForwarding yes in its sshd_config (and see PermitOpen)',
    );
  if (/refused/i.test(why)) return make('refused', 'The machine refuses connections', TODO_LISTEN);
  if (/timed out/i.test(why)) return make('timeout', 'The machine does not answer the jump host', TODO_ANSWER);
  if (/resolve|name or service|unknown host|not known/i.test(why))
    return make(
      'resolve',
      `The jump host ${hop.name} cannot resolve the name`,
      'Set ansible_host to the address that the jump host knows',
    );
  return make('unreachable', `The jump host ${hop.name} finds no way to the machine`, TODO_WAY);
}

/** A proxy command that made no connection. */
export function proxyCommandFailure(target: Target, command: string, why: string): TransportError {
  return new TransportError('unreachable', {
    what: 'The proxy command made no connection',
    where: targetName(target),
    why: `${command}\n${why}`,
    fix: 'Run the command by hand: it must connect to the machine and then wait',
  });
}

function shellWord(text: string, always = false): string {
  return !always && /^[A-Za-z0-9_./~:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
