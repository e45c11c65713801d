import { escapeLine } from '../../base/escape.js';
import { count, duration } from '../../base/text/format.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { toolName } from '../../base/text/tool-name.js';
import { columnsOf, padTo } from '../../base/text/width.js';
import type { Journaled } from '../../engine/journal/journal-read.js';
import { diffLines, failureBlock, type Paint, recapTable, STATUS_COLOR } from '../format.js';
import { criticalPath } from './critical-path.js';
import { localTime, outcome, tookMs } from './run-list.js';
import type { RunModel, Span } from './run-model.js';

export interface ShowOptions {
  /** Only these hosts. */
  readonly hosts?: ReadonlySet<string>;
  /** Only what failed. */
  readonly failedOnly: boolean;
  /** How many of the slowest tasks. */
  readonly slowest: number;
  readonly paint: Paint;
}

/** What, when, by whom, how it ended. */
export function runHead(j: Journaled, model: RunModel, paint: Paint): string[] {
  const h = j.header;
  const { word, color } = outcome(j);
  const began = h ? new Date(h.started) : new Date(model.start);
  const lines = [
    `${paint('bold', model.title || j.run)}  ${paint(color, word)}  ${duration(j.end ? tookMs(j.end, began.getTime()) : model.end - model.start)}`,
    `${j.run}, ${localTime(began)}${h ? `, ${h.user}@${h.host}` : ''}, ${hostsText(model.hosts, 80)}`,
  ];
  if (h?.command) lines.push(escapeLine(`${toolName()} ${h.command.join(' ')}`));
  if (model.check) lines.push('Check mode: nothing was changed.');
  if (!h) lines.push('The journal has no header: an early version of Kubewright wrote it.');
  if (j.state === 'running') lines.push(paint('cyan', 'The run is still at work.'));
  else if (j.state === 'died')
    lines.push(paint('red', 'The run has no end: its process is gone. Run the same command again to carry on.'));
  else if (j.state === 'unknown') {
    lines.push(paint('yellow', `The run has no end: it is still at work${h ? ` on ${h.host}` : ''}, or was interrupted.`));
  }
  if (j.broken > 0 && j.state === 'done')
    lines.push(paint('yellow', `${count(j.broken, 'line')} of the journal could not be read.`));
  for (const [type, n] of j.unknown) lines.push(paint('yellow', `${n} × ${type}: events of a newer version, left out.`));
  return lines;
}

/** One change or failure that several hosts have in common. */
export interface Group {
  readonly span: Span;
  readonly play: string;
  readonly hosts: readonly string[];
  readonly maxMs: number;
}

/** Spans of one task with the same outcome (and the same last words), over hosts. */
export function groupSpans(model: RunModel, wanted: (s: Span) => boolean): Group[] {
  const groups = new Map<string, { span: Span; play: string; hosts: string[]; maxMs: number }>();
  for (const play of model.plays) {
    for (const span of play.spans) {
      if (!wanted(span)) continue;
      const key = [span.play, span.task, span.status, span.code ?? '', span.diff ?? '', ...(span.tail ?? [])].join('\0');
      const known = groups.get(key);
      const ms = span.end - span.start;
      if (known) {
        known.hosts.push(span.host);
        known.maxMs = Math.max(known.maxMs, ms);
      } else groups.set(key, { span, play: play.name, hosts: [span.host], maxMs: ms });
    }
  }
  return [...groups.values()];
}

export const isChange = (s: Span): boolean => s.status === 'changed' || s.status === 'would-change';

/** The text of `runs show` below its head. */
export function runText(model: RunModel, o: ShowOptions): string[] {
  const { paint } = o;
  const shown = (s: Span): boolean => o.hosts === undefined || o.hosts.has(s.host);
  const lines: string[] = [];
  const title = (text: string): void => {
    lines.push('', paint('bold', text));
  };

  if (!o.failedOnly) {
    lines.push(...playLines(model, o));
    const slowest = model.plays
      .flatMap((p) => p.spans.filter(shown))
      .sort((a, b) => b.end - b.start - (a.end - a.start))
      .slice(0, o.slowest)
      .filter((s) => s.end > s.start);
    if (slowest.length > 0) {
      title('SLOWEST TASKS');
      for (const s of slowest)
        lines.push(`${duration(s.end - s.start).padStart(7)}  ${s.host}  ${s.title}  ${paint('dim', s.task)}`);
    }
    if (o.hosts === undefined) lines.push(...pathLines(model, paint));
    const changes = groupSpans(model, (s) => shown(s) && isChange(s));
    if (changes.length > 0) title(model.check ? 'WOULD CHANGE' : 'CHANGED');
    for (const g of changes) {
      lines.push(`${paint('yellow', g.span.title)}  ${hostsText(g.hosts)}  ${paint('dim', `${g.play}, ${duration(g.maxMs)}`)}`);
      if (g.span.diff) lines.push(...diffLines(g.span.diff, paint));
    }
  }

  const failures = groupSpans(model, (s) => shown(s) && (s.status === 'failed' || s.status === 'unfinished'));
  const troubles = model.troubles.filter(
    (t) =>
      (t.kind === 'failed' || t.kind === 'unreachable' || !o.failedOnly) &&
      (t.host === undefined || !o.hosts || o.hosts.has(t.host)),
  );
  if (failures.length + troubles.length > 0) title(failures.length > 0 ? 'FAILED' : 'TROUBLE');
  for (const t of troubles) {
    const [first = '', ...rest] = t.text.split('\n');
    lines.push(
      `${paint(t.kind === 'lost' || t.kind === 'warning' ? 'yellow' : 'red', t.kind)} ${t.host ? `${t.host}: ` : ''}${first}`,
    );
    for (const line of rest) lines.push(`  | ${line}`);
  }
  for (const g of failures) lines.push(...failureLines(g, model.dir, paint));
  if (o.failedOnly && failures.length + troubles.length === 0) lines.push('', 'Nothing failed.');
  if (!o.failedOnly) {
    title('RECAP');
    const rows = model.recap.filter((r) => o.hosts === undefined || o.hosts.has(r.host));
    lines.push(...recapTable(rows, model.busy, model.check, paint));
  }
  return lines;
}

function playLines(model: RunModel, o: ShowOptions): string[] {
  if (model.plays.length === 0) return [];
  const wide = Math.max(...model.plays.map((p) => columnsOf(p.name)));
  const lines = ['', o.paint('bold', 'PLAYS')];
  for (const play of model.plays) {
    const spans = play.spans.filter((s) => o.hosts === undefined || o.hosts.has(s.host));
    const changed = spans.filter(isChange).length;
    const failed = spans.filter((s) => s.status === 'failed').length;
    const notes = [count(play.hosts.length, 'host'), count(spans.length, 'task')];
    if (changed > 0) notes.push(o.paint(STATUS_COLOR.changed, `${changed} ${model.check ? 'would change' : 'changed'}`));
    if (failed > 0) notes.push(o.paint(STATUS_COLOR.failed, `${failed} failed`));
    lines.push(`${duration(play.end - play.start).padStart(7)}  ${padTo(play.name, wide)}  ${notes.join(', ')}`);
  }
  return lines;
}

/** The longest stretches of the critical path: shortening anything else does not shorten the run. */
function pathLines(model: RunModel, paint: Paint): string[] {
  const path = criticalPath(model);
  const total = model.end - model.start;
  const top = [...path].sort((a, b) => b.ms - a.ms).slice(0, 8);
  const long = path.filter((s) => top.includes(s) && s.ms >= Math.max(50, total / 50));
  if (long.length === 0) return [];
  const lines = ['', paint('bold', 'CRITICAL PATH') + paint('dim', '  (what the run waited for; the longest of its parts)')];
  for (const s of long) {
    const what = s.kind === 'task' ? `${s.span.host}  ${s.span.title}` : paint('dim', 'no task: connecting, sending, waiting');
    lines.push(`${duration(s.ms).padStart(7)}  ${String(Math.round((100 * s.ms) / Math.max(1, total))).padStart(3)} %  ${what}`);
  }
  return lines;
}

function failureLines(g: Group, dir: string, paint: Paint): string[] {
  const { span, hosts, maxMs } = g;
  if (span.status !== 'unfinished') return failureBlock({ ...span, hosts, ms: maxMs }, dir, paint);
  return [paint('yellow', `UNFINISHED ${hostsText(hosts)}: ${span.title} [${span.task}] was at work when the journal ended`)];
}
