import { createInterface, type Interface } from 'node:readline';
import { InputError, InterruptedError } from '../../base/errors.js';

/** Asks on the terminal. readline's own promises are never settled, or as a bug of ours, when an answer is not given (Node.js 20). */
export class Questions {
  readonly #reader: Interface;
  readonly #output: NodeJS.WritableStream;
  readonly #instead: string;

  /** @param instead what to do where nobody answers. */
  constructor(output: NodeJS.WritableStream, instead: string) {
    this.#reader = createInterface({ input: process.stdin, output, terminal: true });
    this.#output = output;
    this.#instead = instead;
  }

  /** @throws InterruptedError at Ctrl-C and SIGTERM, when whoever listened before has heard of it; InputError at the end of input (Ctrl-D). */
  ask(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const reader = this.#reader;
      const settled = (): void => {
        process.off('SIGINT', onSignal);
        process.off('SIGTERM', onSignal);
        reader.off('SIGINT', onLetter);
        reader.off('close', onClose);
      };
      const refused = (error: Error): void => {
        settled();
        this.#output.write('\n');
        reject(error);
      };
      const onSignal = (): void => refused(new InterruptedError({ what: 'Interrupted' }));
      // While it reads, the terminal sends Ctrl-C as a letter.
      const onLetter = (): boolean => process.kill(process.pid, 'SIGINT');
      const onClose = (): void => refused(new InputError({ what: 'The question was not answered', fix: this.#instead }));
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
      reader.on('SIGINT', onLetter);
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
