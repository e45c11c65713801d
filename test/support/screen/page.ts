import type { RunEvent } from '../../../src/engine/events.js';
import type { Journaled } from '../../../src/engine/journal/journal-read.js';
import { report } from '../../../src/ui/runs/report/report.js';
import { runModel } from '../../../src/ui/runs/run-model.js';

/** The report of a run with these events. */
export function page(events: readonly RunEvent[], more: Partial<Journaled> = {}): string {
  const end = events.findLast((e) => e.type === 'run-end');
  const start = events.find((e) => e.type === 'run-start');
  const state = end ? 'done' : 'died';
  const journal: Journaled = { run: 'r', dir: '/d', state, start, end, events, unknown: new Map(), broken: 0, ...more };
  return report(journal, runModel(events));
}
