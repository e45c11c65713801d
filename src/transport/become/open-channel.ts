import type { ClientChannel } from 'ssh2';
import type { Exit } from '../types.js';

export interface OpenChannel {
  readonly stream: ClientChannel;
  /** When; as performance.now() tells time. */
  readonly opened: number;
  /** How the command ended; resolves once all its output has been read. */
  readonly ended: Promise<Exit>;
}
