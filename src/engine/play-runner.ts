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

const NOTHING: PlayOutcome = { ran: false, ms: 0, endsRun: false };

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
    if (hosts.length === 0 && play.hosts.length > 0 && !tally.allOut()) {
      const why = play.hosts.map((h) => tally.whyOut(h)).join(', ');
      emit({ type: 'warning', text: `Play "${play.name}" is left out, because none of its hosts is left: ${why}` });
      return NOTHING;
    }
    if (play.confirm && !(await play.confirm())) return NOTHING;
    const groups = batches(hosts, play.serial);
    const planned = new Map<string, readonly Task[]>();
    const broken = new Set<string>();
    for (const host of hosts) {
      const tasks = this.#plan(play, host);
      if (tasks instanceof KubewrightError) broken.add(host);
      else planned.set(host, tasks);
    }
    if (broken.size === 0 && [...planned.values()].every((t) => t.length === 0)) return NOTHING;

    const tasks = Object.fromEntries(hosts.map((h) => [h, planned.get(h)?.length ?? 0]));
    emit({ type: 'play-start', play: play.name, hosts, tasks });
    const failed: string[] = [];
    let endsRun: string | undefined;
    let turns = 0;
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
      turns += group.length;
      const lost = group.filter((h) => tally.isOut(h)).length;
      endsRun = verdict(play, lost, group.length, groups.length);
      if (endsRun) break;
    }
    const ms = Date.now() - began;
    emit({ type: 'play-end', play: play.name, ms, failed });
    if (endsRun !== undefined) {
      const rest = hosts.length - turns;
      const left = rest > 0 ? `; ${rest} ${rest === 1 ? 'host' : 'hosts'} of it had no turn` : '';
      const who = failed.map((h) => tally.whyOut(h)).join(', ');
      emit({ type: 'warning', text: `The run ends with play "${play.name}" (${endsRun})${left}: ${who}` });
    }
    return { ran: true, ms, endsRun: endsRun !== undefined };
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

/** Why the run ends after a batch of which `lost` of `size` hosts have dropped out; undefined: it goes on. */
function verdict(play: PlannedPlay, lost: number, size: number, batches: number): string | undefined {
  if (lost === 0) return undefined;
  if (play.anyErrorsFatal) return 'any_errors_fatal';
  const percent = (lost * 100) / size;
  if (play.maxFailPercentage !== undefined && percent > play.maxFailPercentage)
    return `max_fail_percentage ${play.maxFailPercentage}, and ${lost} of ${size} hosts failed`;
  // As Ansible does: when a whole batch has failed, the next one would too.
  return batches > 1 && lost === size ? 'a whole batch failed' : undefined;
}

/**
 * Hosts as they have their turns. Percentages are rounded down, to 1 at least; the last size is repeated.
 * @throws TypeError for a serial that is no positive number.
 */
export function batches(hosts: readonly string[], serial: PlannedPlay['serial']): string[][] {
  const sizes = serial === undefined ? [hosts.length] : Array.isArray(serial) ? serial : [serial];
  const all: string[][] = [];
  for (let at = 0, i = 0; at < hosts.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)] ?? hosts.length;
    const number = typeof size === 'number' ? size : Math.floor((hosts.length * Number.parseFloat(size)) / 100);
    if (Number.isNaN(number)) throw new TypeError(`not a serial: ${size}`);
    const end = at + Math.max(1, number);
    all.push(hosts.slice(at, end));
    at = end;
  }
  return all;
}
