import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { KubewrightError } from '../../base/errors.js';
import { Connections } from '../connections/connections.js';
import { DEFAULT_FORKS, DEFAULT_JOURNAL_DIR, DEFAULT_RUN_DIR } from '../defaults.js';
import type { RunEventBody } from '../events.js';
import { Journal, journalHeader, newRunId } from '../journal/journal.js';
import { Locks } from '../locks/locks.js';
import { Masker } from '../masker.js';
import type { PlannedPlay, RunPlaysOptions, RunResult } from '../types.js';
import { adoptPrograms } from './adopt.js';
import { HostRunner } from './host-runner.js';
import { maskEvent } from './mask-event.js';
import { PlayRunner } from './play-runner.js';
import { Tally } from './tally.js';

/** Milliseconds that a killed program has to report its end. */
const LAST_WORDS_MS = 10_000;

/**
 * Runs plays one after the other, each on all its hosts at once. Nothing else schedules anything.
 *
 * Failures on hosts do not reject: they are in the result. The journal and its recap are always written.
 * @throws LockedError if another run holds a host; then nothing has been changed.
 */
export async function runPlays(o: RunPlaysOptions): Promise<RunResult> {
  const began = Date.now();
  const run = o.run ?? newRunId(new Date());
  const runDir = o.runDir ?? DEFAULT_RUN_DIR;
  const nonce = randomBytes(16).toString('hex');
  const masker = new Masker();
  for (const secret of o.secrets ?? []) masker.add(secret);
  for (const { target } of o.sessions.values()) {
    for (const { password, become } of [target, ...(target.jumps ?? [])]) {
      for (const secret of [password, become.password]) if (secret) masker.add(secret);
    }
  }
  const { title, about, check = false } = o;
  const journal = new Journal(o.journalDir ?? DEFAULT_JOURNAL_DIR, journalHeader({ run, title, check, started: began, about }));
  const hosts = [...new Set([...(o.attach?.hosts ?? []), ...o.plays.flatMap((p) => p.hosts)])];
  const tally = new Tally(hosts);
  const emit = (body: RunEventBody): void => {
    const event = maskEvent({ at: Date.now(), ...body }, masker);
    const unwritten = journal.write(event);
    o.view?.(event);
    if (unwritten !== undefined) {
      const text = `The journal of this run is incomplete: ${unwritten}. The run continues`;
      o.view?.({ at: Date.now(), type: 'warning', text });
    }
  };
  const unreachable = (host: string, error: string): void => {
    if (tally.markUnreachable(host)) emit({ type: 'host-unreachable', host, error });
  };

  const giveUp = new AbortController();
  // Every host listens.
  setMaxListeners(0, giveUp.signal);
  let lastWords: NodeJS.Timeout | undefined;
  const onKill = (): void => {
    lastWords = setTimeout(() => giveUp.abort(), LAST_WORDS_MS);
  };
  o.kill?.addEventListener('abort', onKill, { once: true });
  const connections = new Connections({
    sessions: o.sessions,
    connect: o.reconnect,
    ...o.retry,
    signal: giveUp.signal,
    onLost: (host, error, attempt) => emit({ type: 'host-lost', host, error, attempt }),
    onBack: (host) => emit({ type: 'host-back', host }),
  });

  const plays: { name: string; ms: number }[] = [];
  let locks: Locks | undefined;
  let exitCode = 1;
  const last = (code: number): void => {
    emit({ type: 'run-end', run, ms: Date.now() - began, recap: tally.recap(), exitCode: code });
    journal.close();
  };
  // The journal is complete even if the process is ended at once: writing is synchronous.
  const onExit = (): void => last(130);
  process.once('exit', onExit);
  emit({
    type: 'run-start',
    run,
    title: o.title,
    hosts,
    dir: journal.dir,
    check: o.check ?? false,
  });
  try {
    for (const host of hosts) if (!o.sessions.has(host)) unreachable(host, 'not connected');
    locks = await Locks.acquire(o.attach?.watch ? [] : hosts, {
      run,
      runDir,
      nonce,
      forks: o.forks ?? DEFAULT_FORKS,
      connections,
      force: o.forceUnlock,
      adopt: o.attach?.run,
      signal: o.signal,
      onNote: (host, text) => emit({ type: 'warning', host, text }),
      onFailed: unreachable,
    });
    const runnerOfHosts = new HostRunner({
      ...o,
      run,
      runDir,
      nonce,
      masker,
      emit,
      tally,
      unreachable,
      locks,
      connections,
      giveUp: o.attach?.watch && o.signal ? AbortSignal.any([o.signal, giveUp.signal]) : giveUp.signal,
      onExport: (host, name, value) => runner.keep(host, name, value),
    });
    const runner = new PlayRunner({ ...o, emit, tally, hosts: runnerOfHosts });
    await adoptPrograms(o.attach?.watch ?? locks.found, runnerOfHosts, emit);
    for (const [index, play] of o.plays.entries()) {
      if (o.signal?.aborted || o.kill?.aborted) break;
      const outcome = await runner.play(play, index + 1);
      if (outcome.ran) plays.push({ name: play.name, ms: outcome.ms });
      if (outcome.endsRun || nobodyLeft(play, tally)) break;
    }
    exitCode = o.signal?.aborted || o.kill?.aborted ? 130 : tally.exitCode();
    return { run, recap: tally.recap(), exports: runner.exports, exitCode, plays, dir: journal.dir };
  } catch (error) {
    exitCode = error instanceof KubewrightError ? error.exitCode : 1;
    throw error;
  } finally {
    await locks?.release();
    connections.end();
    clearTimeout(lastWords);
    o.kill?.removeEventListener('abort', onKill);
    process.off('exit', onExit);
    last(exitCode);
  }
}

function nobodyLeft(play: PlannedPlay, tally: Tally): boolean {
  return play.hosts.length > 0 && tally.allOut();
}
