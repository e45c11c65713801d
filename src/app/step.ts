import { createInterface } from 'node:readline';
import type { StepQuestion } from '../engine/types.js';
import { InputError } from '../errors.js';

/**
 * Asks before each play and each task; `c` is the last answer. Ctrl-C and the end of input interrupt the run.
 * @throws InputError where there is no terminal.
 */
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

/** Undefined: the process was told to stop meanwhile. */
function ask(question: string): Promise<string | undefined> {
  // readline's own promises are never settled when it is closed (Node.js 20).
  return new Promise((resolve) => {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    const done = (answer?: string): void => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      reader.off('close', interrupt);
      reader.close();
      resolve(answer);
    };
    const onSignal = (): void => {
      process.stderr.write('\n');
      done();
    };
    // While it reads, the terminal sends Ctrl-C as a letter. What that means is decided where the signal is listened to.
    const interrupt = (): boolean => process.kill(process.pid, 'SIGINT');
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    reader.on('SIGINT', interrupt);
    reader.on('close', interrupt);
    reader.question(question, done);
  });
}

function text(q: StepQuestion): string {
  const where = q.hosts.length > 3 ? `${q.hosts.length} hosts` : q.hosts.join(', ');
  return q.task === undefined ? `PLAY ${q.play} on ${where}?` : `  ${q.title} [${q.task}] on ${where}?`;
}
