import { createLocalTransport } from './local.js';
import type { Transport } from './port.js';
import { createSshTransport, type TransportOptions } from './ssh.js';

/** Whatever each target asks for: SSH, or this machine itself. */
export function createTransport(o: TransportOptions = {}): Transport {
  const ssh = createSshTransport(o);
  const local = createLocalTransport();
  return { connect: (target, signal) => (target.connection === 'local' ? local : ssh).connect(target, signal) };
}
