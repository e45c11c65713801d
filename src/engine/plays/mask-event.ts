import type { RunEvent } from '../events.js';
import type { Masker } from '../masker.js';

/** Fields that hold what a machine, an error or a playbook said. The others are names, numbers and paths of ours. */
const TEXTS = ['text', 'error', 'title', 'hint', 'diff', 'artifact', 'tail'] as const;

/** An event without the secrets that we know, as it may leave the engine. */
export function maskEvent(e: RunEvent, masker: Masker): RunEvent {
  const masked: Record<string, unknown> = { ...e };
  for (const field of TEXTS) {
    const value = masked[field];
    if (typeof value === 'string') masked[field] = masker.mask(value);
    else if (Array.isArray(value)) masked[field] = value.map((line) => masker.mask(String(line)));
  }
  return masked as RunEvent;
}
