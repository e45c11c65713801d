import type { RunEvent } from '../../../src/engine/events.js';

export interface SyntheticOptions {
  /** Default 9. A third of the first ten are masters. */
  readonly hosts?: number;
  /** Tasks a host over all plays; default 60. */
  readonly tasks?: number;
  readonly seed?: number;
  /** Names of hosts that fail in the fourth play. */
  readonly failing?: readonly string[];
  /** Hosts on which everything takes ten times as long. */
  readonly slow?: readonly string[];
  /** Milliseconds since the epoch; default 2026-11-24T21:33:00Z. */
  readonly start?: number;
  readonly run?: string;
  readonly dir?: string;
  /** Nothing to change: tasks take no time to speak of. */
  readonly converged?: boolean;
}

/** The events of a run that never was, in order of time. The same seed gives the same run. */
export function syntheticRun(o?: SyntheticOptions): RunEvent[];
export function hostNames(count: number): string[];
