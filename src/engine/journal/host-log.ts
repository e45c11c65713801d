import { safeName } from '../../shell/safe-name.js';

/** Name of a host's log in a run's directory. */
export function hostLog(host: string): string {
  return `${safeName(host)}.log`;
}
