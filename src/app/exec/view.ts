import { StringDecoder } from 'node:string_decoder';
import type { KubewrightError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { whereText } from '../../base/place.js';
import { formatLabelled, lookOf } from '../../base/text/render-error.js';

/** How the command ended on a host. */
export interface HostOutcome {
  readonly host: string;
  readonly ms: number;
  /** Exit status; null: it did not exit by itself. */
  readonly code: number | null;
  readonly error?: string;
}

type Stream = 'stdout' | 'stderr';

export interface ExecView {
  output(host: string, stream: Stream, chunk: Buffer): void;
  /** Set while the reader of the output is behind; resolves when it can take more. */
  hold?(): Promise<void> | undefined;
  finished(outcome: HostOutcome): void;
  unreachable(host: string, error: KubewrightError): void;
  end(outcomes: readonly HostOutcome[], unreachable: readonly string[]): void;
}

/** Bytes of a host's output, per stream, that are kept for its JSON object. */
const MAX_OUTPUT = 8 * 1024 * 1024;

/** A longer line is printed in pieces, as some never end. Characters. */
const MAX_LINE = 8 * 1024 * 1024;

export interface Output {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Whole lines as they arrive, each prefixed with its host; stderr goes to stderr. */
export function plainView(hosts: readonly string[], to: Output = process): ExecView {
  const width = Math.max(...hosts.map((h) => h.length));
  const lines = new Map<string, Lines>();
  const waits = new Waits();
  const look = to === process ? lookOf(process.stderr) : undefined;
  const print = (host: string, stream: Stream, line: string): void => {
    if (!to[stream].write(`${host.padEnd(width)} | ${escapeLine(line)}\n`)) waits.on(to[stream]);
  };
  const flush = (host: string, stream: Stream): void => lines.get(`${stream} ${host}`)?.end();
  return {
    output: (host, stream, chunk) => {
      const key = `${stream} ${host}`;
      const state = lines.get(key) ?? new Lines((line) => print(host, stream, line));
      lines.set(key, state);
      state.add(chunk);
    },
    hold: () => waits.all,
    finished: ({ host, code, error }) => {
      flush(host, 'stdout');
      flush(host, 'stderr');
      if (code !== 0) to.stderr.write(`${host.padEnd(width)} | ${error ?? `exit status ${code}`}\n`);
    },
    unreachable: (_host, error) => to.stderr.write(`${formatLabelled('error', error.parts, look)}\n`),
    end: (outcomes, unreachable) => {
      const failed = outcomes.filter((o) => o.code !== 0).map((o) => o.host);
      const all = outcomes.length + unreachable.length;
      if (failed.length === 0 && unreachable.length === 0) return;
      const named = (what: string, names: readonly string[]): string =>
        names.length === 0 ? '' : `, ${names.length} ${what} (${names.join(', ')})`;
      to.stderr.write(
        `${all} ${all === 1 ? 'host' : 'hosts'}: ${outcomes.length - failed.length} ok${named('failed', failed)}${named('not reached', unreachable)}\n`,
      );
    },
  };
}

/** One JSON object per host, when it is done. */
export function jsonView(): ExecView {
  const kept = new Map<string, Buffer[]>();
  const sizes = new Map<string, number>();
  const line = (value: unknown): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  const text = (host: string, stream: Stream): string => Buffer.concat(kept.get(`${stream} ${host}`) ?? []).toString('utf8');
  return {
    output: (host, stream, chunk) => {
      const key = `${stream} ${host}`;
      const size = sizes.get(key) ?? 0;
      sizes.set(key, size + chunk.length);
      const room = MAX_OUTPUT - size;
      if (room > 0) kept.set(key, [...(kept.get(key) ?? []), Buffer.from(chunk.subarray(0, room))]);
    },
    finished: ({ host, ms, code, error }) => {
      const truncated = [...sizes].some(([key, size]) => key.endsWith(` ${host}`) && size > MAX_OUTPUT);
      line({
        host,
        code,
        ms,
        stdout: text(host, 'stdout'),
        stderr: text(host, 'stderr'),
        error,
        truncated: truncated || undefined,
      });
      for (const stream of ['stdout', 'stderr'] as const) kept.delete(`${stream} ${host}`);
    },
    unreachable: (host, error) => {
      const { what, where, why, fix } = error.parts;
      line({
        host,
        unreachable: true,
        error: {
          kind: 'kind' in error ? error.kind : undefined,
          what,
          where: where === undefined ? undefined : whereText(where),
          why,
          todo: fix,
        },
      });
    },
    end: () => undefined,
  };
}

/** Splits bytes into lines. The pieces of an unfinished line are joined once: joining at every chunk would take minutes for a long one. */
class Lines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #print: (line: string) => void;
  #pieces: string[] = [];
  #length = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  add(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#keep(text.slice(from, end));
      this.#flush();
      from = end + 1;
    }
    this.#keep(text.slice(from));
    if (this.#length >= MAX_LINE) this.#flush();
  }

  /** Prints what is left: a last line without a newline, and half a character. */
  end(): void {
    this.#keep(this.#decoder.end());
    if (this.#length > 0) this.#flush();
  }

  #keep(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
  }

  #flush(): void {
    const line = this.#pieces.join('');
    [this.#pieces, this.#length] = [[], 0];
    this.#print(line);
  }
}

/** Streams whose readers are behind. */
class Waits {
  readonly #for = new Map<NodeJS.WritableStream, Promise<void>>();

  on(stream: NodeJS.WritableStream): void {
    if (this.#for.has(stream)) return;
    const drained = new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off('drain', done).off('close', done);
        this.#for.delete(stream);
        resolve();
      };
      stream.on('drain', done).on('close', done);
    });
    this.#for.set(stream, drained);
  }

  get all(): Promise<void> | undefined {
    return this.#for.size === 0 ? undefined : Promise.all(this.#for.values()).then(() => undefined);
  }
}
