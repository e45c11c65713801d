import { randomBytes } from 'node:crypto';
import { quote } from '../../shell/shell.js';
import { refusedBecome, type TransportError } from '../errors.js';
import { lastLines, silentBecome, silentLoginShell } from '../login-errors.js';
import type { Target } from '../types.js';

/** A line that looks like a foreign prompt counts as one after this long without more output. */
const PROMPT_PAUSE_MS = 200;
const NOISE = 8000;
/** Stands for our own prompt, once it is answered. */
const OURS = '\0';

export interface BecomeOptions {
  /** There is a terminal: prompts and errors come on its one stream. */
  readonly pty: boolean;
  /** Shell redirections of the command's own streams. */
  readonly redirect?: string;
}

/**
 * sudo, doas or su around one command. The password is sent over stdin once it is asked for, so it is neither visible nor
 * mistaken for input; the command's own input is sent once the command reports that it runs. sudo asks with a prompt that
 * only we know; for the others, and for PAM modules with prompts of their own, a prompt is a line that ends with a colon and
 * waits, in any language.
 */
export class Become {
  readonly command: string;
  ready = false;
  /** The shell around the command, on the host, once it is ready. */
  pid: number | undefined;
  /** The password was asked for twice: it is wrong. */
  refused = false;
  readonly #target: Target;
  readonly #begin: string;
  readonly #mark: string;
  readonly #prompt: string;
  /** The method has been started: what start-up files printed before is not its question. */
  #begun = false;
  #head: Buffer = Buffer.alloc(0);
  #noise = '';
  #asked = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: Target, command: string, o: BecomeOptions = { pty: false }) {
    this.#target = target;
    const nonce = randomBytes(12).toString('hex');
    this.#begin = `kw-begin-${nonce}`;
    this.#mark = `kw-ready-${nonce}`;
    this.#prompt = `kw-password-${nonce}:`;
    // The method must answer in English; the command keeps its own language.
    const inner = `unset LC_ALL; echo ${this.#mark} $$; ${o.redirect ? `sh -c ${quote(command)} ${o.redirect}` : command}`;
    this.command = `echo ${this.#begin}; env LC_ALL=C ${this.#around(inner, o.pty)}`;
  }

  #around(inner: string, pty: boolean): string {
    const { method, user, password, exe = method, flags } = this.#target.become;
    const run = `sh -c ${quote(inner)}`;
    // As they are written: a wrapper may come with words of its own, as in Ansible.
    const program = flags === undefined || flags.trim() === '' ? exe : `${exe} ${flags}`;
    if (method === 'su') return `${program} ${quote(user)} -c ${quote(run)}`;
    if (method === 'doas') return `${program} ${password === undefined ? '-n ' : ''}-u ${quote(user)} -- ${run}`;
    const ask = password === undefined ? '-n' : `${pty ? '' : '-S '}-p ${this.#prompt}`;
    return `${flags === undefined ? `${exe} -H` : withoutQuestions(program)} ${ask} -u ${quote(user)} -- ${run}`;
  }

  /** @returns the part of the chunk that is the command's output. @param onReady called when the command runs. */
  stdout(chunk: Buffer, onReady: () => void, send: (password: string) => void): Buffer {
    if (this.ready) return chunk;
    this.#head = Buffer.concat([this.#head, chunk]);
    const head = this.#head.toString('latin1');
    if (!this.#begun && head.includes(this.#begin)) {
      this.#begun = true;
      this.#noise = '';
      chunk = Buffer.from(head.slice(head.indexOf(this.#begin) + this.#begin.length).replace(/^\r?\n/, ''), 'latin1');
    }
    const found = new RegExp(`${this.#mark} (\\d+)\\r?\\n`).exec(head);
    if (!found) {
      this.#listen(chunk, send);
      return Buffer.alloc(0);
    }
    this.ready = true;
    this.pid = Number(found[1]);
    clearTimeout(this.#timer);
    onReady();
    return this.#head.subarray(found.index + found[0].length);
  }

  stderr(chunk: Buffer, send: (password: string) => void): Buffer {
    if (this.ready) return chunk;
    this.#listen(chunk, send);
    return Buffer.alloc(0);
  }

  /** The command has ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #listen(chunk: Buffer, send: (password: string) => void): void {
    this.#noise = (this.#noise + chunk.toString().replaceAll(OURS, '')).slice(-NOISE);
    clearTimeout(this.#timer);
    while (this.#noise.includes(this.#prompt)) {
      this.#noise = this.#noise.replace(this.#prompt, OURS);
      this.#answer(send);
    }
    const last = this.#noise.slice(this.#noise.lastIndexOf('\n') + 1);
    // sudo-rs goes on behind our prompt (`[sudo: PROMPT] Password: `), and may be slow to do so.
    if (!this.#begun || last.includes(OURS) || /^\[sudo:\s*$/.test(last) || !/\S.*[:：][ \t]*$/.test(last)) return;
    this.#timer = setTimeout(() => {
      this.#noise = `${this.#noise}\n`;
      this.#answer(send);
    }, PROMPT_PAUSE_MS);
  }

  #answer(send: (password: string) => void): void {
    const password = this.#target.become.password?.reveal();
    if (this.#asked++ > 0 || password === undefined) {
      this.refused = true;
      send('');
    } else send(`${password}\n`);
  }

  /** sudo wants a terminal (requiretty), or doas does to ask for a password. */
  get wantsTerminal(): boolean {
    return !this.ready && /must have a tty|a tty is required|no tty present|a terminal is required/i.test(this.#noise);
  }

  /** The password was sent and not accepted. */
  get wrongPassword(): boolean {
    if (this.ready || this.#asked === 0 || this.#target.become.password === undefined) return false;
    return this.refused || (/incorrect|try again|authentication fail/i.test(this.#noise) && !NOT_ALLOWED.test(this.#noise));
  }

  /** The reason why the command never ran. */
  error(): TransportError {
    const words = this.#said().replaceAll('\r', '').trim().split('\n').slice(-3).join('\n').trim();
    return refusedBecome(this.#target, { wrongPassword: this.wrongPassword, asked: this.#asked > 0, said: words });
  }

  /** The reason why it was not waited for any longer. */
  late(ms: number): TransportError {
    const said = lastLines(this.#said());
    if (this.#begun) return silentBecome(this.#target, ms, said);
    return silentLoginShell(this.#target, `It did not begin within ${ms / 1000} s`, said);
  }

  #said(): string {
    const secret = this.#target.become.password?.reveal();
    return (secret ? this.#noise.replaceAll(secret, '***') : this.#noise).replaceAll(OURS, '');
  }
}

const NOT_ALLOWED = /not in the sudoers|not allowed|may not run|Operation not permitted|Permission denied/i;

/** Flags of the user's without those that are ours: how sudo asks, and that it must not. */
function withoutQuestions(program: string): string {
  return program.replaceAll(/\s-[nS]+(?=\s|$)/g, '');
}
