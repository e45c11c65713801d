import { randomBytes } from 'node:crypto';
import { quote } from '../shell/shell.js';
import { TransportError } from './errors.js';
import type { Target } from './port.js';

/**
 * sudo around one command. The password goes over stdin after sudo has asked for it with a prompt that only we know, so it
 * can be neither seen nor mistaken; the command's own input is sent once the command says that it runs.
 */
export class Become {
  readonly command: string;
  ready = false;
  /** sudo asked a second time: the password is wrong. */
  refused = false;
  readonly #target: Target;
  readonly #mark: string;
  readonly #prompt: string;
  #head: Buffer = Buffer.alloc(0);
  #noise = '';
  #asked = 0;

  constructor(target: Target, command: string) {
    this.#target = target;
    const nonce = randomBytes(12).toString('hex');
    this.#mark = `kw-ready-${nonce}\n`;
    this.#prompt = `kw-password-${nonce}:`;
    const inner = `echo kw-ready-${nonce}; ${command}`;
    const ask = target.become.password === undefined ? '-n' : `-S -p ${this.#prompt}`;
    this.command = `sudo -H ${ask} -u ${quote(target.become.user)} -- sh -c ${quote(inner)}`;
  }

  /** What belongs to the command; `onReady` is called when it runs. */
  stdout(chunk: Buffer, onReady: () => void): Buffer {
    if (this.ready) return chunk;
    this.#head = Buffer.concat([this.#head, chunk]);
    const at = this.#head.indexOf(this.#mark);
    if (at === -1) return Buffer.alloc(0);
    this.ready = true;
    onReady();
    return this.#head.subarray(at + this.#mark.length);
  }

  stderr(chunk: Buffer, send: (password: string) => void): Buffer {
    if (this.ready) return chunk;
    this.#noise += chunk.toString();
    while (this.#noise.includes(this.#prompt)) {
      this.#noise = this.#noise.replace(this.#prompt, '');
      if (this.#asked++ > 0) this.refused = true;
      else send(`${this.#target.become.password?.reveal() ?? ''}\n`);
    }
    return Buffer.alloc(0);
  }

  /** Why the command never ran. */
  error(): TransportError {
    const { user, name, become } = this.#target;
    const said = this.#noise.trim().split('\n').slice(-2).join('\n').trim();
    const wrong = this.refused || /incorrect password|try again/i.test(said);
    return new TransportError('sudo', {
      what: wrong ? `sudo does not accept the password of ${user}` : `${user} cannot become ${become.user} with sudo`,
      where: name,
      why: wrong ? undefined : said || 'sudo ended without a word',
      todo:
        become.password === undefined
          ? 'Give the password (--ask-become-pass, or ansible_become_password), or allow sudo without one'
          : 'Correct the password (--ask-become-pass, or ansible_become_password), or see /etc/sudoers on the machine',
    });
  }
}
