import { escapeLine } from '../../base/escape.js';
import { duration } from '../../base/text/format.js';
import { columnsOf, cutTo, padTo } from '../../base/text/width.js';
import type { RunEnds } from '../../engine/journal/journal-read.js';
import type { Color, Paint } from '../format.js';

/** One line per run, under a line of titles. `columns`: width of the terminal; absent: as wide as it gets. */
export function runListRows(runs: readonly RunEnds[], o: { columns?: number; paint: Paint }): string[] {
  const rows = runs.map((r) => {
    const recap = r.end?.recap ?? [];
    const changed = recap.reduce((n, h) => n + h.changed, 0);
    const failed = recap.filter((h) => h.failed > 0 || h.unreachable).length;
    const began = beganAt(r);
    return {
      cells: [
        r.run,
        began === undefined ? '?' : localTime(new Date(began)),
        String(r.start?.hosts.length ?? '?'),
        outcome(r).word,
        r.end ? String(changed) : '',
        r.end ? String(failed) : '',
        r.end ? duration(tookMs(r.end, began)) : '',
      ],
      color: outcome(r).color,
      command: escapeLine((r.header?.command ?? [r.header?.title ?? r.start?.title ?? '?']).join(' ')),
    };
  });
  const titles = ['RUN', 'WHEN', 'HOSTS', 'RESULT', 'CHANGED', 'FAILED', 'TIME'];
  const widths = titles.map((t, i) => Math.max(t.length, ...rows.map((r) => columnsOf(r.cells[i] ?? ''))));
  const toRight = new Set([2, 4, 5, 6]);
  const pad = (text: string, i: number): string => (toRight.has(i) ? text.padStart(widths[i] ?? 0) : padTo(text, widths[i] ?? 0));
  const used = widths.reduce((n, w) => n + w + 2, 0);
  const room = o.columns === undefined ? Number.POSITIVE_INFINITY : Math.max(10, o.columns - used);
  return [
    o.paint('bold', `${titles.map(pad).join('  ')}  COMMAND`),
    ...rows.map((r) => {
      const cells = r.cells.map((c, i) => (i === 3 ? o.paint(r.color, pad(c, i)) : pad(c, i)));
      return `${cells.join('  ')}  ${cutTo(r.command, room)}`;
    }),
  ];
}

/** When the command was given; ms since 1970. */
function beganAt(r: RunEnds): number | undefined {
  return r.header ? Date.parse(r.header.started) : r.start?.at;
}

/** Milliseconds that the user waited: connecting, facts and preflight checks come before the engine's own time. */
export function tookMs(end: NonNullable<RunEnds['end']>, began: number | undefined): number {
  return began === undefined ? end.ms : Math.max(end.ms, end.at - began);
}

/** How a run ended, in one or two words. */
export function outcome(r: RunEnds): { word: string; color: Color } {
  if (r.end) {
    const check = r.header?.check ?? r.start?.check ?? false;
    switch (r.end.exitCode) {
      case 0:
        return { word: check ? 'checked' : 'done', color: 'green' };
      case 3:
        return { word: 'unreachable', color: 'red' };
      case 4:
        return { word: 'locked', color: 'yellow' };
      case 130:
        return { word: 'interrupted', color: 'yellow' };
      default:
        return { word: 'failed', color: 'red' };
    }
  }
  if (r.state === 'running') return { word: 'running', color: 'cyan' };
  if (r.state === 'died') return { word: 'killed', color: 'red' };
  return { word: 'no end', color: 'yellow' };
}

/** `2026-11-24 21:33`: the operator's own time. */
export function localTime(d: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}
