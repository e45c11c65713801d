import { randomBytes } from 'node:crypto';
import { KubewrightError } from '../errors.js';
import { DEFAULT_FORKS, DEFAULT_JOURNAL_DIR, DEFAULT_RUN_DIR } from './defaults.js';
import type { RunEvent, RunEventBody } from './events.js';
import { Journal, newRunId } from './journal.js';
import { Locks } from './locks.js';
import { PlayRunner } from './play-runner.js';
import { Tally } from './tally.js';
import { Masker } from './text.js';
import type { PlannedPlay, RunPlaysOptions, RunResult } from './types.js';

/**
 * Runs plays one after the other, each on its hosts at the same time. The only place that schedules anything.
 *
 * Trouble on hosts doesn't reject: it stands in the result. The journal and its recap are always written.
 * @throws LockedError when another run holds a host; nothing has been touched then.
 */
export async function runPlays(o: RunPlaysOptions): Promise<RunResult> {
  const began = Date.now();
  const run = o.run ?? newRunId(new Date());
  const runDir = o.runDir ?? DEFAULT_RUN_DIR;
  const nonce = randomBytes(16).toString('hex');
  const masker = new Masker();
  const journal = new Journal(o.journalDir ?? DEFAULT_JOURNAL_DIR, run);
  const hosts = [...new Set(o.plays.flatMap((p) => p.hosts))];
  const tally = new Tally(hosts);
  const emit = (body: RunEventBody): void => {
    const event = maskEvent({ at: Date.now(), ...body }, masker);
    journal.write(event);
    o.view?.(event);
  };
  const unreachable = (host: string, error: string): void => {
    if (tally.markUnreachable(host)) emit({ type: 'host-unreachable', host, error });
  };

  const plays: { name: string; ms: number }[] = [];
  let locks: Locks | undefined;
  let exitCode = 1;
  emit({ type: 'run-start', run, title: o.title, hosts, dir: journal.dir, check: o.check ?? false });
  try {
    for (const host of hosts) if (!o.sessions.has(host)) unreachable(host, 'not connected');
    locks = await Locks.acquire(hosts, {
      run,
      runDir,
      nonce,
      forks: o.forks ?? DEFAULT_FORKS,
      sessions: o.sessions,
      onTakenOver: (host, from) =>
        emit({
          type: 'warning',
          host,
          text: `took over the stale lock of run ${from.run} (${from.user}@${from.host}, ${from.since})`,
        }),
      onFailed: unreachable,
    });
    const runner = new PlayRunner({ ...o, run, runDir, nonce, masker, emit, tally, unreachable, locks });
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
    emit({ type: 'run-end', run, ms: Date.now() - began, recap: tally.recap(), exitCode });
    journal.close();
  }
}

function nobodyLeft(play: PlannedPlay, tally: Tally): boolean {
  return play.hosts.length > 0 && tally.allOut();
}

/** Texts that came from a machine or an error, without the secrets that we know. */
function maskEvent(e: RunEvent, masker: Masker): RunEvent {
  switch (e.type) {
    case 'task-output':
    case 'warning':
      return { ...e, text: masker.mask(e.text) };
    case 'task-end':
      return {
        ...e,
        ...(e.tail ? { tail: e.tail.map((l) => masker.mask(l)) } : {}),
        ...(e.diff ? { diff: masker.mask(e.diff) } : {}),
      };
    case 'host-failed':
    case 'host-lost':
    case 'host-unreachable':
      return { ...e, error: masker.mask(e.error) };
    default:
      return e;
  }
}
