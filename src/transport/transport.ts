import { createLocalTransport } from './local.js';
import type { Transport } from './port.js';
import { createSshTransport } from './ssh.js';

/** Whatever each target asks for: SSH, or this machine itself. */
export function createTransport(): Transport {
  const ssh = createSshTransport();
  const local = createLocalTransport();
  return { connect: (target, signal) => (target.connection === 'local' ? local : ssh).connect(target, signal) };
}
