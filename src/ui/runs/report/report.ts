import { count, duration } from '../../../base/text/format.js';
import { hostsText } from '../../../base/text/host-ranges.js';
import type { Journaled } from '../../../engine/journal/journal-read.js';
import { recapGroups } from '../../format.js';
import { localTime, outcome } from '../run-list.js';
import type { RunModel } from '../run-model.js';
import { type Group, groupSpans, isChange } from '../run-text.js';
import { type Html, html } from './html.js';
import { STYLE } from './style.js';
import { timeline } from './timeline.js';
import { pathSection, times } from './times.js';

/** One HTML file about one run: no scripts, nothing to fetch, well-formed XML. */
export function report(journal: Journaled, model: RunModel): string {
  const { word } = outcome(journal);
  const title = `${model.title || 'run'} ${word}, ${journal.run}`;
  const page = html`<html lang="en"><head><meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${title}</title><style>${STYLE}</style></head><body><main>
${head(journal, model, word)}
${tiles(model)}
${failures(model)}
${model.plays.length > 0 && timeline(model)}
${model.plays.length > 0 && times(model)}
${pathSection(model)}
${changes(model)}
${recap(model)}
${notes(model)}
<footer>${footer(journal)}</footer>
</main></body></html>`;
  return `<!DOCTYPE html>\n${page.html}\n`;
}

function head(j: Journaled, model: RunModel, word: string): Html {
  const h = j.header;
  const began = h ? new Date(h.started) : new Date(model.start);
  const state =
    j.state === 'running'
      ? 'The run was still at work when this was written.'
      : j.state === 'died'
        ? 'The run has no end: its process was killed. What was at work then is marked as unfinished.'
        : j.state === 'unknown'
          ? 'The run has no end: it was at work elsewhere when this was written, or was interrupted.'
          : undefined;
  return html`<header><h1>${model.title || 'Run'}</h1><span class="badge ${word.replaceAll(' ', '')}">${word}</span></header>
<p class="soft">${localTime(began)}${h && `, ${h.user} on ${h.host}`}, ${hostsText(model.hosts, 120)}</p>
${h?.command && html`<p><code>kubewright ${h.command.join(' ')}</code></p>`}
${model.check && html`<p><b>Check mode: nothing was changed.</b></p>`}
${state && html`<p><b>${state}</b></p>`}`;
}

function tiles(model: RunModel): Html {
  const sum = (of: 'changed' | 'failed' | 'skipped' | 'ok'): number => model.recap.reduce((n, r) => n + r[of], 0);
  const unreachable = model.recap.filter((r) => r.unreachable).length;
  const tile = (value: string | number, name: string, kind: '' | 'warn' | 'bad' = ''): Html =>
    html`<div class="tile${kind && ` ${kind}`}"><b>${value}</b><span>${name}</span></div>`;
  const [changed, failed] = [sum('changed'), sum('failed')];
  return html`<div class="tiles">${tile(duration(model.end - model.start), 'in all')}${tile(model.hosts.length, 'hosts')}${tile(
    sum('ok') + changed + failed,
    'tasks on hosts',
  )}${tile(changed, model.check ? 'would change' : 'changed', changed > 0 ? 'warn' : '')}${tile(failed, 'failed', failed > 0 ? 'bad' : '')}${
    unreachable > 0 && tile(unreachable, 'unreachable', 'bad')
  }</div>`;
}

function failures(model: RunModel): Html | undefined {
  const failed = groupSpans(model, (s) => s.status === 'failed' || s.status === 'unfinished');
  const troubles = model.troubles.filter((t) => t.kind === 'failed' || t.kind === 'unreachable');
  if (failed.length + troubles.length === 0) return undefined;
  return html`<section class="bad"><h2>What went wrong</h2>
${troubles.map(
  (
    t,
  ) => html`<div class="fail"><b>${t.host}</b> ${t.kind === 'failed' ? 'failed' : 'is unreachable'}${t.play && ` in ${t.play}`}<pre>${t.text}</pre></div>
`,
)}
${failed.map(failure)}</section>`;
}

function failure(g: Group): Html {
  const { span } = g;
  if (span.status === 'unfinished') {
    return html`<div class="fail warn"><b>${hostsText(g.hosts)}</b>: ${span.title} <code>${span.task}</code> was at work when the journal ended, for ${duration(g.maxMs)}</div>
`;
  }
  const code = span.code ? `, exit status ${span.code}` : '';
  return html`<div class="fail"><b>${hostsText(g.hosts)}</b>: ${span.title} <code>${span.task}</code>
<p class="soft">in ${g.play}, after ${duration(g.maxMs)}${code}</p>
${span.tail && span.tail.length > 0 && html`<pre>${span.tail.join('\n')}</pre>`}
${span.hint && html`<p class="hint"><b>hint:</b> ${span.hint}</p>`}</div>
`;
}

function changes(model: RunModel): Html {
  const title = model.check ? 'What would change' : 'What changed';
  const groups = groupSpans(model, isChange);
  if (groups.length === 0) return html`<section><h2>${title}</h2><p>Nothing.</p></section>`;
  const parts = model.plays.map((play, index) => {
    const ofPlay = groups.filter((g) => g.span.play === index);
    if (ofPlay.length === 0) return undefined;
    const rows = ofPlay.map(
      (g) =>
        html`<tr><td class="name">${g.span.title} <span class="id">${g.span.task}</span>${g.span.diff && html`<details><summary>difference</summary>${diff(g.span.diff)}</details>`}</td><td class="name">${hostsText(g.hosts)}</td><td class="n">${duration(g.maxMs)}</td></tr>
`,
    );
    return html`<h3>${play.name}</h3><table><tbody>
${rows}</tbody></table>`;
  });
  return html`<section><h2>${title}</h2>${parts}</section>`;
}

function diff(text: string): Html {
  const lines = text.split('\n').map((line) => {
    const kind = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : undefined;
    return kind ? html`<span class="${kind}">${line}</span>\n` : html`${line}\n`;
  });
  return html`<pre>${lines}</pre>`;
}

function recap(model: RunModel): Html {
  const rows = recapGroups(model.recap, model.busy).map(({ hosts, row: r, time }) => {
    const bad = r.failed > 0 || r.unreachable;
    return html`<tr><td class="name">${bad ? html`<b>${hostsText(hosts)}</b>` : hostsText(hosts)}</td><td class="n">${r.ok}</td><td class="n">${r.changed}</td><td class="n">${r.failed}</td><td class="n">${r.skipped}</td><td class="n">${r.unreachable ? 'unreachable' : time}</td></tr>
`;
  });
  const changed = model.check ? 'would change' : 'changed';
  return html`<section><h2>Hosts</h2><div class="wide"><table><thead><tr><th>host</th><th class="n">ok</th><th class="n">${changed}</th><th class="n">failed</th><th class="n">skipped</th><th class="n">tasks took</th></tr></thead><tbody>
${rows}</tbody></table></div></section>`;
}

function notes(model: RunModel): Html | undefined {
  const told = model.troubles.filter((t) => t.kind === 'lost' || t.kind === 'warning');
  if (told.length === 0) return undefined;
  const rows = told.map(
    (
      t,
    ) => html`<tr><td class="n soft">${duration(Math.max(0, t.at - model.start))}</td><td class="name">${t.host}</td><td class="name">${t.text}</td></tr>
`,
  );
  return html`<section><h2>Warnings and lost connections</h2><table><tbody>
${rows}</tbody></table></section>`;
}

function footer(j: Journaled): Html {
  const version = j.header?.kubewright ? `Kubewright ${j.header.kubewright}` : 'Kubewright';
  const broken = j.broken > 0 && ` ${count(j.broken, 'line')} of the journal could not be read.`;
  const unknown = j.unknown.size > 0 && ` Events of a newer version were left out: ${[...j.unknown.keys()].join(', ')}.`;
  return html`${version}, from the journal ${j.dir}. Times of tasks are those of the hosts; passwords and tokens that the run knew are left out.${broken}${unknown}`;
}
