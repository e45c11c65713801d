import { createInterface, type Interface } from 'node:readline';
import { InputError, InterruptedError } from '../errors.js';

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

  /** @throws InterruptedError at Ctrl-C, InputError at the end of input (Ctrl-D). */
  ask(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const reader = this.#reader;
      const settled = (): void => {
        reader.off('SIGINT', onInterrupt);
        reader.off('close', onClose);
      };
      const refused = (error: Error): void => {
        settled();
        this.#output.write('\n');
        reject(error);
      };
      const onInterrupt = (): void => {
        refused(new InterruptedError({ what: 'Interrupted' }));
        // While it reads, the terminal sends Ctrl-C as a letter. Whoever listens to the signal is told as well.
        if (process.listenerCount('SIGINT') > 0) process.kill(process.pid, 'SIGINT');
      };
      const onClose = (): void => refused(new InputError({ what: 'The question was not answered', todo: this.#instead }));
      reader.on('SIGINT', onInterrupt);
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
