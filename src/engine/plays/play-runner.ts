import { KubewrightError } from '../../base/errors.js';
import { Semaphore } from '../../base/semaphore.js';
import type { Secret } from '../../shell/secret.js';
import type { Task } from '../../tasks/task.js';
import { DEFAULT_FORKS } from '../defaults.js';
import type { RunEventBody } from '../events.js';
import type { Exports, PlannedPlay, RunPlaysOptions } from '../types.js';
import type { HostRunner } from './host-runner.js';
import type { Tally } from './tally.js';

export interface PlayRunnerOptions extends Pick<RunPlaysOptions, 'forks' | 'signal' | 'kill' | 'step'> {
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
  readonly #limit: Semaphore;

  constructor(o: PlayRunnerOptions) {
    this.#o = o;
    this.#limit = new Semaphore(o.forks ?? DEFAULT_FORKS);
  }

  get exports(): Exports {
    return this.#exports;
  }

  /** Exports of tasks, for later plays. */
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
      emit({ type: 'warning', text: `Play "${play.name}" is skipped, because all its hosts have failed: ${why}` });
      return NOTHING;
    }
    const groups = batches(hosts, play.serial);
    const planned = new Map<string, readonly Task[]>();
    const broken = new Set<string>();
    const gone = tally.droppedOut;
    for (const host of hosts) {
      const tasks = this.#plan(play, host, gone);
      if (tasks instanceof KubewrightError) broken.add(host);
      else planned.set(host, tasks);
    }
    if (broken.size === 0 && [...planned.values()].every((t) => t.length === 0)) return NOTHING;

    if (this.#o.step && !(await this.#o.step({ play: play.name, hosts }))) return NOTHING;
    const tasks = Object.fromEntries(hosts.map((h) => [h, planned.get(h)?.length ?? 0]));
    emit({ type: 'play-start', play: play.name, hosts, tasks });
    const failed: string[] = [];
    let endsRun: string | undefined;
    let turns = 0;
    for (const [i, group] of groups.entries()) {
      if (this.#o.signal?.aborted || this.#o.kill?.aborted) break;
      // A later batch may use the exports of an earlier one, and no longer has the hosts that failed in it.
      const goneNow = tally.droppedOut;
      const plans = new Map(
        group.map((h) => [h, i > 0 || broken.has(h) ? this.#plan(play, h, goneNow) : (planned.get(h) ?? [])] as const),
      );
      await (this.#o.step ? this.#stepwise(play.name, number, plans, this.#o.step) : this.#batch(play.name, number, plans));
      failed.push(...group.filter((h) => tally.isOut(h)));
      turns += group.length;
      const lost = group.filter((h) => tally.isOut(h));
      endsRun = verdict(play, lost, group.length, groups.length);
      if (endsRun) break;
    }
    const ms = Date.now() - began;
    emit({ type: 'play-end', play: play.name, ms, failed });
    if (endsRun !== undefined) {
      const rest = hosts.length - turns;
      const left = rest > 0 ? `; ${rest} ${rest === 1 ? 'host was' : 'hosts were'} not reached` : '';
      const who = failed.map((h) => tally.whyOut(h)).join(', ');
      emit({ type: 'warning', text: `The run ends with play "${play.name}" (${endsRun})${left}: ${who}` });
    }
    return { ran: true, ms, endsRun: endsRun !== undefined };
  }

  /** All tasks of each host as one program. */
  async #batch(
    play: string,
    number: number | string,
    plans: ReadonlyMap<string, readonly Task[] | KubewrightError>,
  ): Promise<void> {
    await Promise.all(
      [...plans].map(([host, tasks]) =>
        this.#limit.run(async () => {
          if (tasks instanceof KubewrightError) this.#o.hosts.fail(play, host, tasks);
          else await this.#o.hosts.run(play, number, host, tasks);
        }),
      ),
    );
  }

  /** One program for each task, so that each can be confirmed. */
  async #stepwise(
    play: string,
    number: number,
    plans: ReadonlyMap<string, readonly Task[] | KubewrightError>,
    ask: NonNullable<RunPlaysOptions['step']>,
  ): Promise<void> {
    const { tally, signal, kill } = this.#o;
    await this.#batch(play, number, new Map([...plans].filter(([, t]) => t instanceof KubewrightError)));
    for (const [n, id] of inOrder([...plans.values()].flatMap((t) => (t instanceof KubewrightError ? [] : [t]))).entries()) {
      const mine = new Map<string, Task[]>();
      for (const [host, tasks] of plans) {
        const task = tasks instanceof KubewrightError || tally.isOut(host) ? undefined : tasks.find((t) => t.id === id);
        if (task) mine.set(host, [task]);
      }
      const title = [...mine.values()][0]?.[0]?.title;
      if (title === undefined || signal?.aborted || kill?.aborted) continue;
      if (await ask({ play, task: id, title, hosts: [...mine.keys()] })) await this.#batch(play, `${number}.${n + 1}`, mine);
    }
  }

  #plan(play: PlannedPlay, host: string, droppedOut: ReadonlyMap<string, string>): readonly Task[] | KubewrightError {
    try {
      return play.tasks(host, this.#exports, droppedOut);
    } catch (error) {
      if (error instanceof KubewrightError) return error;
      throw error;
    }
  }
}

/** The ids of several hosts' tasks in one order that is valid for each. */
function inOrder(lists: readonly (readonly Task[])[]): string[] {
  const order: string[] = [];
  for (const list of lists) {
    let at = 0;
    for (const { id } of list) {
      const known = order.indexOf(id);
      if (known === -1) order.splice(at, 0, id);
      at = (known === -1 ? at : known) + 1;
    }
  }
  return order;
}

/** Why the run ends after a batch that lost these of `size` hosts; undefined: it continues. */
function verdict(play: PlannedPlay, gone: readonly string[], size: number, batches: number): string | undefined {
  const lost = gone.length;
  if (lost === 0) return undefined;
  if (play.anyErrorsFatal) return 'any_errors_fatal';
  const vital = gone.filter((h) => play.vital?.has(h));
  if (vital.length > 0) return `the rest needs ${vital.join(', ')}`;
  const percent = (lost * 100) / size;
  if (play.maxFailPercentage !== undefined && percent > play.maxFailPercentage)
    return `max_fail_percentage ${play.maxFailPercentage}, and ${lost} of ${size} hosts failed`;
  // As in Ansible: if a whole batch has failed, the next one would too.
  return batches > 1 && lost === size ? 'a whole batch failed' : undefined;
}

/**
 * The hosts of each batch. Percentages are rounded down, to 1 at least; the last size is repeated.
 * @throws TypeError for a serial that is not a positive number.
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
