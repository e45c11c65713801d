import { Readable, type Writable } from 'node:stream';
import type { ExecOptions } from '../types.js';

/** Sends a command its stdin, and ends the stream. */
export function sendStdin(to: Writable & { close?(): void }, stdin: ExecOptions['stdin']): void {
  const breakOff = (): void => {
    if (to.close) to.close();
    else to.destroy();
  };
  if (stdin === undefined) to.end();
  else if (stdin instanceof Readable) {
    if (stdin.destroyed) return breakOff();
    stdin.on('error', breakOff);
    stdin.pipe(to);
  } else to.end(stdin);
}
