import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { FrameParser } from '../../base/text/frames.js';
import { FirstWord, firstWordMs } from '../limits/first-word.js';
import { lastLines, silentLoginShell } from '../login-errors.js';
import type { ExecOptions, Exit, Session } from '../types.js';

/** What is kept of the noise of a login shell, for the message. */
const NOISE = 4000;
/** Empty lines in front of a program, for start-up files that read an answer from stdin: they must not eat the beginning of it. */
const LINES_TO_READ = 20;

export interface ProgramOptions extends ExecOptions {
  /** The command that reads the program; default `sh`. */
  readonly command?: string;
  /** Aborting ends it only as long as it has not begun: what changes something may finish. */
  readonly unbegun?: AbortSignal;
  /** What a login shell and its start-up files print before the program begins, on stdout and stderr. */
  readonly onNoise?: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
}

/**
 * Runs the program `stdin` on a host, and passes on what it prints itself. Nothing waits for ever: a login shell that does not begin
 * within `firstWordMs` ends as `lost`, with an error that names it. A start-up file may have put zsh in the login
 * shell's place (`exec zsh`), whose words and patterns are not those of sh.
 */
export async function runShell(session: Session, o: ProgramOptions): Promise<Exit> {
  const { command = 'sh', stdin, onNoise, unbegun, ...rest } = o;
  const nonce = randomBytes(12).toString('hex');
  // Spelt so that a shell which repeats its input is not taken for one that runs it.
  const hello = `${'\n'.repeat(LINES_TO_READ)}printf '\\036%s hello\\n' ${nonce}; printf '\\036%s hello\\n' ${nonce} >&2\n[ -z "\${ZSH_VERSION-}" ] || exec sh\n`;
  return watched(session, { ...rest, unbegun }, (watch) => {
    const heard = (stream: 'stdout' | 'stderr', pass: ExecOptions['onStdout']): ((chunk: Buffer) => void) => {
      const words = new AfterHello(nonce, watch, (chunk) => onNoise?.(chunk, stream), pass);
      return (chunk) => words.feed(chunk);
    };
    return session.exec(command, {
      ...rest,
      ...watch.options,
      stdin: after(hello, stdin),
      onStdout: heard('stdout', o.onStdout),
      onStderr: heard('stderr', o.onStderr),
    });
  });
}

/**
 * Runs a command line in a login shell. Its output is passed on as it comes, start-up files' included, as ssh does; but a login
 * shell that does not begin with it within `firstWordMs` ends as `lost`, and one that ends well without it too.
 */
export async function runCommand(session: Session, command: string, o: ExecOptions): Promise<Exit> {
  // A host's method to become root says itself when it begins.
  const become = o.become === true && session.target.become.enabled && session.target.user !== session.target.become.user;
  if (become || session.target.connection === 'local') return session.exec(command, o);
  const nonce = `kw-begin-${randomBytes(12).toString('hex')}`;
  return watched(session, o, async (watch) => {
    const words = new WithoutMark(`${nonce}\n`, watch, o.onStdout);
    const exit = await session.exec(`echo ${nonce}; ${command}`, {
      ...o,
      ...watch.options,
      onStdout: (chunk) => words.feed(chunk),
      onStderr: (chunk) => {
        if (!words.begun) watch.noise(chunk);
        o.onStderr?.(chunk);
      },
    });
    words.end();
    if (words.begun || exit.kind !== 'exited' || exit.code !== 0) return exit;
    return { kind: 'lost', cause: silentLoginShell(session.target, 'It ended with status 0', watch.said) };
  });
}

/** The limit of one exec. */
interface Watch {
  readonly options: Pick<ExecOptions, 'signal' | 'onReady'>;
  readonly said: string;
  noise(chunk: Buffer): void;
  came(): void;
}

async function watched(
  session: Session,
  o: Pick<ProgramOptions, 'signal' | 'unbegun' | 'onReady'>,
  run: (watch: Watch) => Promise<Exit>,
): Promise<Exit> {
  const { target } = session;
  const word = new FirstWord(o.signal, o.unbegun);
  let said = '';
  const watch: Watch = {
    options: {
      signal: word.signal,
      onReady: () => {
        word.start(firstWordMs(target));
        o.onReady?.();
      },
    },
    get said() {
      return lastLines(said);
    },
    noise: (chunk) => {
      said = (said + chunk.subarray(-NOISE).toString()).slice(-NOISE);
    },
    came: () => word.came(),
  };
  const exit = await run(watch);
  word.stop();
  if (!word.late || exit.kind !== 'lost') return exit;
  return { ...exit, cause: silentLoginShell(target, `It did not begin within ${firstWordMs(target) / 1000} s`, watch.said) };
}

/** One stream of a program: noise up to its own first word. */
class AfterHello {
  readonly #parser: FrameParser;
  readonly #watch: Watch;
  readonly #noise: (chunk: Buffer) => void;
  readonly #pass: ExecOptions['onStdout'];
  #begun = false;

  constructor(nonce: string, watch: Watch, noise: (chunk: Buffer) => void, pass: ExecOptions['onStdout']) {
    this.#parser = new FrameParser(nonce);
    this.#watch = watch;
    this.#noise = noise;
    this.#pass = pass;
  }

  feed(chunk: Buffer): void {
    if (this.#begun) return this.#pass?.(chunk);
    for (const item of this.#parser.feed(chunk)) {
      if (item.kind === 'frame') {
        this.#begun = true;
        this.#watch.came();
      } else if (this.#begun) this.#pass?.(item.data);
      else {
        this.#watch.noise(item.data);
        this.#noise(item.data);
      }
    }
    // What follows goes past the parser, so what it still holds comes first.
    if (this.#begun) for (const { data } of this.#parser.end()) this.#pass?.(data);
  }
}

/** A stream without the mark that a command has begun. */
class WithoutMark {
  begun = false;
  readonly #mark: Buffer;
  readonly #watch: Watch;
  readonly #pass: ExecOptions['onStdout'];
  #rest: Buffer = Buffer.alloc(0);

  constructor(mark: string, watch: Watch, pass: ExecOptions['onStdout']) {
    this.#mark = Buffer.from(mark);
    this.#watch = watch;
    this.#pass = pass;
  }

  feed(chunk: Buffer): void {
    if (this.begun) return this.#pass?.(chunk);
    const all = Buffer.concat([this.#rest, chunk]);
    const at = all.indexOf(this.#mark);
    this.begun = at !== -1;
    // A mark may be cut in two.
    const sure = this.begun ? at : Math.max(0, all.length - this.#mark.length + 1);
    const before = all.subarray(0, sure);
    const after = this.begun ? all.subarray(at + this.#mark.length) : Buffer.alloc(0);
    this.#rest = this.begun ? Buffer.alloc(0) : all.subarray(sure);
    if (before.length > 0) {
      this.#watch.noise(before);
      this.#pass?.(before);
    }
    if (!this.begun) return;
    this.#watch.came();
    if (after.length > 0) this.#pass?.(after);
  }

  end(): void {
    if (this.#rest.length === 0) return;
    this.#watch.noise(this.#rest);
    this.#pass?.(this.#rest);
  }
}

function after(head: string, stdin: ExecOptions['stdin']): NonNullable<ExecOptions['stdin']> {
  if (stdin === undefined || typeof stdin === 'string') return head + (stdin ?? '');
  if (!(stdin instanceof Readable)) return Buffer.concat([Buffer.from(head), stdin]);
  return Readable.from(
    (async function* (): AsyncGenerator<string | Buffer> {
      yield head;
      yield* stdin;
    })(),
    { objectMode: false },
  );
}
