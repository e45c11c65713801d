import { InputError, InterruptedError } from '../../base/errors.js';
import type { StepQuestion } from '../../engine/types.js';
import { Questions } from '../connect/questions.js';

const INSTEAD = 'Leave out --step, or use --start-at';

/**
 * Asks before each play and each task, until the answer is `c`. Ctrl-C and the end of input interrupt the run.
 * @throws InputError without a terminal.
 */
export function stepPrompt(): (question: StepQuestion) => Promise<boolean> {
  if (!process.stdin.isTTY) throw new InputError({ what: '--step asks before each task and needs a terminal', fix: INSTEAD });
  let on = true;
  return async (q) => {
    if (!on) return true;
    for (;;) {
      const line = await ask(`${text(q)} (y)es, (n)o, (c)ontinue without asking: `);
      if (line === undefined) return false;
      const answer = line.trim().toLowerCase();
      if (answer === 'c' || answer === 'continue') on = false;
      if (['y', 'yes', 'c', 'continue'].includes(answer)) return true;
      if (['n', 'no', ''].includes(answer)) return false;
    }
  };
}

/** Undefined: the run is interrupted. */
async function ask(question: string): Promise<string | undefined> {
  // One reader per question: between questions, Ctrl-C must be a signal again.
  const questions = new Questions(process.stderr, INSTEAD);
  try {
    return await questions.ask(question);
  } catch (error) {
    // The runner of the tasks hears of signals, but not of the end of input.
    if (error instanceof InputError) process.kill(process.pid, 'SIGINT');
    else if (!(error instanceof InterruptedError)) throw error;
    return undefined;
  } finally {
    questions.close();
  }
}

function text(q: StepQuestion): string {
  const where = q.hosts.length > 3 ? `${q.hosts.length} hosts` : q.hosts.join(', ');
  return q.task === undefined ? `PLAY ${q.play} on ${where}?` : `  ${q.title} [${q.task}] on ${where}?`;
}
