import { join } from 'node:path';
import { readEnds, readJournal, runsIn } from '../../engine/journal/journal-read.js';
import { runModel } from '../runs/run-model.js';
import type { Progress } from './progress.js';

/** How many of the newest runs are searched. */
const LOOK_BACK = 20;

interface PastPlay {
  readonly name: string;
  readonly ms: number;
  /** Ids of the tasks in the order of the host that had the most of them, with the median of milliseconds over the hosts. */
  readonly tasks: ReadonlyMap<string, number>;
}

/** How long the plays of an earlier run took, to estimate the current one. */
export class History {
  readonly #plays: readonly PastPlay[];
  /** Of the play before, until the current one has a pace of its own. */
  #lastPace: number | undefined;

  constructor(plays: readonly PastPlay[]) {
    this.#plays = plays;
  }

  taskMs(play: string, task: string): number | undefined {
    return this.#plays.find((p) => p.name === play)?.tasks.get(task);
  }

  /**
   * Milliseconds until the run ends: what the slowest host still has to do in this play, and the plays after it, each as long as in
   * the earlier run, corrected by the pace of the finished tasks: a re-run that changes nothing is many times faster than a first
   * run. Undefined where that run did not have this play, and until there is a pace.
   */
  msLeft(progress: Progress, now: number): number | undefined {
    const index = this.#plays.findIndex((p) => p.name === progress.play);
    const past = this.#plays[index];
    if (!past) return undefined;
    const pace = this.#pace(past, progress);
    if (pace === undefined) return undefined;
    const ids = [...past.tasks.keys()];
    let slowest = 0;
    for (const host of progress.hosts.values()) {
      if (host.failed !== undefined || host.done >= host.tasks) continue;
      const at = host.present ? ids.indexOf(host.present.task) : host.done - 1;
      const rest = ids.slice(at + 1).reduce((n, id) => n + (past.tasks.get(id) ?? 0), 0);
      const present = host.present ? Math.max(0, (past.tasks.get(host.present.task) ?? 0) - (now - host.present.since)) : 0;
      slowest = Math.max(slowest, rest + present);
    }
    const later = this.#plays.slice(index + 1).reduce((n, p) => n + p.ms, 0);
    return (slowest + later) * pace;
  }

  /** How much longer the finished tasks took than in the earlier run. */
  #pace(past: PastPlay, progress: Progress): number | undefined {
    let [then, now] = [0, 0];
    for (const [task, ms] of progress.longest()) {
      const before = past.tasks.get(task);
      if (before === undefined) continue;
      then += before;
      now += ms;
    }
    // One second of work says little.
    if (then >= 1000 || now >= 1000) this.#lastPace = Math.min(20, Math.max(0.05, (now + 500) / (then + 500)));
    return this.#lastPace;
  }
}

/**
 * The newest finished run in a directory of journals with the same title and about the same hosts; undefined: there is none. What cannot
 * be read is skipped: an estimate is not worth an error.
 */
export function findHistory(
  journalDir: string,
  o: { run: string; title: string; hosts: readonly string[]; check: boolean },
): History | undefined {
  const hosts = new Set(o.hosts);
  for (const name of runsIn(journalDir).slice(-LOOK_BACK).reverse()) {
    if (name === o.run) continue;
    const dir = join(journalDir, name);
    try {
      const { start, end } = readEnds(dir, name);
      if (start?.title !== o.title || start.check !== o.check || end?.exitCode !== 0) continue;
      const common = start.hosts.filter((h) => hosts.has(h)).length;
      if (common * 2 < Math.max(start.hosts.length, hosts.size)) continue;
      return historyOf(dir, name);
    } catch {
      // Not a journal, or half removed.
    }
  }
  return undefined;
}

function historyOf(dir: string, name: string): History {
  const model = runModel(readJournal(dir, name, { only: ['run-start', 'play-start', 'task-end', 'play-end', 'run-end'] }).events);
  return new History(
    model.plays.map((play) => {
      const times = new Map<string, number[]>();
      const counts = new Map<string, number>();
      for (const s of play.spans) {
        counts.set(s.host, (counts.get(s.host) ?? 0) + 1);
        const list = times.get(s.task);
        if (list) list.push(s.end - s.start);
        else times.set(s.task, [s.end - s.start]);
      }
      const [fullest] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [''];
      const order = [...play.spans.filter((s) => s.host === fullest).map((s) => s.task), ...times.keys()];
      const tasks = new Map(order.map((id) => [id, median(times.get(id) ?? [])]));
      return { name: play.name, ms: play.end - play.start, tasks };
    }),
  );
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}
