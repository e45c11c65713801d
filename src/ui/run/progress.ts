import type { RunEvent } from '../../engine/events.js';

/** What delays a host, shown in place of its task. */
type Note =
  | { readonly kind: 'lost'; readonly attempt: number; readonly error: string }
  | { readonly kind: 'push'; readonly artifact: string; readonly percent: number };

/** The state of one host of the current play. */
export interface HostProgress {
  readonly tasks: number;
  done: number;
  changed: number;
  /** Title of the task that failed, or another reason. */
  failed?: string;
  /** When its first task began; milliseconds since the epoch. */
  since?: number;
  present?: { readonly task: string; readonly title: string; readonly n: number; readonly since: number };
  note?: Note;
}

/** The state of the current play, from its events. */
export class Progress {
  readonly hosts = new Map<string, HostProgress>();
  /** Name of the current play; empty before the first. */
  play = '';
  /** Start of the play; milliseconds since the epoch. */
  startedAt = 0;
  /** task → milliseconds on the hosts that have done it. */
  readonly #times = new Map<string, number[]>();

  take(e: RunEvent): void {
    if (e.type === 'play-start') {
      this.hosts.clear();
      this.#times.clear();
      [this.play, this.startedAt] = [e.play, e.at];
      for (const host of e.hosts) this.hosts.set(host, { tasks: e.tasks[host] ?? 0, done: 0, changed: 0 });
      return;
    }
    const host = 'host' in e && e.host !== undefined ? this.hosts.get(e.host) : undefined;
    if (!host) return;
    switch (e.type) {
      case 'task-start':
        host.since ??= e.at;
        host.present = { task: e.task, title: e.title, n: e.n, since: e.at };
        host.note = undefined;
        break;
      case 'task-end': {
        host.present = undefined;
        host.note = undefined;
        host.done++;
        const times = this.#times.get(e.task);
        if (times) times.push(e.ms);
        else this.#times.set(e.task, [e.ms]);
        if (e.status === 'changed' || e.status === 'would-change') host.changed++;
        if (e.status === 'failed') host.failed = e.title;
        break;
      }
      case 'host-failed':
      case 'host-unreachable':
        host.present = undefined;
        host.note = undefined;
        host.failed ??= e.type === 'host-failed' ? (e.error.split('\n')[0] ?? '') : 'unreachable';
        break;
      case 'host-lost':
        host.note = { kind: 'lost', attempt: e.attempt, error: e.error };
        break;
      case 'host-back':
        host.note = undefined;
        break;
      case 'push':
        host.note =
          e.bytes >= e.of
            ? undefined
            : { kind: 'push', artifact: e.artifact, percent: Math.floor((100 * e.bytes) / Math.max(1, e.of)) };
        break;
      default:
        break;
    }
  }

  /** Over all hosts; the tasks of a failed host count as done. */
  totals(): { done: number; tasks: number } {
    let [done, tasks] = [0, 0];
    for (const host of this.hosts.values()) {
      tasks += host.tasks;
      done += host.failed === undefined ? host.done : host.tasks;
    }
    return { done, tasks };
  }

  /** Of the hosts that have done this task; undefined while none has. */
  medianMs(task: string): number | undefined {
    const times = this.#times.get(task)?.toSorted((a, b) => a - b);
    return times?.[Math.floor(times.length / 2)];
  }

  /** task → the longest that it took a host of this play. */
  *longest(): Iterable<[task: string, ms: number]> {
    for (const [task, times] of this.#times) yield [task, Math.max(...times)];
  }
}
