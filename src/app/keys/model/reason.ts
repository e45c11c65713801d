import type { KubewrightError } from '../../../base/errors.js';
import { TransportError } from '../../../transport/errors.js';

/** Why a host failed, in one line, in OpenSSH's words if it is about the connection. */
export function reasonOf(error: KubewrightError): string {
  const { what, why } = error.parts;
  if (!(error instanceof TransportError)) return oneLine(what);
  switch (error.kind) {
    case 'auth':
      return `Permission denied (${error.offered.join(',') || 'nothing offered'})`;
    case 'refused':
      return 'Connection refused';
    case 'timeout':
      return 'Connection timed out';
    case 'unreachable':
      return 'No route to host';
    case 'resolve':
      return 'Could not resolve hostname';
    case 'host-key':
      return `Host key verification failed: ${oneLine(what)}`;
    case 'lost':
      return `Connection closed: ${oneLine(why ?? what)}`;
    default:
      return oneLine(why ? `${what}: ${why}` : what);
  }
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, '; ');
}
