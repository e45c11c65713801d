import { type ErrorParts, UnreachableError } from '../errors.js';

export type TransportErrorKind =
  | 'resolve'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'host-key'
  | 'auth'
  | 'sudo'
  | 'lost'
  | 'protocol';

/** Why a machine could not be reached, or why it refused us. */
export class TransportError extends UnreachableError {
  readonly kind: TransportErrorKind;

  constructor(kind: TransportErrorKind, parts: ErrorParts) {
    super(parts);
    this.kind = kind;
  }
}

/** What Node or ssh2 said, as one of our kinds. `where` is `name (address:port)`. */
export function fromConnectError(error: Error, where: string): TransportError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const level = 'level' in error && typeof error.level === 'string' ? error.level : '';
  const parts = (what: string, todo: string): ErrorParts => ({ what, where, why: error.message, todo, cause: error });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new TransportError(
      'resolve',
      parts('The name cannot be resolved', 'Set ansible_host to its address in the inventory'),
    );
  }
  if (code === 'ECONNREFUSED') {
    return new TransportError(
      'refused',
      parts('The machine refuses connections', 'Is sshd running there, and on this port (ansible_port)?'),
    );
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return new TransportError(
      'unreachable',
      parts('There is no way to the machine', 'Is it switched on, and is the address right?'),
    );
  }
  if (code === 'ETIMEDOUT' || level === 'client-timeout' || /timed out/i.test(error.message)) {
    return new TransportError(
      'timeout',
      parts(
        'The machine does not answer',
        'Is it switched on? Does a firewall drop the port? --connect-timeout allows more time',
      ),
    );
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || /before handshake|connection lost/i.test(error.message)) {
    return new TransportError(
      'lost',
      parts('The machine closed the connection', 'Look at the log of sshd there: journalctl -u ssh'),
    );
  }
  return new TransportError('protocol', parts('The SSH connection failed', 'Try: ssh -v to the same machine, and compare'));
}
