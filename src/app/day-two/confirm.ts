import { InputError, InterruptedError } from '../../base/errors.js';
import { Questions } from '../connect/questions.js';

/**
 * Asks before something is destroyed, unless the operator has agreed in advance.
 * @param about what will happen, one line each.
 * @throws InputError without a terminal to ask on. @throws InterruptedError when the answer is no.
 */
export async function confirm(about: readonly string[], yes: boolean): Promise<void> {
  if (yes) return;
  const instead = 'Give --yes to go on without a question';
  if (!process.stdin.isTTY) {
    throw new InputError({
      what: 'This needs a confirmation, and there is no terminal to ask on',
      why: about.join(' '),
      fix: instead,
    });
  }
  for (const line of about) process.stderr.write(`${line}\n`);
  const questions = new Questions(process.stderr, instead);
  try {
    const answer = await questions.ask('Go on? Type yes: ');
    if (answer.trim().toLowerCase() !== 'yes') throw new InterruptedError({ what: 'Not confirmed; nothing was changed' });
  } finally {
    questions.close();
  }
}
