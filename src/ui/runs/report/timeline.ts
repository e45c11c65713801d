import { duration } from '../../../base/text/format.js';
import { hostsText } from '../../../base/text/host-ranges.js';
import type { RunModel, Span } from '../run-model.js';
import { type Html, html } from './html.js';

/** With more hosts than this, those that did the same share a row. */
const ROWS_UNFOLDED = 24;
/** Neighbours of one kind that are shorter than this share of the run are drawn as one. */
const TOO_SHORT = 1 / 1500;
/** How many of their names are listed. */
const TITLES = 8;

interface Row {
  readonly hosts: readonly string[];
  /** The host whose times are drawn: the slowest of the row. */
  readonly shown: string;
  readonly bad: boolean;
}

/** Hosts × time. */
export function timeline(model: RunModel): Html {
  const rows = foldRows(model);
  const total = Math.max(1, model.end - model.start);
  const spans = new Map<string, Span[]>();
  for (const play of model.plays) {
    for (const s of play.spans) {
      const list = spans.get(s.host);
      if (list) list.push(s);
      else spans.set(s.host, [s]);
    }
  }
  const folded = rows.length < model.hosts.length;
  const statuses = new Set(model.plays.flatMap((p) => p.spans.map((s) => s.status)));
  const legend = (['ok', 'changed', 'would-change', 'failed', 'skipped', 'unfinished'] as const)
    .filter((s) => statuses.has(s))
    .map((s) => html`<span><i class="s-${s}"></i>${s === 'would-change' ? 'would change' : s}</span>`);
  return html`<section><h2>Timeline</h2>
<p class="note">${duration(total)} from left to right, one row per host. Tap a task or point at it for its name, time and outcome; by keyboard, Tab goes from row to row and the arrow keys from task to task.${
    folded
      ? ' Hosts that ran the same tasks with the same outcome share a row, which shows the slowest of them; those that took far longer than the others have rows of their own.'
      : ''
  }</p>
<input class="zoom" type="radio" name="zoom" id="z1" aria-label="zoom 1 times" checked="checked"/><input class="zoom" type="radio" name="zoom" id="z4" aria-label="zoom 4 times"/><input class="zoom" type="radio" name="zoom" id="z16" aria-label="zoom 16 times"/>
<div class="legend">${legend}<span class="zooms" aria-hidden="true">zoom <label for="z1">1×</label><label for="z4">4×</label><label for="z16">16×</label></span></div>
<div class="scroll"><div class="rows">
${playRow(model, total)}
${rows.map((r, i) => hostRow(r, `r${i}`, spans.get(r.shown) ?? [], model, total))}
${axis(total)}
</div></div></section>`;
}

function playRow(model: RunModel, total: number): Html {
  const names = model.plays.map((p) => {
    const place: Place = { group: 'plays', kind: '', start: p.start - model.start, end: p.end - model.start, total };
    return block(place, p.name, duration(p.end - p.start));
  });
  return html`<div class="row plays"><b></b><div class="track" role="radiogroup" aria-label="Plays">${names}</div></div>`;
}

function hostRow(row: Row, group: string, spans: readonly Span[], model: RunModel, total: number): Html {
  const label = hostsText(row.hosts, 26);
  const all = hostsText(row.hosts);
  // A narrow screen cuts it.
  const name = all.length < 12 ? label : html`<details><summary>${label}</summary>${all}</details>`;
  return html`<div class="row"><b${row.bad ? html` class="bad"` : ''}>${name}</b><div class="track" role="radiogroup" aria-label="${label}">${blocks(spans, group, model, total)}</div></div>
`;
}

function blocks(spans: readonly Span[], group: string, model: RunModel, total: number): Html[] {
  const made: Html[] = [];
  for (let i = 0; i < spans.length; i++) {
    const first = spans[i];
    if (!first) continue;
    const titles = [first.title];
    let last = first;
    // Many tasks that take no time: one block that names them.
    while (isShort(last, total)) {
      const next = spans[i + 1];
      if (!next || next.status !== first.status || next.play !== first.play || !isShort(next, total)) break;
      if (next.end - first.start > 4 * total * TOO_SHORT) break;
      last = next;
      titles.push(next.title);
      i++;
    }
    const word = first.status === 'would-change' ? 'would change' : first.status;
    const place = { group, kind: `s-${first.status}`, start: first.start - model.start, end: last.end - model.start, total };
    made.push(block(place, several(titles), `${word}, ${duration(last.end - first.start)}`));
  }
  return made;
}

function several(titles: readonly string[]): string {
  if (titles.length === 1) return titles[0] ?? '';
  const more = titles.length - TITLES;
  return `${titles.length} tasks: ${titles.slice(0, TITLES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

interface Place {
  /** The row: arrow keys move within it. */
  readonly group: string;
  readonly kind: string;
  /** Milliseconds from the left edge. */
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

/**
 * What took time in a row. A radio button without its looks: it can be tapped and focused without a script, a row is one stop
 * of the Tab key, and the text is its name to a screen reader. The text is in the block if it fits, and at the
 * bottom of the screen while the block is pointed at or has the focus (style.ts).
 */
function block(p: Place, name: string, more: string): Html {
  const style = `left:${percent(p.start, p.total)};width:${percent(p.end - p.start, p.total)}`;
  // Safari focuses by tapping only what has a tabindex.
  return html`<label class="${p.kind}" style="${style}"><input type="radio" name="${p.group}" tabindex="0"/><span>${name}<i>: ${more}</i></span></label>`;
}

function isShort(s: Span, total: number): boolean {
  return s.end - s.start < total * TOO_SHORT;
}

function axis(total: number): Html {
  const step = niceStep(total / 6);
  const ticks: Html[] = [];
  // The last one would stick out.
  for (let t = 0; t <= total * 0.95; t += step)
    ticks.push(html`<span style="left:${percent(t, total)}">${clock(t, step)}</span>`);
  return html`<div class="row axis" aria-hidden="true"><b></b><div class="track">${ticks}</div></div>`;
}

/** A round number of milliseconds, not under `least`. */
function niceStep(least: number): number {
  const steps = [100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3];
  return steps.find((s) => s >= least) ?? Math.ceil(least / 3600e3) * 3600e3;
}

function clock(ms: number, step: number): string {
  if (step < 1000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (step < 60_000 && s < 120) return `${s} s`;
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

export function percent(part: number, of: number): string {
  return `${Number(((100 * Math.max(0, part)) / of).toFixed(3))}%`;
}

/** Rows in the order of the hosts; what failed is never folded. */
function foldRows(model: RunModel): Row[] {
  const bad = new Set(model.recap.filter((r) => r.failed > 0 || r.unreachable).map((r) => r.host));
  if (model.hosts.length <= ROWS_UNFOLDED) return model.hosts.map((h) => ({ hosts: [h], shown: h, bad: bad.has(h) }));
  const keys = new Map<string, string[]>();
  for (const play of model.plays) {
    for (const s of play.spans) {
      const list = keys.get(s.host);
      const part = `${s.play} ${s.task} ${s.status}`;
      if (list) list.push(part);
      else keys.set(s.host, [part]);
    }
  }
  const groups = new Map<string, string[]>();
  for (const host of model.hosts) {
    const key = bad.has(host) ? host : (keys.get(host) ?? []).join('\n');
    const group = groups.get(key);
    if (group) group.push(host);
    else groups.set(key, [host]);
  }
  const busy = (host: string): number => model.busy.get(host) ?? 0;
  return [...groups.values()].flatMap((hosts) => {
    // Outliers are what a reader looks for.
    const usual = hosts.map(busy).sort((a, b) => a - b)[Math.floor(hosts.length / 2)] ?? 0;
    const slow = hosts.filter((h) => busy(h) > 1.5 * usual + 1000);
    const rest = hosts.filter((h) => !slow.includes(h));
    return [rest, ...slow.map((h) => [h])].map((of) => {
      const shown = of.reduce((a, b) => (busy(b) > busy(a) ? b : a));
      return { hosts: of, shown, bad: bad.has(shown) };
    });
  });
}
