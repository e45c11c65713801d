import { duration } from '../../../base/text/format.js';
import { criticalPath, type Stretch } from '../critical-path.js';
import type { RunModel, Span } from '../run-model.js';
import { type Html, html, type Part } from './html.js';
import { percent } from './timeline.js';

/** Rows of the longer tables. */
const TOP = 15;

/** Where the time went: by play, role, task and host. */
export function times(model: RunModel): Html {
  const path = criticalPath(model);
  const onPath = new Map<string, number>();
  for (const s of path) {
    if (s.kind === 'task') onPath.set(roleOf(s.span), (onPath.get(roleOf(s.span)) ?? 0) + s.ms);
  }
  return html`<section><h2>Where the time went</h2>
<div class="grid2"><div>${byPlay(model)}${byRole(model, onPath)}${byHost(model)}</div><div>${byTask(model)}</div></div></section>`;
}

/** The chain of tasks that the run waited for, in order. */
export function pathSection(model: RunModel): Html | undefined {
  const path = criticalPath(model);
  const total = Math.max(1, model.end - model.start);
  if (!path.some((s) => s.kind === 'task')) return undefined;
  const bar = path.map((s) => {
    const style = `flex:${Math.max(1, Math.round(s.ms))} 0 0`;
    const text = s.kind === 'task' ? `${s.span.host}: ${s.span.title}` : 'no task at work';
    return html`<i class="s-${s.kind === 'task' ? s.span.status : 'wait'}" style="${style}" title="${text}, ${duration(s.ms)}"></i>`;
  });
  const rows = mergeShort(path, total / 50).map((s) => {
    const what: Part =
      s.kind === 'wait'
        ? html`<span class="soft">no task at work: locks, sending programs and files, waiting for a connection</span>`
        : s.kind === 'several'
          ? html`<span class="soft">${s.count} shorter tasks</span>`
          : html`${s.span.title} <span class="id">${s.span.task}</span>`;
    const host = s.kind === 'task' ? s.span.host : s.kind === 'several' ? s.hosts : '';
    const play = s.kind === 'wait' ? '' : (model.plays[s.kind === 'task' ? s.span.play : s.play]?.name ?? '');
    return html`<tr><td class="n">${duration(s.ms)}</td><td class="n">${Math.round((100 * s.ms) / total)} %</td><td class="name">${host}</td><td class="name">${what}</td><td class="play soft">${play}</td></tr>
`;
  });
  return html`<section><h2>Critical path</h2>
<p class="note">The chain of tasks that the run waited for, from start to end. Making anything else faster does not make the run shorter.</p>
<div class="path">${bar}</div>
<div class="wide"><table><thead><tr><th class="n">time</th><th class="n">of all</th><th>host</th><th>task</th><th class="play">play</th></tr></thead><tbody>
${rows}</tbody></table></div></section>`;
}

type Merged =
  | Stretch
  | { readonly kind: 'several'; readonly count: number; readonly ms: number; readonly hosts: string; readonly play: number };

/** Neighbours of one play that are shorter than `least` as one. */
function mergeShort(path: readonly Stretch[], least: number): Merged[] {
  const out: Merged[] = [];
  let pending: { spans: Span[]; ms: number } | undefined;
  const flush = (): void => {
    const [first] = pending?.spans ?? [];
    if (pending && first) {
      const hosts = [...new Set(pending.spans.map((s) => s.host))];
      if (pending.spans.length === 1) out.push({ kind: 'task', span: first, ms: pending.ms });
      else out.push({ kind: 'several', count: pending.spans.length, ms: pending.ms, hosts: hosts.join(', '), play: first.play });
    }
    pending = undefined;
  };
  for (const s of path) {
    if (s.kind === 'task' && s.ms < least) {
      if (pending && pending.spans[0]?.play !== s.span.play) flush();
      pending ??= { spans: [], ms: 0 };
      pending.spans.push(s.span);
      pending.ms += s.ms;
    } else if (s.ms >= least / 2 || s.kind === 'task') {
      flush();
      out.push(s);
    }
  }
  flush();
  return out;
}

function byPlay(model: RunModel): Html {
  const rows = model.plays.map((p) => ({ name: html`${p.name}`, ms: p.end - p.start, cells: [String(p.hosts.length)] }));
  const inPlays = rows.reduce((n, r) => n + r.ms, 0);
  const rest = model.end - model.start - inPlays;
  if (rest >= 50) rows.push({ name: html`<span class="soft">between plays</span>`, ms: rest, cells: [''] });
  return table('By play', ['hosts'], rows, 'wall-clock time');
}

/** The part of a task's id before the slash: the role that it comes from. */
function roleOf(s: Span): string {
  return s.task.includes('/') ? (s.task.split('/')[0] ?? '') : 'tasks of plays';
}

function byRole(model: RunModel, onPath: ReadonlyMap<string, number>): Html {
  const sums = new Map<string, number>();
  for (const s of model.plays.flatMap((p) => p.spans)) sums.set(roleOf(s), (sums.get(roleOf(s)) ?? 0) + s.end - s.start);
  const rows = [...sums]
    .sort((a, b) => (onPath.get(b[0]) ?? 0) - (onPath.get(a[0]) ?? 0) || b[1] - a[1])
    .slice(0, TOP)
    .map(([name, ms]) => ({ name: html`${name}`, ms: onPath.get(name) ?? 0, cells: [duration(ms)] }));
  return table('By role', ['sum over hosts'], rows, 'on the critical path');
}

function byTask(model: RunModel): Html {
  const tasks = new Map<string, { span: Span; times: number[] }>();
  for (const s of model.plays.flatMap((p) => p.spans)) {
    const key = `${s.play} ${s.task}`;
    const known = tasks.get(key);
    const ms = s.end - s.start;
    if (!known) tasks.set(key, { span: s, times: [ms] });
    else {
      if (ms > Math.max(...known.times.slice(0, 1))) known.times.unshift(ms);
      else known.times.push(ms);
    }
  }
  const rows = [...tasks.values()]
    .map(({ span, times }) => ({ span, most: times[0] ?? 0, middle: median(times) }))
    .sort((a, b) => b.most - a.most)
    .slice(0, TOP)
    .map((t) => ({
      name: html`${t.span.title} <span class="id">${t.span.task}</span>`,
      ms: t.most,
      cells: [duration(t.middle)],
    }));
  return table('By task', ['median'], rows, 'slowest host');
}

function byHost(model: RunModel): Html {
  const rows = [...model.busy]
    .sort((a, b) => b[1] - a[1])
    .slice(0, TOP)
    .map(([host, ms]) => ({ name: html`${host}`, ms, cells: [percentText(ms, model.end - model.start)] }));
  return table('By host', ['of the run'], rows, 'at work');
}

interface TableRow {
  readonly name: Html;
  readonly ms: number;
  readonly cells: readonly string[];
}

function table(title: string, columns: readonly string[], rows: readonly TableRow[], what: string): Html {
  const most = Math.max(1, ...rows.map((r) => r.ms));
  const body = rows.map(
    (r) =>
      html`<tr><td class="name">${r.name}</td><td class="bar"><div class="meter" style="width:${percent(r.ms, most)}"></div></td><td class="n">${duration(r.ms)}</td>${r.cells.map((c) => html`<td class="n soft">${c}</td>`)}</tr>
`,
  );
  const heads = columns.map((c) => html`<th class="n">${c}</th>`);
  return html`<h3>${title}</h3><table><thead><tr><th></th><th class="bar"></th><th class="n">${what}</th>${heads}</tr></thead><tbody>
${body}</tbody></table>`;
}

function percentText(part: number, of: number): string {
  return `${Math.round((100 * part) / Math.max(1, of))} %`;
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}
