import type { HostRecap, RunEvent, TaskStatus } from '../../engine/events.js';

/** One task of one host, placed in time. Milliseconds since the epoch. */
export interface Span {
  readonly host: string;
  /** Index into `plays`. */
  readonly play: number;
  readonly task: string;
  readonly title: string;
  /** `unfinished`: it had begun when the journal ended. */
  readonly status: TaskStatus | 'unfinished';
  readonly start: number;
  readonly end: number;
  readonly code?: number;
  readonly tail?: readonly string[];
  readonly hint?: string;
  readonly diff?: string;
}

interface PlayModel {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly hosts: readonly string[];
  readonly spans: readonly Span[];
}

/** Trouble outside any task. */
interface Trouble {
  readonly at: number;
  readonly kind: 'unreachable' | 'failed' | 'lost' | 'warning';
  readonly host?: string;
  readonly play?: string;
  readonly text: string;
}

/** A run, made from its events, for `runs show`, the report and the estimates. */
export interface RunModel {
  readonly run: string;
  readonly title: string;
  readonly dir: string;
  readonly check: boolean;
  readonly hosts: readonly string[];
  readonly start: number;
  /** Time of the last known event. */
  readonly end: number;
  readonly plays: readonly PlayModel[];
  readonly troubles: readonly Trouble[];
  /** From the run's last event, or counted from its tasks if that is missing. */
  readonly recap: readonly HostRecap[];
  /** Milliseconds that each host's tasks took; hosts without a task are not in it. */
  readonly busy: ReadonlyMap<string, number>;
  /** Absent: the run has no end. */
  readonly exitCode?: number;
}

type TaskEnd = Extract<RunEvent, { type: 'task-end' }>;
type TaskStart = Extract<RunEvent, { type: 'task-start' }>;

interface OpenPlay {
  readonly name: string;
  readonly start: number;
  readonly hosts: readonly string[];
  readonly ended: Map<string, TaskEnd[]>;
  readonly open: Map<string, TaskStart>;
  end?: number;
}

export function runModel(events: readonly RunEvent[]): RunModel {
  let first = { run: '', title: '', dir: '', check: false, hosts: [] as readonly string[] };
  let recap: readonly HostRecap[] | undefined;
  let exitCode: number | undefined;
  const plays: OpenPlay[] = [];
  const troubles: Trouble[] = [];
  const start = events[0]?.at ?? 0;
  const end = events.at(-1)?.at ?? start;
  for (const e of events) {
    const play = plays.at(-1);
    if (e.type === 'run-start') first = e;
    else if (e.type === 'play-start') {
      plays.push({ name: e.play, start: e.at, hosts: e.hosts, ended: new Map(), open: new Map() });
    } else if (e.type === 'play-end' && play) play.end = e.at;
    else if (e.type === 'task-start') play?.open.set(e.host, e);
    else if (e.type === 'task-end' && play) {
      play.open.delete(e.host);
      const ofHost = play.ended.get(e.host);
      if (ofHost) ofHost.push(e);
      else play.ended.set(e.host, [e]);
    } else if (e.type === 'run-end') [recap, exitCode] = [e.recap, e.exitCode];
    else {
      const trouble = troubleOf(e);
      if (trouble) troubles.push(trouble);
    }
  }
  const made = plays.map((p, i) => playModel(p, i, end));
  return {
    ...{ run: first.run, title: first.title, dir: first.dir, check: first.check, hosts: first.hosts },
    start,
    end,
    plays: made,
    troubles,
    recap: recap ?? countRecap(first.hosts, made, troubles),
    busy: busyTimes(made),
    exitCode,
  };
}

function playModel(p: OpenPlay, index: number, runEnd: number): PlayModel {
  const spans: Span[] = [];
  for (const host of p.hosts) {
    const open = p.open.get(host);
    let next = p.end ?? runEnd;
    const ofHost: Span[] = [];
    if (open) {
      const { task, title } = open;
      ofHost.push({ host, play: index, task, title, status: 'unfinished', start: open.at, end: next });
      next = open.at;
    }
    // Events may come late and all at once, after a lost connection: the host's own measure of each task, put end to end
    // from the last one backwards, is where the tasks really were.
    for (const e of (p.ended.get(host) ?? []).toReversed()) {
      const end = Math.max(p.start, Math.min(e.at, next));
      const start = Math.max(p.start, end - e.ms);
      next = start;
      const { task, title, status, code, tail, hint, diff } = e;
      ofHost.push({ host, play: index, task, title, status, start, end, code, tail, hint, diff });
    }
    spans.push(...ofHost.reverse());
  }
  return { name: p.name, start: p.start, end: p.end ?? runEnd, hosts: p.hosts, spans };
}

function troubleOf(e: RunEvent): Trouble | undefined {
  switch (e.type) {
    case 'host-unreachable':
      return { at: e.at, kind: 'unreachable', host: e.host, text: e.error };
    case 'host-failed':
      return { at: e.at, kind: 'failed', host: e.host, play: e.play, text: e.error };
    case 'host-lost':
      return { at: e.at, kind: 'lost', host: e.host, text: `connection lost (try ${e.attempt}): ${e.error}` };
    case 'warning':
      return { at: e.at, kind: 'warning', host: e.host, text: e.text };
    default:
      return undefined;
  }
}

function busyTimes(plays: readonly PlayModel[]): Map<string, number> {
  const busy = new Map<string, number>();
  for (const play of plays) {
    for (const s of play.spans) busy.set(s.host, (busy.get(s.host) ?? 0) + s.end - s.start);
  }
  return busy;
}

/** For a run that was killed: what its tasks say. */
function countRecap(hosts: readonly string[], plays: readonly PlayModel[], troubles: readonly Trouble[]): HostRecap[] {
  return hosts.map((host) => {
    const spans = plays.flatMap((p) => p.spans.filter((s) => s.host === host));
    const count = (...wanted: readonly Span['status'][]): number => spans.filter((s) => wanted.includes(s.status)).length;
    const of = (kind: Trouble['kind']): number => troubles.filter((t) => t.kind === kind && t.host === host).length;
    return {
      host,
      ok: count('ok'),
      changed: count('changed', 'would-change'),
      failed: count('failed') + of('failed'),
      skipped: count('skipped', 'unfinished'),
      unreachable: of('unreachable') > 0,
    };
  });
}
