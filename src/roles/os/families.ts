import type { HostFacts } from '../../facts/facts.js';
import { debian } from './debian.js';
import { isMember, type OsFamily } from './family.js';
import { rhel } from './rhel.js';

/** Every family, the one that is asked first in front. */
export const OS_FAMILIES: readonly OsFamily[] = [debian, rhel];

/** The family that the host says it belongs to; undefined: its system is not supported. */
export function supportedFamily(facts: HostFacts): OsFamily | undefined {
  return OS_FAMILIES.find((f) => isMember(f, facts));
}

/**
 * The family whose ways work on the host. Where preflight's check `os` is ignored, the package manager alone decides; undefined:
 * none that is known, so no packages are installed.
 */
export function familyOf(facts: HostFacts): OsFamily | undefined {
  return supportedFamily(facts) ?? OS_FAMILIES.find((f) => facts.tools.has(f.packageManager.program));
}
