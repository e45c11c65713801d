import type { Readable } from 'node:stream';
import type { ExecOptions } from '../types.js';

/** Stops reading while the consumer cannot take more, so that the host waits instead of filling our memory. */
export function applyBackpressure(from: Readable, o: ExecOptions): void {
  const until = o.hold?.();
  if (until === undefined) return;
  from.pause();
  void until.then(() => from.resume());
}
