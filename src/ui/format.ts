import { count, duration } from '../base/text/format.js';
import { hostsText } from '../base/text/host-ranges.js';
import { columnsOf, padTo, wrapTo } from '../base/text/width.js';
import type { HostRecap, RunEvent, TaskStatus } from '../engine/events.js';
import { hostLog } from '../engine/journal/host-log.js';

export type TaskEnd = Extract<RunEvent, { type: 'task-end' }>;
export type RunEnd = Extract<RunEvent, { type: 'run-end' }>;
export type Paint = (color: Color, text: string) => string;
export type Color = 'green' | 'yellow' | 'red' | 'cyan' | 'bold' | 'dim';

const CODES: Readonly<Record<Color, number>> = { green: 32, yellow: 33, red: 31, cyan: 36, bold: 1, dim: 2 };

export function painter(color: boolean): Paint {
  return (name, text) => (color && text !== '' ? `\x1b[${CODES[name]}m${text}\x1b[0m` : text);
}

export const STATUS_WORD: Readonly<Record<TaskStatus, string>> = {
  ok: 'ok',
  changed: 'changed',
  'would-change': 'would change',
  failed: 'failed',
  skipped: 'skipped',
};

export const STATUS_COLOR: Readonly<Record<TaskStatus, Color>> = {
  ok: 'green',
  changed: 'yellow',
  'would-change': 'yellow',
  failed: 'red',
  skipped: 'cyan',
};

/** `34 tasks`, `3 changed of 34 tasks`; `would change` in check mode. */
export function hostSummary(changed: number, tasks: number, check: boolean): string {
  return changed === 0
    ? `ok ${count(tasks, 'task')}`
    : `${changed} ${check ? 'would change' : 'changed'} of ${count(tasks, 'task')}`;
}

/** A failed task, of one host or of several that failed in the same way. */
export interface Failure {
  readonly hosts: readonly string[];
  readonly task: string;
  readonly title: string;
  /** The longest, of several hosts. */
  readonly ms: number;
  readonly code?: number;
  readonly tail?: readonly string[];
  readonly hint?: string;
}

/** What a user needs about a failed task: where, what it printed, a hint, where its log is. `dir`: the run's directory. */
export function failureBlock(f: Failure, dir: string, paint: Paint, columns?: number): string[] {
  const code = f.code ? ` (exit status ${f.code})` : '';
  const heading = `FAILED ${hostsText(f.hosts)}: ${f.title} [${f.task}]${code} after ${duration(f.ms)}`;
  const lines = wrapped(heading, columns).map((line) => paint('red', line));
  for (const line of f.tail ?? []) lines.push(`  | ${line}`);
  if (f.hint) lines.push(...labelled('hint:', 'cyan', f.hint, { paint, columns, indent: '  ' }));
  const [first = ''] = f.hosts;
  lines.push(
    f.hosts.length === 1
      ? `  Log: ${dir}/${hostLog(first)}`
      : `  Logs: ${dir}/${hostLog(first)} and ${count(f.hosts.length - 1, 'other')}`,
  );
  return lines;
}

export function diffLines(diff: string, paint: Paint): string[] {
  return diff.split('\n').map((line) => {
    if (/^(\+\+\+|---)/.test(line)) return `  ${paint('bold', line)}`;
    if (line.startsWith('+')) return `  ${paint('green', line)}`;
    if (line.startsWith('-')) return `  ${paint('red', line)}`;
    if (line.startsWith('@@')) return `  ${paint('cyan', line)}`;
    return `  ${line}`;
  });
}

/** `warning: w101: the clock is 3 s off`, in lines of at most `columns`; absent: in one line. */
export function warningLines(e: Extract<RunEvent, { type: 'warning' }>, paint: Paint, columns?: number): string[] {
  return labelled('warning:', e.danger ? 'red' : 'yellow', `${e.host ? `${e.host}: ` : ''}${e.text}`, {
    paint,
    columns,
    indent: '',
  });
}

function wrapped(text: string, columns: number | undefined): string[] {
  return columns === undefined ? [text] : wrapTo(text, columns);
}

function labelled(
  label: string,
  color: Color,
  text: string,
  o: { readonly paint: Paint; readonly columns: number | undefined; readonly indent: string },
): string[] {
  const whole = `${label} ${text}`;
  const lines = wrapped(whole, o.columns === undefined ? undefined : o.columns - o.indent.length);
  return lines.map((line, i) => o.indent + (i === 0 ? o.paint(color, label) + line.slice(label.length) : line));
}

export function hostTrouble(word: string, hosts: readonly string[], error: string, paint: Paint, columns?: number): string[] {
  const [first = '', ...rest] = error.split('\n');
  const heading = wrapped(`${word} ${hostsText(hosts)}: ${first}`, columns).map((line) => paint('red', line));
  return [...heading, ...rest.map((l) => `  | ${l}`)];
}

export interface PlayTime {
  readonly name: string;
  readonly ms: number;
}

/** The times of the plays, the table of hosts, the failures again, and the log's directory. */
export function recapLines(o: {
  readonly end: RunEnd;
  readonly plays: readonly PlayTime[];
  /** Milliseconds that each host's tasks took. */
  readonly busy: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
  readonly dir: string;
  readonly check: boolean;
  readonly paint: Paint;
  /** Width of the terminal; absent: as wide as needed. */
  readonly columns?: number;
}): string[] {
  const { end, plays, paint } = o;
  const lines: string[] = [];
  if (plays.length > 0) {
    lines.push('', paint('bold', 'TIMES'));
    const wide = Math.max(5, ...plays.map((p) => columnsOf(p.name)));
    for (const p of plays) lines.push(`${padTo(p.name, wide)}  ${duration(p.ms).padStart(6)}`);
    lines.push(`${'total'.padEnd(wide)}  ${duration(end.ms).padStart(6)}`);
  }
  lines.push('', paint('bold', 'RECAP'), ...recapTable(end.recap, o.busy, o.check, paint, o.columns));
  if (o.failures.length > 0) lines.push('', paint('bold', 'FAILURES'), ...o.failures);
  lines.push('', `Log: ${o.dir}`);
  return lines;
}

/** With more hosts than this, those with the same result share a row. */
const RECAP_ROWS = 20;

export interface RecapGroup {
  readonly hosts: readonly string[];
  /** Of the first host; the others differ only in their time. */
  readonly row: HostRecap;
  /** How long the tasks took; for several hosts the shortest and the longest. */
  readonly time: string;
}

/**
 * One group per host; with many hosts one per result. A host that failed always has its own, and among many hosts it comes last,
 * next to the prompt. `busy`: milliseconds that a host's tasks took.
 */
export function recapGroups(recap: readonly HostRecap[], busy: ReadonlyMap<string, number>): RecapGroup[] {
  const isBad = (r: HostRecap): boolean => r.failed > 0 || r.unreachable;
  const groups = new Map<string, HostRecap[]>();
  for (const r of recap) {
    const key = recap.length <= RECAP_ROWS || isBad(r) ? r.host : [r.ok, r.changed, r.skipped].join(' ');
    const group = groups.get(key);
    if (group) group.push(r);
    else groups.set(key, [r]);
  }
  const made = [...groups.values()].flatMap((rows) => {
    const [row] = rows;
    const time = rangeText(rows.flatMap((r) => busy.get(r.host) ?? []));
    return row ? [{ row, hosts: rows.map((r) => r.host), time }] : [];
  });
  return recap.length <= RECAP_ROWS ? made : made.sort((a, b) => Number(isBad(a.row)) - Number(isBad(b.row)));
}

/** The same as lines. */
export function recapTable(
  recap: readonly HostRecap[],
  busy: ReadonlyMap<string, number>,
  check: boolean,
  paint: Paint,
  columns?: number,
): string[] {
  const groups = recapGroups(recap, busy).map((g) => ({ ...g, name: hostsText(g.hosts, 34) }));
  const width = Math.max(0, ...groups.map((g) => columnsOf(g.name)));
  return groups.map((g) => recapRow(padTo(g.name, width), g.row, g.time, { check, paint, columns }));
}

/** `12s`, or `10s-14s` for several hosts; empty for hosts that ran no task. */
export function rangeText(times: readonly number[]): string {
  if (times.length === 0) return '';
  const [least, most] = [duration(Math.min(...times)), duration(Math.max(...times))];
  return least === most ? most : `${least}-${most}`;
}

function recapRow(
  name: string,
  r: HostRecap,
  time: string,
  { check, paint, columns }: { readonly check: boolean; readonly paint: Paint; readonly columns: number | undefined },
): string {
  const cell = (label: string, n: number, color: Color): string => {
    const text = `${label}=${n}`;
    return (n > 0 ? paint(color, text) : text) + ' '.repeat(Math.max(0, label.length + 5 - text.length));
  };
  const bad = r.failed > 0 || r.unreachable;
  const host = paint(bad ? 'red' : r.changed > 0 ? 'yellow' : 'green', name);
  const cells = [
    cell('ok', r.ok, 'green'),
    cell(check ? 'would-change' : 'changed', r.changed, 'yellow'),
    cell('failed', r.failed, 'red'),
    cell('unreachable', r.unreachable ? 1 : 0, 'red'),
    cell('skipped', r.skipped, 'cyan'),
  ];
  const row = `${host} : ${cells.join(' ')} ${time}`.trimEnd();
  if (columns === undefined || columnsOf(row) <= columns) return row;
  // A narrow terminal has room for what is not zero.
  const some = cells.map((c) => c.trimEnd()).filter((c) => !c.endsWith('=0'));
  return `${host} : ${some.join(' ')} ${time}`.trimEnd();
}
