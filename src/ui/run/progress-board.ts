import { count, duration } from '../../base/text/format.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { columnsOf, cutTo, padTo } from '../../base/text/width.js';
import type { Color, Paint } from '../format.js';
import type { History } from './history.js';
import type { HostProgress, Progress } from './progress.js';

export interface ProgressBoardOptions {
  readonly columns: number;
  /** At most N lines. */
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly check: boolean;
  readonly paint: Paint;
  /** Of an earlier run of the same plays. */
  readonly history?: History;
}

/** Hosts that are at the same task. */
interface Group {
  readonly mark: string;
  readonly color: Color | undefined;
  /** Its place: what needs attention first, what is done last. */
  readonly rank: number;
  /** Number of the task, for the order within a rank. */
  readonly n: number;
  readonly hosts: string[];
  readonly text: string;
  readonly of: Set<number>;
  /** When the first of them began; absent: no time is shown. */
  since?: number;
  readonly note?: string;
}

/** A terminal of 80 columns has room for the bar, one of 60 for the numbers of tasks; 2 columns are indentation. */
const WIDE = 78;
const NARROW = 58;

/** A task is slow when it takes this many times as long as it took others or an earlier run… */
const SLOW_TIMES = 3;
/** …and longer than this. Milliseconds. */
const SLOW_MS = 5_000;

/** The lines of a running play: a heading, and one line for the hosts that are at the same task. All are narrower than `columns`. */
export function progressBoard(progress: Progress, o: ProgressBoardOptions): string[] {
  const groups = foldGroups(progress, o);
  const head = headLine(progress, o);
  const room = Math.max(1, o.rows - 1);
  const shown = groups.length <= room ? groups : groups.slice(0, room - 1);
  const left = groups.slice(shown.length);
  const nameWidth = Math.min(
    Math.max(...shown.map((g) => columnsOf(hostsText(g.hosts))), 8),
    Math.max(8, Math.floor(o.columns * 0.38)),
  );
  const lines = shown.map((g) => groupLine(g, nameWidth, o));
  if (left.length > 0) {
    const hosts = left.reduce((n, g) => n + g.hosts.length, 0);
    lines.push(o.paint('dim', cutTo(`  … ${count(hosts, 'more host')} at ${count(left.length, 'other task')}`, o.columns - 1)));
  }
  return [head, ...lines];
}

function headLine(progress: Progress, o: ProgressBoardOptions): string {
  const { done, tasks } = progress.totals();
  const percent = tasks === 0 ? 0 : Math.floor((100 * done) / tasks);
  const elapsed = o.now - progress.startedAt;
  const left = o.history?.msLeft(progress, o.now);
  const numbers = [`${percent} %`, duration(elapsed), ...(left === undefined ? [] : [`about ${about(left)} left`])];
  const text = `${progress.play} (${count(progress.hosts.size, 'host')})`;
  const wide = o.columns >= WIDE;
  const bar = wide ? ` ${barOf(done, tasks, 20)}` : '';
  const right = `${bar} ${numbers.join(', ')}`;
  const name = cutTo(text, Math.max(8, o.columns - 1 - right.length));
  return o.paint('bold', name) + o.paint('dim', right);
}

function barOf(done: number, of: number, width: number): string {
  const filled = of === 0 ? 0 : Math.floor((width * done) / of);
  return '━'.repeat(filled) + '╌'.repeat(width - filled);
}

/** Estimates are rough: whole seconds below a minute, then steps of 10 s. */
function about(ms: number): string {
  const step = ms < 60_000 ? 1_000 : 10_000;
  const rounded = Math.max(1_000, Math.ceil(ms / step) * step);
  return rounded < 60_000 ? `${rounded / 1000}s` : duration(rounded);
}

/** `▲ w104-k8s   7/18   6.3s Set sysctls, others took 1.0s`. */
function groupLine(g: Group, nameWidth: number, o: ProgressBoardOptions): string {
  const of = g.of.size === 1 ? `${g.n}/${[...g.of][0]}` : g.of.size > 1 ? `${g.n}` : '';
  const time = g.since === undefined ? '' : duration(Math.max(0, o.now - g.since));
  const name = padTo(hostsText(g.hosts, nameWidth), nameWidth);
  const numbers = o.columns >= NARROW ? ` ${of.padStart(7)} ${time.padStart(6)} ` : ` ${time.padStart(6)} `;
  const what = cutTo(g.note ? `${g.text}, ${g.note}` : g.text, Math.max(1, o.columns - 1 - 2 - nameWidth - numbers.length));
  const color = (text: string): string => (g.color ? o.paint(g.color, text) : text);
  return `${color(g.mark)} ${name}${o.paint(g.color === 'yellow' ? 'yellow' : 'dim', numbers)}${color(what)}`;
}

function foldGroups(progress: Progress, o: ProgressBoardOptions): Group[] {
  const groups = new Map<string, Group>();
  for (const [host, state] of progress.hosts) {
    const made = groupOf(state, progress, o);
    const key = [made.rank, made.n, made.text, made.note ? made.mark : ''].join('\0');
    const known = groups.get(key);
    const group = known ?? made;
    group.hosts.push(host);
    if (state.present) group.of.add(state.tasks);
    if (known && made.since !== undefined) known.since = Math.min(known.since ?? made.since, made.since);
    if (!known) groups.set(key, made);
  }
  return [...groups.values()].sort((a, b) => a.rank - b.rank || a.n - b.n);
}

function groupOf(state: HostProgress, progress: Progress, o: ProgressBoardOptions): Group {
  const base = { n: 0, hosts: [], of: new Set<number>(), mark: ' ', color: undefined } as const;
  const fresh = { ...base, hosts: [] as string[], of: new Set<number>() };
  if (state.failed) return { ...fresh, rank: 0, mark: '✗', color: 'red', text: `failed: ${state.failed}` };
  const { present } = state;
  if (state.note?.kind === 'lost')
    return { ...fresh, rank: 1, mark: '!', color: 'yellow', text: `connection lost, try ${state.note.attempt}` };
  if (state.done >= state.tasks) {
    const word = state.changed === 0 ? 'done' : o.check ? 'done, would change' : 'done, changed';
    return {
      ...fresh,
      rank: 6,
      mark: '✓',
      color: state.changed > 0 ? 'yellow' : 'green',
      text: state.tasks === 0 ? 'nothing to do' : word,
    };
  }
  if (state.note?.kind === 'push')
    return { ...fresh, rank: 3, mark: '↑', text: `sending ${state.note.artifact} ${state.note.percent} %`, n: present?.n ?? 0 };
  if (!present)
    return { ...fresh, rank: 5, mark: '·', color: 'dim', text: state.done === 0 ? 'waiting' : 'between tasks', n: state.done };
  const usual = usualMs(progress, present.task, o);
  const runs = o.now - present.since;
  const slow = usual !== undefined && runs > SLOW_MS && runs > SLOW_TIMES * usual.ms;
  return {
    ...fresh,
    rank: slow ? 2 : 4,
    mark: slow ? '▲' : '▸',
    color: slow ? 'yellow' : undefined,
    n: present.n,
    text: present.title,
    since: present.since,
    ...(slow ? { note: `${usual.of} ${duration(usual.ms)}` } : {}),
  };
}

/** How long a task takes: on the hosts that have done it in this play, else in an earlier run. */
function usualMs(progress: Progress, task: string, o: ProgressBoardOptions): { ms: number; of: string } | undefined {
  const others = progress.medianMs(task);
  if (others !== undefined) return { ms: others, of: 'others took' };
  const before = o.history?.taskMs(progress.play, task);
  return before === undefined ? undefined : { ms: before, of: 'last time' };
}
