import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { escapeLine } from '../../base/escape.js';
import { FrameParser } from '../../base/text/frames.js';
import { TransportError } from '../errors.js';
import type { ExecOptions, Session, Target } from '../types.js';

/** What is kept of each stream that is not the program's answer. */
const NOISE = 4000;

export interface AskOptions extends Pick<ExecOptions, 'become' | 'signal' | 'killOnAbort'> {
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
  const exit = await session.exec(o.command ?? 'sh', {
    become: o.become,
    signal: o.signal,
    killOnAbort: o.killOnAbort,
    stdin: Readable.from(framed(nonce, o.program)),
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
  const words = lastLines(`${said.stdout}\n${said.stderr}`);
  return new TransportError('shell', {
    what: `The login shell of ${target.user} does not run what it is given`,
    where: target.name,
    why: `It ended with ${end}${words === '' ? ' without a word' : ` and said:\n${words}`}`,
    fix: 'Look for exit and exec in its start-up files (.bashrc, .profile, /etc/profile), for a forced command (sshd_config, authorized_keys), and at its shell in /etc/passwd',
  });
}

/** The end of an output, for a message: the last three lines that are not empty, printable and not too long. */
export function lastLines(text: string): string {
  const lines = text
    .replaceAll('\r', '')
    .split('\n')
    .map((l) => escapeLine(l).trim().slice(0, 300))
    .filter((l) => l !== '');
  return lines.slice(-3).join('\n');
}

/**
 * A truncated program is not a complete function, and runs nothing. A start-up file may have put zsh in the login shell's
 * place (`exec zsh`), whose words and patterns are not those of sh.
 */
function* framed(nonce: string, program: Iterable<string | Buffer>): Generator<string | Buffer> {
  yield `[ -z "\${ZSH_VERSION-}" ] || exec sh\nmain() {\n`;
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
