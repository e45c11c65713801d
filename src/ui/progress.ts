import type { RunEvent } from '../engine/events.js';

/** What one host of the present play is at. */
export interface HostProgress {
  readonly tasks: number;
  done: number;
  changed: number;
  failed: boolean;
  /** When its first task began; milliseconds since the epoch. */
  since?: number;
  present?: { readonly title: string; readonly n: number; readonly since: number };
  /** In place of the task: a lost connection, a file on its way. */
  note?: string;
}

/** The state of the present play, as far as the events tell. */
export class Progress {
  readonly hosts = new Map<string, HostProgress>();

  take(e: RunEvent): void {
    if (e.type === 'play-start') {
      this.hosts.clear();
      for (const host of e.hosts) this.hosts.set(host, { tasks: e.tasks[host] ?? 0, done: 0, changed: 0, failed: false });
      return;
    }
    const host = 'host' in e && e.host !== undefined ? this.hosts.get(e.host) : undefined;
    if (!host) return;
    switch (e.type) {
      case 'task-start':
        host.since ??= e.at;
        host.present = { title: e.title, n: e.n, since: e.at };
        host.note = undefined;
        break;
      case 'task-end':
        host.present = undefined;
        host.note = undefined;
        host.done++;
        if (e.status === 'changed' || e.status === 'would-change') host.changed++;
        if (e.status === 'failed') host.failed = true;
        break;
      case 'host-failed':
      case 'host-unreachable':
        host.present = undefined;
        host.failed = true;
        break;
      case 'host-lost':
        host.note = `connection lost, try ${e.attempt}: ${e.error}`;
        break;
      case 'host-back':
        host.note = undefined;
        break;
      case 'push':
        host.note = e.bytes >= e.of ? undefined : `sending ${e.artifact} ${Math.floor((e.bytes / Math.max(1, e.of)) * 100)} %`;
        break;
      default:
        break;
    }
  }
}
