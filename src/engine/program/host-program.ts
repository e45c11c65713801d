import { escapeLine } from '../../base/escape.js';
import { type Frame, FrameParser, type Output } from '../../base/text/frames.js';
import { TransportError } from '../../transport/errors.js';
import { runShell } from '../../transport/session/run.js';
import type { Connection } from '../connections/connection.js';
import { followScript, type HostPaths, type Launch, launchScript } from './scripts.js';

export interface HostProgramOptions {
  readonly connection: Connection;
  readonly paths: HostPaths;
  readonly nonce: string;
  /** Absent: another controller has started the program, so it is only followed. */
  readonly launch?: Launch;
  /** Waits until the host's lock is held. @returns why it is no longer ours. */
  readonly mayLaunch?: () => Promise<string | undefined>;
  readonly onItem: (item: Frame | Output) => void;
  /** Aborting gives up a launch that has not begun. */
  readonly stop?: AbortSignal;
  /** Aborting stops following. */
  readonly signal?: AbortSignal;
}

/** `done`: the program ended with this status. `restarted`: its host was restarted. */
export type ProgramEnd =
  | { readonly kind: 'done'; readonly code: number }
  | { readonly kind: 'unreachable'; readonly error: string }
  | { readonly kind: 'restarted' }
  | { readonly kind: 'failed'; readonly error: string };

/** Followers in a row that may end for no reason and without output. */
const MAX_IDLE_ENDS = 3;
/** Login shells in a row that may give no sign of life: a host under load may be slow once. */
const MAX_SILENT = 3;

/**
 * Starts a program on a host and follows it to its end, over as many connections as that takes. Every byte of the spool is
 * passed on exactly once: received bytes are counted, and the next follower begins there.
 */
export async function runHostProgram(o: HostProgramOptions): Promise<ProgramEnd> {
  const parser = new FrameParser(o.nonce);
  let offset = 0;
  let started = o.launch === undefined;
  let boot: string | undefined;
  let idleEnds = 0;
  let silent = 0;
  let end: ProgramEnd | undefined;

  for (;;) {
    const session = o.connection.session;
    if (!session) return { kind: 'unreachable', error: 'not connected' };
    if (!started) {
      const refusal = await o.mayLaunch?.();
      if (refusal !== undefined) return { kind: 'failed', error: refusal };
    }
    const before = offset;
    const script = !started && o.launch ? launchScript(o.paths, o.nonce, o.launch) : followScript(o.paths, o.nonce, offset);
    const channel = new SpoolChannel(o.nonce);
    const follower = new AbortController();
    const giveUp = (): void => follower.abort();
    o.signal?.addEventListener('abort', giveUp, { once: true });
    if (o.signal?.aborted) giveUp();
    const exit = await runShell(session, {
      become: true,
      stdin: script,
      signal: follower.signal,
      unbegun: started ? undefined : o.stop,
      onStdout: (chunk) => {
        if (end) return;
        const bytes = channel.feed(chunk);
        started ||= channel.open;
        offset += bytes.length;
        for (const item of bytes.length > 0 ? parser.feed(bytes) : []) {
          if (item.kind === 'frame') end = verdict(item, boot, channel.boot) ?? end;
          o.onItem(item);
        }
        boot ??= channel.boot;
        // Nothing comes after the last frame, so do not wait for the follower.
        if (end) giveUp();
      },
      onStderr: (chunk) => channel.note(chunk),
    });
    o.signal?.removeEventListener('abort', giveUp);
    if (end) {
      for (const item of parser.end()) o.onItem(item);
      return end;
    }
    if (o.signal?.aborted || (!started && o.stop?.aborted)) return { kind: 'failed', error: 'interrupted' };
    if (exit.kind === 'lost') {
      silent = exit.cause instanceof TransportError && exit.cause.kind === 'shell' ? silent + 1 : 0;
      if (silent >= MAX_SILENT) return { kind: 'unreachable', error: exit.cause.message };
      const renewed = await o.connection.renew(session, exit.cause);
      if (renewed instanceof Error) return { kind: 'unreachable', error: renewed.message };
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

/** @param bootThen boot id when following began: a program does not survive a restart. */
function verdict(frame: Frame, bootThen: string | undefined, bootNow: string | undefined): ProgramEnd | undefined {
  const [kind, code] = frame.fields;
  if (kind === 'done') return { kind: 'done', code: Number(code) };
  if (kind === 'gone') {
    return bootThen !== undefined && bootThen !== bootNow
      ? { kind: 'restarted' }
      : { kind: 'failed', error: 'the program is gone: its directory was removed on the host' };
  }
  if (kind === 'fenced') return { kind: 'failed', error: 'another run has taken the lock of this host: nothing was started' };
  if (kind === 'died') return { kind: 'failed', error: 'the program was killed on the host, or could not start' };
  return undefined;
}

/**
 * One follower's output. Text before its first frame is not ours (a shell's start-up file printed it) and must not count as
 * bytes of the spool.
 */
class SpoolChannel {
  open = false;
  /** The host's boot id. */
  boot: string | undefined;
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
    this.boot = this.#head.toString('latin1', at + this.#opening.length, end).split(' ')[1];
    return this.#head.subarray(end + 1);
  }

  note(chunk: Buffer): void {
    this.#stderr = (this.#stderr + chunk.toString()).slice(-4000);
  }

  /** The last lines of stderr. */
  noise(): string {
    const lines = this.#stderr.replace(/\.+$/, '').trim().split('\n');
    return lines.slice(-3).map(escapeLine).join('\n');
  }
}
