import { StringDecoder } from 'node:string_decoder';
import { escapeLine } from '../engine/text.js';
import { formatParts, type KubewrightError } from '../errors.js';

/** What became of the command on one machine. */
export interface HostOutcome {
  readonly host: string;
  readonly ms: number;
  /** Exit status; null: it did not end by itself. */
  readonly code: number | null;
  readonly error?: string;
}

type Stream = 'stdout' | 'stderr';

export interface ExecView {
  output(host: string, stream: Stream, chunk: Buffer): void;
  finished(outcome: HostOutcome): void;
  unreachable(host: string, error: KubewrightError): void;
  end(outcomes: readonly HostOutcome[], unreachable: readonly string[]): void;
}

/** What is kept of one machine's output for the JSON object. */
const MAX_OUTPUT = 8 * 1024 * 1024;

/** Whole lines as they come, each with its machine in front; stderr goes to stderr. */
export function plainView(hosts: readonly string[]): ExecView {
  const width = Math.max(...hosts.map((h) => h.length));
  const lines = new Map<string, { readonly decoder: StringDecoder; rest: string }>();
  const print = (host: string, stream: Stream, line: string): void => {
    process[stream].write(`${host.padEnd(width)} | ${escapeLine(line)}\n`);
  };
  const flush = (host: string, stream: Stream): void => {
    const state = lines.get(`${stream} ${host}`);
    if (state && state.rest !== '') print(host, stream, state.rest);
    if (state) state.rest = '';
  };
  return {
    output: (host, stream, chunk) => {
      const key = `${stream} ${host}`;
      const state = lines.get(key) ?? { decoder: new StringDecoder('utf8'), rest: '' };
      lines.set(key, state);
      const parts = (state.rest + state.decoder.write(chunk)).split('\n');
      state.rest = parts.pop() ?? '';
      for (const line of parts) print(host, stream, line);
    },
    finished: ({ host, code, error }) => {
      flush(host, 'stdout');
      flush(host, 'stderr');
      if (code !== 0) process.stderr.write(`${host.padEnd(width)} | ${error ?? `exit status ${code}`}\n`);
    },
    unreachable: (_host, error) => process.stderr.write(`${formatParts(error.parts)}\n`),
    end: (outcomes, unreachable) => {
      const failed = outcomes.filter((o) => o.code !== 0).map((o) => o.host);
      const all = outcomes.length + unreachable.length;
      if (failed.length === 0 && unreachable.length === 0) return;
      const named = (what: string, names: readonly string[]): string =>
        names.length === 0 ? '' : `, ${names.length} ${what} (${names.join(', ')})`;
      process.stderr.write(
        `${all} ${all === 1 ? 'machine' : 'machines'}: ${outcomes.length - failed.length} ok${named('failed', failed)}${named('not reached', unreachable)}\n`,
      );
    },
  };
}

/** One JSON object a machine, when it is done. */
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
      const { what, where, why, todo } = error.parts;
      line({ host, unreachable: true, error: { kind: 'kind' in error ? error.kind : undefined, what, where, why, todo } });
    },
    end: () => undefined,
  };
}
