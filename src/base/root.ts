import { InputError } from './errors.js';

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * @param what the subject of "… needs root".
 * @param why what only root can do.
 * @throws InputError for other users, and on systems without root.
 */
export function requireRoot(what: string, why: string): void {
  if (isRoot()) return;
  throw new InputError({ what: `${what} needs root`, why, fix: 'Run it with sudo' });
}
