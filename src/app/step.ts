import { createInterface } from 'node:readline/promises';
import type { StepQuestion } from '../engine/types.js';
import { InputError } from '../errors.js';

/** Asks before each play and each task; `c` is the last answer. @throws InputError where there is no terminal. */
export function stepByStep(): (question: StepQuestion) => Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new InputError({
      what: '--step asks before each task, but there is no terminal',
      todo: 'Leave --step out, or use --start-at',
    });
  }
  let on = true;
  return async (q) => {
    if (!on) return true;
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      for (;;) {
        const answer = (await reader.question(`${text(q)} (y)es, (n)o, (c)ontinue without asking: `)).trim().toLowerCase();
        if (answer === 'c' || answer === 'continue') on = false;
        if (['y', 'yes', 'c', 'continue'].includes(answer)) return true;
        if (['n', 'no', ''].includes(answer)) return false;
      }
    } finally {
      reader.close();
    }
  };
}

function text(q: StepQuestion): string {
  const where = q.hosts.length > 3 ? `${q.hosts.length} hosts` : q.hosts.join(', ');
  return q.task === undefined ? `PLAY ${q.play} on ${where}?` : `  ${q.title} [${q.task}] on ${where}?`;
}
