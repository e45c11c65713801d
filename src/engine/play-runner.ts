import { KubewrightError } from '../errors.js';
import type { Secret } from '../shell/secret.js';
import type { Task } from '../tasks/task.js';
import { DEFAULT_FORKS } from './defaults.js';
import type { RunEventBody } from './events.js';
import type { HostRunner } from './host-runner.js';
import { Limit } from './limit.js';
import type { Tally } from './tally.js';
import type { Exports, PlannedPlay, RunPlaysOptions } from './types.js';

export interface PlayRunnerOptions extends Pick<RunPlaysOptions, 'forks' | 'signal' | 'kill'> {
  readonly emit: (event: RunEventBody) => void;
  readonly tally: Tally;
  readonly hosts: HostRunner;
}

export interface PlayOutcome {
  readonly ran: boolean;
  readonly ms: number;
  readonly endsRun: boolean;
}

export class PlayRunner {
  readonly #o: PlayRunnerOptions;
  readonly #exports = new Map<string, Map<string, string | Secret>>();
  readonly #limit: Limit;

  constructor(o: PlayRunnerOptions) {
    this.#o = o;
    this.#limit = new Limit(o.forks ?? DEFAULT_FORKS);
  }

  get exports(): Exports {
    return this.#exports;
  }

  /** What a task has exported, for the plays that come later. */
  keep(host: string, name: string, value: string | Secret): void {
    const ofHost = this.#exports.get(host) ?? new Map<string, string | Secret>();
    ofHost.set(name, value);
    this.#exports.set(host, ofHost);
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
            if (again instanceof KubewrightError) this.#o.hosts.fail(play.name, host, again);
            else await this.#o.hosts.run(play.name, number, host, again ?? []);
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
