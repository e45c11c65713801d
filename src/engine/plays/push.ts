import { stat } from 'node:fs/promises';
import { Semaphore } from '../../base/semaphore.js';
import { runCommand, runShell } from '../../transport/session/run.js';
import type { Session } from '../../transport/types.js';
import type { Connection } from '../connections/connection.js';
import type { RunEventBody } from '../events.js';
import { type HostPaths, refuseScript } from '../program/scripts.js';
import type { ArtifactSource } from '../types.js';

const TRIES = 3;
/** Milliseconds between two progress events of one push. */
const PROGRESS_EVERY = 500;

/** Sends files to hosts whose programs wait for them, a few at once to spare the operator's uplink. */
export class Pusher {
  readonly #source: ArtifactSource;
  readonly #cacheDir: string;
  readonly #emit: (event: RunEventBody) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #limit: Semaphore;
  /** Host and sha256 of pushes under way: a program repeats its request. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(source: ArtifactSource, cacheDir: string, emit: (event: RunEventBody) => void, signal?: AbortSignal) {
    this.#source = source;
    this.#cacheDir = cacheDir;
    this.#emit = emit;
    this.#signal = signal;
    this.#limit = new Semaphore(source.parallel ?? 4);
  }

  /** Answers a program's request with the file, or with the reason why not. Never rejects. @param known the file's name, if a task of the program may request it. */
  need(connection: Connection, paths: HostPaths, sha256: string, known: string | undefined): Promise<void> {
    const key = `${connection.host} ${sha256}`;
    const before = this.#underWay.get(key);
    if (before) return before;
    const work = this.#answer(connection, paths, sha256, known).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, work);
    return work;
  }

  async #answer(connection: Connection, paths: HostPaths, sha256: string, known: string | undefined): Promise<void> {
    const name = known ?? sha256;
    let why: string | undefined;
    try {
      const source = known === undefined ? undefined : await this.#source.localPath(sha256);
      if (source === undefined) why = `${name} is not on the operator's machine either`;
      else await this.#limit.run(() => this.#push(connection, source, sha256, name));
    } catch (error) {
      why = `${name} could not be sent: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (why !== undefined) {
      const { session } = connection;
      if (session) await runShell(session, { become: true, stdin: refuseScript(paths, sha256, why) });
    }
  }

  async #push(connection: Connection, source: string, sha256: string, artifact: string): Promise<void> {
    const of = (await stat(source)).size;
    for (let attempt = 1; ; attempt++) {
      const session = connection.session;
      let told = 0;
      const onProgress = (bytes: number): void => {
        const now = Date.now();
        if (now - told < PROGRESS_EVERY) return;
        told = now;
        this.#emit({ type: 'push', host: connection.host, artifact, bytes, of });
      };
      try {
        if (!session) throw new Error('not connected');
        const path = `${this.#cacheDir}/${sha256}`;
        await this.#source.push(session, { source, path, mode: '0644', sha256, become: true, onProgress, signal: this.#signal });
        this.#emit({ type: 'push', host: connection.host, artifact, bytes: of, of });
        return;
      } catch (error) {
        if (attempt >= TRIES || this.#signal?.aborted) throw error;
        const cause = error instanceof Error ? error : new Error(String(error));
        // The follower renews a lost connection: wait for that, or retry with the same session.
        await new Promise((resolve) => setTimeout(resolve, 1000 * attempt));
        if (connection.session === session && !(await lives(session))) {
          await connection.renew(session, cause);
        }
      }
    }
  }
}

async function lives(session: Session | undefined): Promise<boolean> {
  return session !== undefined && (await runCommand(session, 'true', {})).kind === 'exited';
}
