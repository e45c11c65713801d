import type { RunEvent } from '../events.js';
import type { Masker } from '../masker.js';

/** Fields with text of a host, an error or a playbook. The others are our own names, numbers and paths. */
const TEXTS = ['text', 'error', 'title', 'hint', 'diff', 'artifact', 'tail'] as const;

/** An event without known secrets, as it may leave the engine. */
export function maskEvent(e: RunEvent, masker: Masker): RunEvent {
  const masked: Record<string, unknown> = { ...e };
  for (const field of TEXTS) {
    const value = masked[field];
    if (typeof value === 'string') masked[field] = masker.mask(value);
    else if (Array.isArray(value)) masked[field] = value.map((line) => masker.mask(String(line)));
  }
  return masked as RunEvent;
}
