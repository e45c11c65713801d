import type { HostRecap, RunEvent, TaskStatus } from '../engine/events.js';

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

/** `0.4s`, `12s`, `3m05s`, `1h02m`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `34 tasks`, `3 changed of 34 tasks`; `would change` in check mode. */
export function hostSummary(changed: number, tasks: number, check: boolean): string {
  return changed === 0
    ? `ok ${count(tasks, 'task')}`
    : `${changed} ${check ? 'would change' : 'changed'} of ${count(tasks, 'task')}`;
}

/** What a user needs about a failed task: where, what it said, what to try, where the rest is. `dir` is the run's folder. */
export function failureBlock(e: TaskEnd, dir: string, paint: Paint): string[] {
  const code = e.code ? ` (exit status ${e.code})` : '';
  const lines = [paint('red', `FAILED ${e.host}: ${e.title} [${e.task}]${code} after ${duration(e.ms)}`)];
  for (const line of e.tail ?? []) lines.push(`  | ${line}`);
  if (e.hint) lines.push(paint('bold', `  Try: ${e.hint}`));
  lines.push(`  Log: ${dir}/${e.host}.log`);
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

export function warningLine(e: Extract<RunEvent, { type: 'warning' }>, paint: Paint): string {
  return paint('yellow', `WARNING ${e.host ? `${e.host}: ` : ''}${e.text}`);
}

export function hostTrouble(word: string, host: string, error: string, paint: Paint): string[] {
  const [first = '', ...rest] = error.split('\n');
  return [paint('red', `${word} ${host}: ${first}`), ...rest.map((l) => `  | ${l}`)];
}

export interface PlayTime {
  readonly name: string;
  readonly ms: number;
}

/** The table at the end, the times of the plays, and where the log lies. */
export function recapLines(e: RunEnd, plays: readonly PlayTime[], dir: string, check: boolean, paint: Paint): string[] {
  const lines = ['', paint('bold', 'RECAP')];
  const width = Math.max(0, ...e.recap.map((r) => r.host.length));
  for (const row of e.recap) lines.push(recapRow(row, width, check, paint));
  if (plays.length > 0) {
    lines.push('', paint('bold', 'TIMES'));
    const wide = Math.max(5, ...plays.map((p) => p.name.length));
    for (const p of plays) lines.push(`${p.name.padEnd(wide)}  ${duration(p.ms).padStart(6)}`);
    lines.push(`${'total'.padEnd(wide)}  ${duration(e.ms).padStart(6)}`);
  }
  lines.push('', `Log: ${dir}`);
  return lines;
}

function recapRow(r: HostRecap, width: number, check: boolean, paint: Paint): string {
  const cell = (name: string, n: number, color: Color): string => {
    const text = `${name}=${n}`;
    return (n > 0 ? paint(color, text) : text) + ' '.repeat(Math.max(0, name.length + 5 - text.length));
  };
  const bad = r.failed > 0 || r.unreachable;
  const host = paint(bad ? 'red' : r.changed > 0 ? 'yellow' : 'green', r.host.padEnd(width));
  const cells = [
    cell('ok', r.ok, 'green'),
    cell(check ? 'would-change' : 'changed', r.changed, 'yellow'),
    cell('failed', r.failed, 'red'),
    cell('unreachable', r.unreachable ? 1 : 0, 'red'),
    cell('skipped', r.skipped, 'cyan'),
  ];
  return `${host} : ${cells.join(' ').trimEnd()}`;
}
