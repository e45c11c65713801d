import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { FrameParser } from '../../base/text/frames.js';
import type { TransportError } from '../errors.js';
import { lastLines, silentLoginShell } from '../login-errors.js';
import type { Session, Target } from '../types.js';
import { type ProgramOptions, runShell } from './run.js';

export { lastLines } from '../login-errors.js';

/** What is kept of each stream that is not the program's answer. */
const NOISE = 4000;

export interface AskOptions extends Pick<ProgramOptions, 'become' | 'signal' | 'unbegun' | 'killOnAbort'> {
  /** The body of a shell function that is the program. It may `exit`; its stdin is empty. */
  readonly program: Iterable<string | Buffer>;
  /** The command that reads it; default `sh`. */
  readonly command?: string;
  /** Each line as it arrives. */
  readonly onLine?: (line: string) => void;
}

/**
 * `answered`: the program ended with this status, and these are all its lines. `silent`: something else ended in its place, a
 * login shell that runs nothing. `lost`: the connection died, or the account could not become another one.
 */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly lines: readonly string[]; readonly said: Said }
  | { readonly kind: 'silent'; readonly end: string; readonly said: Said }
  | { readonly kind: 'lost'; readonly cause: Error };

/** The last output beside the answer: of shell start-up files, and the program's own errors. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program on a host and returns the lines that it printed, without empty ones, and only those. Begin, end, status and each line are marked with a word
 * that cannot be guessed, so that the output of shell start-up files is never taken for an answer, and an end that was not
 * the program's never for success. The source spells the marks otherwise, so that a shell which repeats its input makes no answer.
 */
export async function ask(session: Session, o: AskOptions): Promise<Answer> {
  const nonce = randomBytes(12).toString('hex');
  const reader = new AnswerReader(nonce, o.onLine);
  const exit = await runShell(session, {
    command: o.command,
    become: o.become,
    signal: o.signal,
    unbegun: o.unbegun,
    killOnAbort: o.killOnAbort,
    stdin: Readable.from(framed(nonce, o.program)),
    onNoise: (chunk, stream) => reader.noise(chunk, stream),
    onStdout: (chunk) => reader.stdout(chunk),
    onStderr: (chunk) => reader.stderr(chunk),
  });
  const { said } = reader;
  if (reader.status !== undefined) return { kind: 'answered', status: reader.status, lines: reader.lines, said };
  if (exit.kind === 'lost') return { kind: 'lost', cause: exit.cause };
  return { kind: 'silent', end: exit.kind === 'killed' ? `signal ${exit.signal}` : `status ${exit.code}`, said };
}

/** The error for an answer that is `silent`. */
export function silentHost(target: Target, { end, said }: Extract<Answer, { kind: 'silent' }>): TransportError {
  return silentLoginShell(target, `It ended with ${end}`, lastLines(`${said.stdout}\n${said.stderr}`));
}

/** A truncated program is not a complete function, and runs nothing. */
function* framed(nonce: string, program: Iterable<string | Buffer>): Generator<string | Buffer> {
  yield 'main() {\n';
  yield* program;
  yield `
}
kw_answer() {
  kw_n=0
  while IFS= read -r kw_l; do
    case $kw_l in
      '') ;;
      '${nonce} '*) printf '\\036%s end %s %s\\n' ${nonce} "\${kw_l#* }" "$kw_n" ;;
      *)
        printf '\\036%s = %s\\n' ${nonce} "$kw_l"
        kw_n=$((kw_n + 1))
        ;;
    esac
  done
}
{
  printf '\\036%s begin\\n' ${nonce} >&2
  (main </dev/null)
  printf '\\n%s %s\\n' ${nonce} "$?"
} | kw_answer
exit 0
`;
}

class AnswerReader {
  readonly lines: string[] = [];
  status: number | undefined;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #out: FrameParser;
  readonly #err: FrameParser;
  #noise = '';
  #errors = '';

  constructor(nonce: string, onLine?: (line: string) => void) {
    this.#onLine = onLine;
    this.#out = new FrameParser(nonce);
    this.#err = new FrameParser(nonce);
  }

  get said(): Said {
    return { stdout: this.#noise, stderr: this.#errors };
  }

  /** Of start-up files. */
  noise(chunk: Buffer, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stdout') this.#noise = tail(this.#noise, chunk);
    else this.#errors = tail(this.#errors, chunk);
  }

  stdout(chunk: Buffer): void {
    for (const item of this.#out.feed(chunk)) {
      if (item.kind === 'output') this.#noise = tail(this.#noise, item.data);
      else this.#frame(item.fields);
    }
  }

  stderr(chunk: Buffer): void {
    for (const item of this.#err.feed(chunk)) {
      if (item.kind === 'output') this.#errors = tail(this.#errors, item.data);
      // What start-up files printed before the program began is not its error.
      else this.#errors = '';
    }
  }

  #frame([tag, ...words]: readonly string[]): void {
    if (tag === '=') {
      const line = words.join(' ');
      this.lines.push(line);
      this.#onLine?.(line);
    } else if (tag === 'end') {
      // A line that something else has broken in two is not counted, so it cannot go missing unnoticed.
      if (Number(words[1]) === this.lines.length) this.status = Number(words[0]);
    }
  }
}

function tail(text: string, data: Buffer): string {
  return (text + data.subarray(-NOISE).toString()).slice(-NOISE);
}
