import type { Readable } from 'node:stream';
import type { ExecOptions } from '../types.js';

/** Stops reading while the one who listens cannot take more, so that the machine has to wait, and not our memory. */
export function applyBackpressure(from: Readable, o: ExecOptions): void {
  const until = o.hold?.();
  if (until === undefined) return;
  from.pause();
  void until.then(() => from.resume());
}
