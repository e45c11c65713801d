import type { Secret } from '../shell/secret.js';
import type { Session } from '../transport/port.js';
import type { Connection } from './connection.js';
import { type Frame, FrameParser, type Output } from './frames.js';
import { followScript, type HostPaths, launchScript } from './scripts.js';
import { escapeLine } from './text.js';

export interface HostProgramOptions {
  readonly connection: Connection;
  readonly paths: HostPaths;
  readonly nonce: string;
  readonly program: string;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly onItem: (item: Frame | Output) => void;
  /** The connection is there again. */
  readonly onBack: () => void;
  /** Aborting gives up following. */
  readonly signal?: AbortSignal;
}

/** `done`: the program came to its end, with this status. */
export type ProgramEnd =
  | { readonly kind: 'done'; readonly code: number }
  | { readonly kind: 'unreachable'; readonly error: string }
  | { readonly kind: 'failed'; readonly error: string };

/** How often a follower may end for no reason, without anything new, before we give up. */
const MAX_IDLE_ENDS = 3;

/**
 * Starts a program on a host and follows it to its end, over as many connections as that takes. Every byte of the spool is
 * handed on exactly once: what was received is counted, and the next follower begins there.
 */
export async function runHostProgram(o: HostProgramOptions): Promise<ProgramEnd> {
  const parser = new FrameParser(o.nonce);
  let offset = 0;
  let started = false;
  let idleEnds = 0;
  let end: ProgramEnd | undefined;

  const take = (item: Frame | Output): void => {
    if (item.kind === 'frame') end = verdict(item) ?? end;
    o.onItem(item);
  };

  for (;;) {
    const session = o.connection.session;
    if (!session) return { kind: 'unreachable', error: 'not connected' };
    const before = offset;
    const script = started ? followScript(o.paths, o.nonce, offset) : launchScript(o.paths, o.nonce, o.program, o.secrets);
    const channel = new SpoolChannel(o.nonce);
    const exit = await session.exec('sh', {
      become: true,
      stdin: script,
      signal: o.signal,
      onStdout: (chunk) => {
        const bytes = channel.feed(chunk);
        started ||= channel.open;
        if (bytes.length === 0) return;
        offset += bytes.length;
        for (const item of parser.feed(bytes)) take(item);
      },
      onStderr: (chunk) => channel.note(chunk),
    });
    if (end) {
      for (const item of parser.end()) o.onItem(item);
      return end;
    }
    if (o.signal?.aborted) return { kind: 'failed', error: 'interrupted' };
    if (exit.kind === 'lost') {
      const renewed = await renew(o, session, exit.cause);
      if (renewed) return renewed;
      continue;
    }
    if (!started && exit.kind === 'exited') {
      return { kind: 'failed', error: channel.noise() || `the program could not be started (exit status ${exit.code})` };
    }
    // The follower was killed, not the program: follow again.
    idleEnds = offset > before ? 0 : idleEnds + 1;
    if (idleEnds >= MAX_IDLE_ENDS)
      return { kind: 'failed', error: channel.noise() || 'the output of the program cannot be read' };
  }
}

async function renew(o: HostProgramOptions, dead: Session, cause: Error): Promise<ProgramEnd | undefined> {
  const session = await o.connection.renew(dead, cause);
  if (session instanceof Error) return { kind: 'unreachable', error: session.message };
  o.onBack();
  return undefined;
}

function verdict(frame: Frame): ProgramEnd | undefined {
  const [kind, code] = frame.fields;
  if (kind === 'done') return { kind: 'done', code: Number(code) };
  if (kind === 'gone') return { kind: 'failed', error: 'the program is gone: did the machine restart?' };
  if (kind === 'died') return { kind: 'failed', error: 'the program was killed on the machine, or could not start' };
  return undefined;
}

/**
 * One follower's output. What stands before its first frame is not ours (a greeting of a shell's start-up file) and must not
 * be counted as bytes of the spool.
 */
class SpoolChannel {
  open = false;
  readonly #opening: Buffer;
  #head: Buffer = Buffer.alloc(0);
  #stderr = '';

  constructor(nonce: string) {
    this.#opening = Buffer.from(`\x1e${nonce} spool `, 'latin1');
  }

  feed(chunk: Buffer): Buffer {
    if (this.open) return chunk;
    this.#head = Buffer.concat([this.#head, chunk]);
    const at = this.#head.indexOf(this.#opening);
    const end = at === -1 ? -1 : this.#head.indexOf(0x0a, at);
    if (end === -1) return Buffer.alloc(0);
    this.open = true;
    return this.#head.subarray(end + 1);
  }

  note(chunk: Buffer): void {
    this.#stderr = (this.#stderr + chunk.toString()).slice(-4000);
  }

  /** The last lines that the machine said instead. */
  noise(): string {
    const lines = this.#stderr.replace(/\.+$/, '').trim().split('\n');
    return lines.slice(-3).map(escapeLine).join('\n');
  }
}
