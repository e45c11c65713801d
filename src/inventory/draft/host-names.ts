import { parseAddress } from './address.js';
import { expandRange } from './range.js';

export interface HostNames {
  readonly names: readonly string[];
  readonly port?: number;
}

/**
 * `name`, `name:22`, `[2001:db8::1]:22`, ranges in any of them. What is neither a name nor an address is used verbatim.
 * @throws RangeError with the reason.
 */
export function hostNames(pattern: string): HostNames {
  const address = parseAddress(pattern, true) ?? { host: pattern };
  return { names: expandRange(address.host), port: address.port };
}
