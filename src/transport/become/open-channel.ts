import type { ClientChannel } from 'ssh2';
import type { Exit } from '../types.js';

export interface OpenChannel {
  readonly stream: ClientChannel;
  /** When it was opened, by performance.now(). */
  readonly opened: number;
  /** The command's end; resolves once all its output has been read. */
  readonly ended: Promise<Exit>;
}
