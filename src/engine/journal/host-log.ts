import { safeName } from '../../shell/safe-name.js';

/** Name of a host's log in the folder of a run. */
export function hostLog(host: string): string {
  return `${safeName(host)}.log`;
}
