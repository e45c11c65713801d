import { PassThrough } from 'node:stream';
import type { Shell } from '../../shell/shell.js';
import { ask, silentHost } from '../../transport/session/ask.js';
import { runShell } from '../../transport/session/run.js';
import type { Session } from '../../transport/types.js';

export interface Ran {
  /** Exit status; undefined: it did not end by itself, or something else ended in its place. */
  readonly code?: number;
  /** Its lines, without empty ones and without what shell start-up files print. */
  readonly out: string;
  readonly err: string;
}

/** Runs a program as root. Never rejects. */
export async function runProgram(session: Session, program: Shell, signal?: AbortSignal): Promise<Ran> {
  const answer = await ask(session, { become: true, program: [program.text], signal });
  if (answer.kind === 'lost') return { out: '', err: answer.cause.message };
  if (answer.kind === 'silent') return { out: '', err: silentHost(session.target, answer).parts.what };
  return { code: answer.status, out: answer.lines.join('\n'), err: answer.said.stderr.trim() };
}

/** A program that lasts for as long as its stdin is open: it tidies up when we end it, and when we are gone. */
export interface Held {
  /** The lines that it printed up to the one that is `ready`, or to its end. */
  readonly ready: Promise<readonly string[]>;
  /** What it said on stderr. */
  readonly err: () => string;
  /** Ends it; resolves when it has tidied up. */
  end(): Promise<void>;
}

/** Starts a program that reads its stdin to the end before it tidies up. */
export function holdProgram(session: Session, program: Shell): Held {
  const stdin = new PassThrough();
  let text = '';
  let err = '';
  const lines: string[] = [];
  let tell: (lines: readonly string[]) => void = () => undefined;
  const ready = new Promise<readonly string[]>((resolve) => {
    tell = resolve;
  });
  stdin.write(`main() {\n${program.text}\n}\nmain\n`);
  const ended = runShell(session, {
    become: true,
    stdin,
    onStdout: (chunk) => {
      text += chunk.toString();
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        lines.push(text.slice(0, end));
        text = text.slice(end + 1);
        if (lines.at(-1) === 'ready') tell(lines);
      }
    },
    onStderr: (chunk) => (err = (err + chunk.toString()).slice(-4000)),
  }).then((exit) => {
    if (exit.kind === 'lost') err = err || exit.cause.message;
    tell(lines);
  });
  return {
    ready,
    err: () => err.trim(),
    end: async () => {
      stdin.end();
      await ended;
    },
  };
}

/** Lines of fields, separated by tabs. */
export function fields(out: string | readonly string[]): string[][] {
  const lines = typeof out === 'string' ? out.split('\n') : out;
  return lines.filter((l) => l.includes('\t')).map((l) => l.split('\t'));
}
