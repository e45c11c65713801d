import { KubewrightError } from '../errors.js';
import type { Secret } from '../shell/secret.js';
import type { ArtifactRef, Task } from '../tasks/task.js';
import { compileProgram } from './compile.js';
import { Connection } from './connection.js';
import { DEFAULT_CACHE_DIR, DEFAULT_FORKS } from './defaults.js';
import type { RunEventBody } from './events.js';
import { runHostProgram } from './host-program.js';
import { Limit } from './limit.js';
import type { Locks } from './locks.js';
import { Pusher } from './push.js';
import { type HostPaths, programDir, stopScript } from './scripts.js';
import type { Tally } from './tally.js';
import { TaskReader } from './task-reader.js';
import type { Masker } from './text.js';
import type { Exports, PlannedPlay, RunPlaysOptions } from './types.js';

/** Milliseconds that a killed program has to say its last words. */
const LAST_WORDS = 10_000;

export interface PlayRunnerOptions extends RunPlaysOptions {
  readonly run: string;
  readonly runDir: string;
  readonly nonce: string;
  readonly masker: Masker;
  readonly emit: (event: RunEventBody) => void;
  readonly tally: Tally;
  readonly unreachable: (host: string, error: string) => void;
  readonly locks: Locks;
}

export interface PlayOutcome {
  readonly ran: boolean;
  readonly ms: number;
  readonly endsRun: boolean;
}

export class PlayRunner {
  readonly #o: PlayRunnerOptions;
  readonly #exports = new Map<string, Map<string, string | Secret>>();
  readonly #connections = new Map<string, Connection>();
  readonly #pusher: Pusher;
  readonly #limit: Limit;
  readonly #cacheDir: string;

  constructor(o: PlayRunnerOptions) {
    this.#o = o;
    this.#cacheDir = o.cacheDir ?? DEFAULT_CACHE_DIR;
    this.#pusher = new Pusher(o.artifacts, this.#cacheDir, o.emit, o.kill);
    this.#limit = new Limit(o.forks ?? DEFAULT_FORKS);
  }

  get exports(): Exports {
    return this.#exports;
  }

  async play(play: PlannedPlay, number: number): Promise<PlayOutcome> {
    const { emit, tally } = this.#o;
    const began = Date.now();
    const hosts = play.hosts.filter((h) => !tally.isOut(h));
    const groups = batches(hosts, play.serial);
    const planned = new Map<string, readonly Task[]>();
    const broken = new Set<string>();
    for (const host of hosts) {
      const tasks = this.#plan(play, host);
      if (tasks instanceof KubewrightError) broken.add(host);
      else planned.set(host, tasks);
    }
    if (broken.size === 0 && [...planned.values()].every((t) => t.length === 0)) return { ran: false, ms: 0, endsRun: false };

    const tasks = Object.fromEntries(hosts.map((h) => [h, planned.get(h)?.length ?? 0]));
    emit({ type: 'play-start', play: play.name, hosts, tasks });
    const failed: string[] = [];
    for (const [i, group] of groups.entries()) {
      if (this.#o.signal?.aborted || this.#o.kill?.aborted) break;
      await Promise.all(
        group.map((host) =>
          this.#limit.run(async () => {
            // A later batch may use what an earlier one has exported.
            const again = i > 0 || broken.has(host) ? this.#plan(play, host) : planned.get(host);
            await this.#host(play, number, host, again ?? []);
            if (tally.isOut(host)) failed.push(host);
          }),
        ),
      );
      // As Ansible does: when a whole batch has failed, the next one would too.
      const lost = group.every((h) => tally.isOut(h));
      if (lost || (play.anyErrorsFatal && failed.length > 0)) break;
    }
    const ms = Date.now() - began;
    emit({ type: 'play-end', play: play.name, ms, failed });
    const wholeBatch = groups.length > 1 && groups.some((g) => g.every((h) => tally.isOut(h)));
    return { ran: true, ms, endsRun: (play.anyErrorsFatal === true && failed.length > 0) || wholeBatch };
  }

  #plan(play: PlannedPlay, host: string): readonly Task[] | KubewrightError {
    try {
      return play.tasks(host, this.#exports);
    } catch (error) {
      if (error instanceof KubewrightError) return error;
      throw error;
    }
  }

  async #host(play: PlannedPlay, number: number, host: string, tasks: readonly Task[] | KubewrightError): Promise<void> {
    const o = this.#o;
    const paths = this.#paths(play, number, host);
    if (tasks instanceof KubewrightError) {
      const { what, why, todo } = tasks.parts;
      return this.#fail(play, host, [what, why, todo].filter((p) => p !== undefined).join('\n'));
    }
    if (tasks.length === 0) return;
    const { program, secrets } = compileProgram({
      run: o.run,
      play: play.name,
      host,
      nonce: o.nonce,
      tasks,
      check: o.check ?? false,
      diff: o.diff ?? false,
      cacheDir: this.#cacheDir,
      dir: programDir(paths),
      mayDownload: o.artifacts.nodeMayDownload,
    });
    for (const secret of secrets.values()) o.masker.add(secret);
    const refs = new Map<string, ArtifactRef>(tasks.flatMap((t) => (t.needs ?? []).map((r) => [r.sha256, r] as const)));
    const connection = this.#connection(host);
    const pushes: Promise<void>[] = [];
    const reader = new TaskReader({
      play: play.name,
      host,
      tasks,
      emit: o.emit,
      onExport: (name, value) => this.#keep(host, name, value),
      onNeed: (sha) => pushes.push(this.#pusher.need(connection, paths, sha, refs.get(sha))),
    });
    const stop = this.#obeyStop(connection, paths);
    const end = await runHostProgram({
      connection,
      paths,
      nonce: o.nonce,
      program,
      secrets,
      signal: stop.giveUp,
      onItem: (item) => reader.take(item),
      onBack: () => o.emit({ type: 'host-back', host }),
    });
    stop.done();
    await Promise.all(pushes);
    o.tally.add(host, { ...reader.counts, skipped: reader.unfinished });
    if (end.kind === 'unreachable') {
      // Its program may be running still: then the lock has to stay.
      o.locks.abandon(host);
      o.unreachable(host, end.error);
    } else if (end.kind === 'failed') {
      const during = reader.present ? ` (during: ${reader.present.title})` : '';
      this.#fail(play, host, [end.error + during, ...reader.stray].join('\n'));
    } else if (end.code !== 0 && reader.counts.failed === 0 && !reader.stopped) {
      this.#fail(play, host, reader.stray.join('\n') || `the program ended with status ${end.code}`);
    }
  }

  /** A host that fails outside of any task counts one failure. */
  #fail(play: PlannedPlay, host: string, error: string): void {
    this.#o.tally.add(host, { ok: 0, changed: 0, failed: 1, skipped: 0 });
    this.#o.emit({ type: 'host-failed', play: play.name, host, error });
  }

  #keep(host: string, name: string, value: string | Secret): void {
    if (typeof value !== 'string') this.#o.masker.add(value);
    const ofHost = this.#exports.get(host) ?? new Map<string, string | Secret>();
    ofHost.set(name, value);
    this.#exports.set(host, ofHost);
  }

  /** Hands the two signals on to a running program. */
  #obeyStop(connection: Connection, paths: HostPaths): { giveUp: AbortSignal; done: () => void } {
    const giveUp = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const tell = (how: 'stop' | 'kill'): void => {
      void connection.session?.exec('sh', { become: true, stdin: stopScript(paths, how) });
    };
    const onStop = (): void => tell('stop');
    const onKill = (): void => {
      tell('kill');
      timer = setTimeout(() => giveUp.abort(), LAST_WORDS);
    };
    const { signal, kill } = this.#o;
    signal?.addEventListener('abort', onStop);
    kill?.addEventListener('abort', onKill);
    return {
      giveUp: giveUp.signal,
      done: () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onStop);
        kill?.removeEventListener('abort', onKill);
      },
    };
  }

  #connection(host: string): Connection {
    const known = this.#connections.get(host);
    if (known) return known;
    const { sessions, reconnect, retry, signal, emit } = this.#o;
    const made = new Connection(host, sessions, { connect: reconnect, ...retry, signal }, (error, attempt) =>
      emit({ type: 'host-lost', host, error, attempt }),
    );
    this.#connections.set(host, made);
    return made;
  }

  #paths(play: PlannedPlay, number: number, host: string): HostPaths {
    const key = `${host}-${number}-${play.name}`.replaceAll(/[^A-Za-z0-9._-]+/g, '-');
    return { runDir: this.#o.runDir, run: this.#o.run, key };
  }
}

/** @throws TypeError for a serial that is no positive number. */
export function batches(hosts: readonly string[], serial: PlannedPlay['serial']): string[][] {
  if (serial === undefined) return hosts.length === 0 ? [] : [[...hosts]];
  const number = typeof serial === 'number' ? serial : Math.floor((hosts.length * Number.parseFloat(serial)) / 100);
  if (Number.isNaN(number)) throw new TypeError(`not a serial: ${serial}`);
  const size = Math.max(1, number);
  const all: string[][] = [];
  for (let i = 0; i < hosts.length; i += size) all.push(hosts.slice(i, i + size));
  return all;
}
