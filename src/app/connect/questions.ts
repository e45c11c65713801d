import { createInterface, type Interface } from 'node:readline';
import { InputError, InterruptedError } from '../../base/errors.js';

/** Whether a person can answer a question. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks on the terminal. In Node.js 20 the promises of readline never settle, or look like a bug, if there is no answer. */
export class Questions {
  readonly #reader: Interface;
  readonly #output: NodeJS.WritableStream;
  readonly #instead: string;

  /** @param instead the hint if there is no answer. */
  constructor(output: NodeJS.WritableStream, instead: string) {
    this.#reader = createInterface({ input: process.stdin, output, terminal: true });
    this.#output = output;
    this.#instead = instead;
  }

  /** @throws InterruptedError at Ctrl-C and SIGTERM, after earlier listeners have run; InputError at the end of input (Ctrl-D). */
  ask(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const reader = this.#reader;
      const settled = (): void => {
        process.off('SIGINT', onSignal);
        process.off('SIGTERM', onSignal);
        reader.off('SIGINT', onCtrlC);
        reader.off('close', onClose);
      };
      const refused = (error: Error): void => {
        settled();
        this.#output.write('\n');
        reject(error);
      };
      const onSignal = (): void => refused(new InterruptedError({ what: 'Interrupted' }));
      // While readline reads, Ctrl-C arrives as a character.
      const onCtrlC = (): boolean => process.kill(process.pid, 'SIGINT');
      const onClose = (): void => refused(new InputError({ what: 'The question was not answered', fix: this.#instead }));
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
      reader.on('SIGINT', onCtrlC);
      reader.on('close', onClose);
      reader.question(text, (answer) => {
        settled();
        resolve(answer);
      });
    });
  }

  close(): void {
    this.#reader.close();
  }
}
