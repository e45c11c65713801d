import { createLocalTransport } from './session/local.js';
import { createSshTransport, type TransportOptions } from './session/ssh.js';
import type { Transport } from './types.js';

/** SSH or this machine itself, as each target asks. */
export function createTransport(o: TransportOptions = {}): Transport {
  const ssh = createSshTransport(o);
  const local = createLocalTransport();
  return { connect: (target, signal) => (target.connection === 'local' ? local : ssh).connect(target, signal) };
}
