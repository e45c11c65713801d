import { KubewrightError } from '../../base/errors.js';
import { safeName } from '../../shell/safe-name.js';
import type { Secret } from '../../shell/secret.js';
import type { Task } from '../../tasks/task.js';
import { runShell } from '../../transport/session/run.js';
import type { Connection } from '../connections/connection.js';
import type { Connections } from '../connections/connections.js';
import { DEFAULT_CACHE_DIR } from '../defaults.js';
import type { RunEventBody } from '../events.js';
import type { FoundProgram } from '../locks/lock.js';
import type { Locks } from '../locks/locks.js';
import type { Masker } from '../masker.js';
import { compileProgram } from '../program/compile.js';
import { type ProgramEnd, runHostProgram } from '../program/host-program.js';
import { encodeLabel, labelOf, type TaskLabel } from '../program/program-label.js';
import { type HostPaths, type Launch, programDir, stopScript, turnScript } from '../program/scripts.js';
import { TaskReader } from '../program/task-reader.js';
import type { RunPlaysOptions } from '../types.js';
import { Pusher } from './push.js';
import type { Tally } from './tally.js';
import { Turns } from './turns.js';

export interface HostRunnerOptions
  extends Pick<RunPlaysOptions, 'artifacts' | 'attach' | 'cacheDir' | 'check' | 'diff' | 'signal' | 'kill'> {
  readonly run: string;
  readonly runDir: string;
  readonly nonce: string;
  readonly masker: Masker;
  readonly emit: (event: RunEventBody) => void;
  readonly tally: Tally;
  readonly unreachable: (host: string, error: string) => void;
  readonly locks: Locks;
  readonly connections: Connections;
  /** Aborted some seconds after `kill`: a killed program has reported its end by then. */
  readonly giveUp: AbortSignal;
  readonly onExport: (host: string, name: string, value: string | Secret) => void;
}

/** Milliseconds between two tries to stop a program, while the connection is being replaced. */
const TELL_AGAIN_MS = 300;

/** Runs the tasks of one host in one play as one program, or follows one that another controller has started. */
export class HostRunner {
  readonly #o: HostRunnerOptions;
  readonly #pusher: Pusher;
  readonly #cacheDir: string;
  readonly #turns = new Turns();
  /** In check mode: host → paths that would have been changed so far. */
  readonly #written = new Map<string, ReadonlySet<string>>();

  constructor(o: HostRunnerOptions) {
    this.#o = o;
    this.#cacheDir = o.cacheDir ?? DEFAULT_CACHE_DIR;
    this.#pusher = new Pusher(o.artifacts, this.#cacheDir, o.emit, o.kill);
  }

  /** @param number the play's, from 1, or another key that is unique in the run. Errors go to the tally and into events. */
  async run(play: string, number: number | string, host: string, tasks: readonly Task[]): Promise<void> {
    const o = this.#o;
    if (tasks.length === 0 || o.signal?.aborted || o.kill?.aborted) return;
    // Two inventory names may mean one host. The play's name is for people who read the directory.
    const key = `${safeName(host)}-${number}-${play.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)}`;
    const paths: HostPaths = { runDir: o.runDir, run: o.run, key };
    const { program, secrets } = compileProgram({
      run: o.run,
      play,
      host,
      nonce: o.nonce,
      tasks,
      check: o.check ?? false,
      diff: o.diff ?? false,
      written: this.#written.get(host),
      cacheDir: this.#cacheDir,
      dir: programDir(paths),
      mayDownload: o.artifacts.nodeMayDownload,
    });
    for (const secret of secrets.values()) o.masker.add(secret);
    const label = labelOf({ nonce: o.nonce, play, host, tasks });
    const launch: Launch = { program, secrets, label: encodeLabel(label) };
    const { reader, end } = await this.#follow({ play, host, tasks, paths, nonce: o.nonce, needs: label.needs, launch });
    o.tally.add(host, { ...reader.counts, skipped: reader.unfinished });
    const written = tasks.flatMap((t) => (reader.wouldChange.has(t.id) ? (t.writes ?? []) : []));
    this.#written.set(host, new Set([...(this.#written.get(host) ?? []), ...written]));
    if (end.kind === 'done' && reader.interrupted && !o.signal?.aborted && !o.kill?.aborted)
      await this.#stoppedByOthers(play, host, reader);
    if (reader.failed) o.tally.blame(host, `failed in play "${play}": ${reader.failed.title}`);
    if (end.kind === 'done') {
      o.locks.seen(host, key);
      if (end.code !== 0 && reader.counts.failed === 0 && !reader.stopped) {
        this.fail(play, host, reader.stray.join('\n') || `the program ended with status ${end.code}`);
      }
    } else if (end.kind === 'unreachable') {
      // Its program may still run, so the lock has to stay.
      o.locks.abandon(host);
      o.unreachable(host, end.error);
    } else this.fail(play, host, [troubleText(end, reader), ...reader.stray].join('\n'));
  }

  /** Follows a program that a dead controller has left. @returns what was wrong with its end. */
  async adopt(play: string, host: string, found: FoundProgram): Promise<string | undefined> {
    const o = this.#o;
    const { label } = found;
    // Its secrets are not known here, so the output of an ended program can no longer be masked.
    const tasks: readonly TaskLabel[] = label.tasks;
    const paths: HostPaths = { runDir: o.runDir, run: found.run, key: found.key };
    const { reader, end } = await this.#follow({ play, host, tasks, paths, nonce: label.nonce, needs: label.needs });
    // Attaching to a run reports its tasks; otherwise the checks of this run's plays decide.
    if (o.attach) o.tally.add(host, { ...reader.counts, skipped: reader.unfinished });
    if (end.kind === 'unreachable') {
      o.locks.abandon(host);
      o.unreachable(host, end.error);
      return undefined;
    }
    if (o.giveUp.aborted) return undefined;
    o.locks.forget(host, found.run, found.key);
    if (reader.counts.failed > 0 && end.kind === 'done') return 'it failed';
    const asked = o.signal?.aborted || o.kill?.aborted;
    if (end.kind === 'done' && (end.code === 0 || asked)) return undefined;
    const trouble =
      end.kind === 'done' ? `it was stopped on the host before its last task (status ${end.code})` : troubleText(end, reader);
    if (o.attach) this.fail(play, host, trouble);
    return trouble;
  }

  /** The program was stopped, and not by us: most likely by a run that took the lock by force. */
  async #stoppedByOthers(play: string, host: string, reader: TaskReader): Promise<void> {
    const why = `its tasks were stopped on the host: ${(await this.#o.locks.verify(host)) ?? 'the reason is unknown'}`;
    if (reader.counts.failed === 0) return this.fail(play, host, why);
    // The killed task has been counted.
    this.#o.tally.blame(host, `failed in play "${play}": ${why}`);
    this.#o.emit({ type: 'host-failed', play, host, error: why });
  }

  /** A failure outside of any task counts as one. */
  fail(play: string, host: string, error: string | KubewrightError): void {
    const text = error instanceof KubewrightError ? errorText(error) : error;
    this.#o.tally.add(host, { ok: 0, changed: 0, failed: 1, skipped: 0 });
    this.#o.tally.blame(host, `failed in play "${play}": ${text.split('\n')[0] ?? ''}`);
    this.#o.emit({ type: 'host-failed', play, host, error: text });
  }

  async #follow(p: {
    play: string;
    host: string;
    tasks: readonly TaskLabel[];
    paths: HostPaths;
    nonce: string;
    needs: Readonly<Record<string, string>>;
    launch?: Launch;
  }): Promise<{ reader: TaskReader; end: ProgramEnd }> {
    const o = this.#o;
    const connection = o.connections.get(p.host);
    const watching = o.attach?.watch !== undefined;
    const pushes: Promise<void>[] = [];
    let over = false;
    const answerTurn = (n: number, refusal?: string): void => {
      void this.#tell(connection, turnScript(p.paths, n, refusal), () => over);
    };
    const reader = new TaskReader({
      play: p.play,
      host: p.host,
      tasks: p.tasks,
      emit: o.emit,
      onExport: (name, value) => {
        if (typeof value !== 'string') o.masker.add(value);
        if (p.launch) o.onExport(p.host, name, value);
      },
      onNeed: (sha) => {
        // When only watching, the run's own controller answers.
        if (!watching) pushes.push(this.#pusher.need(connection, p.paths, sha, p.needs[sha]));
      },
      onTurn: (n) => {
        if (watching) return;
        // Who had a turn when its controller died is not known: no other host gets one from here.
        if (!p.launch)
          answerTurn(n, 'nothing was changed here: the run that gave the turns was cut off. Run the same command again');
        else this.#turns.ask(program, p.host, (refusal) => answerTurn(n, refusal));
      },
      onTurned: () => this.#turns.back(program),
    });
    const program = `${p.paths.run}/${p.paths.key}`;
    const stop = watching ? () => undefined : this.#obeyStop(connection, p.paths);
    const end = await runHostProgram({
      connection,
      paths: p.paths,
      nonce: p.nonce,
      launch: p.launch,
      mayLaunch: () => o.locks.ready(p.host),
      stop: watching ? undefined : o.signal,
      signal: o.giveUp,
      onItem: (item) => reader.take(item),
    });
    stop();
    over = true;
    this.#turns.over(program, end.kind === 'done' && end.code === 0);
    await Promise.all(pushes);
    return { reader, end };
  }

  /** Sends a message to a program; one that a lost connection swallows is sent again, until the program is over. */
  async #tell(connection: Connection, script: string, over: () => boolean): Promise<void> {
    while (!over() && !this.#o.giveUp.aborted) {
      const { session } = connection;
      const exit = session && (await runShell(session, { become: true, stdin: script }));
      if (exit?.kind === 'exited' && exit.code === 0) return;
      await new Promise((resolve) => setTimeout(resolve, TELL_AGAIN_MS));
    }
  }

  /** Passes the two signals on to a program. @returns a function that ends it. */
  #obeyStop(connection: Connection, paths: HostPaths): () => void {
    let over = false;
    const tell = (how: 'stop' | 'kill'): Promise<void> => this.#tell(connection, stopScript(paths, how), () => over);
    const onStop = (): void => void tell('stop');
    const onKill = (): void => void tell('kill');
    const { signal, kill } = this.#o;
    signal?.addEventListener('abort', onStop);
    kill?.addEventListener('abort', onKill);
    // Aborted before this program existed: it must stop too.
    if (kill?.aborted) onKill();
    else if (signal?.aborted) onStop();
    return () => {
      over = true;
      signal?.removeEventListener('abort', onStop);
      kill?.removeEventListener('abort', onKill);
    };
  }
}

function troubleText(end: Exclude<ProgramEnd, { kind: 'done' | 'unreachable' }>, reader: TaskReader): string {
  const during = reader.present ? ` (during: ${reader.present.title})` : '';
  if (end.kind === 'failed') return end.error + during;
  return `the host was restarted during the play: its boot id changed${during}\nRun the same command again: it continues where it stopped`;
}

function errorText(error: KubewrightError): string {
  const { what, why, fix } = error.parts;
  return [what, why, fix].filter((p) => p !== undefined).join('\n');
}
