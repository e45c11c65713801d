import { type Html, html } from '../../../ui/runs/report/html.js';
import { STYLE } from '../../../ui/runs/report/style.js';
import { drawing } from './drawing.js';
import { bytes, CERTIFICATE_TITLES, clock, limits, namespaceRows, trust, WHOSE } from './format.js';
import type { Cgroup, ContainerFacts, Trace } from './model.js';

/** One file without scripts and without anything fetched, like the report of a run. */
export function tracePage(t: Trace): string {
  const { pod, node } = t;
  const page = html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width,initial-scale=1"/>
<title>${pod.namespace}/${pod.name}</title><style>${STYLE}svg{max-width:100%;height:auto}</style></head><body><main>
<header><h1>${pod.namespace}/${pod.name}</h1><span class="badge done">${pod.phase}</span></header>
<p class="soft">on ${node.name}, ${pod.qos}${pod.owner ? `, of ${pod.owner}` : ''}, ${pod.ip}</p>
<section><h2>The road to the process</h2><div class="wide">${drawing(t)}</div></section>
<section><h2>Its life</h2><div class="wide"><table><tr><th>Time (UTC)</th><th>Who</th><th>What</th></tr>
${t.story.map((m) => html`<tr><td>${clock(m.at)}</td><td>${m.who}</td><td>${m.what}</td></tr>`)}</table></div></section>
${t.containers.map((c) => container(t, c))}
<section><h2>Network</h2>${network(t)}</section>
<section><h2>Who trusts whom</h2><div class="wide"><table><tr><th>Certificate</th><th>Subject</th><th>Signed by</th><th>Until</th><th></th></tr>
${t.certificates.map((c) => html`<tr><td>${CERTIFICATE_TITLES[c.role]}</td><td><code>${c.subject}</code></td><td><code>${c.issuer}</code></td><td>${c.ends}</td><td>${trust(c)}</td></tr>`)}
</table></div></section>
</main></body></html>
`;
  return page.html;
}

function container(t: Trace, c: ContainerFacts): Html {
  const p = c.process;
  return html`<section><h2>${c.init ? 'Init container' : 'Container'} ${c.name}</h2>
<p class="note">${c.image}, ${c.state}, <code>${c.id}</code></p>
${
  p &&
  html`<div class="tiles"><div class="tile"><b>${p.pid}</b><span>PID on the host</span></div><div class="tile"><b>${p.nsPids.at(-1)}</b><span>PID inside</span></div>${c.cgroup && tiles(c.cgroup)}</div>
<div class="grid2"><div><h3>Namespaces</h3><table>${namespaceRows(t, p).map((n) => html`<tr><td>${n.kind}</td><td><code>${n.id}</code></td><td>${WHOSE[n.whose]}</td></tr>`)}</table></div>
<div><h3>Processes</h3><table><tr><th>PID</th><th>inside</th><th></th></tr>${c.processes.map((q) => html`<tr><td>${q.pid}</td><td>${q.inside}</td><td>${q.comm}</td></tr>`)}</table></div></div>`
}
${c.cgroup && html`<h3>cgroup</h3><p>${limits(c.cgroup)}</p><pre>${c.cgroup.path}</pre>`}
${c.root && html`<h3>Root file system: ${c.root.type}</h3><p>Writes go to <code>${c.root.upper}</code>, over ${c.root.layers.length} read-only layers:</p><pre>${c.root.layers.join('\n')}</pre>`}
</section>`;
}

function tiles(c: Cgroup): Html {
  return html`<div class="tile"><b>${bytes(c.memory)}</b><span>memory, limit ${c.memoryMax === undefined ? 'none' : bytes(c.memoryMax)}</span></div><div class="tile"><b>${c.cpuMax ?? '–'}</b><span>CPUs at most</span></div>`;
}

function network({ network: n, pod }: Trace): Html {
  const rows: (readonly [string, string])[] = n.inside
    ? [
        ['In the pod', `${n.inside.name} (${n.inside.index}), ${n.addresses.join(', ')}, MTU ${n.inside.mtu}`],
        ['On the host', n.outside ? `${n.outside.name} (${n.outside.index})` : 'not found'],
        ['Out of the pod', n.gateway],
        ['To the pod', n.route],
      ]
    : [['Interfaces', pod.hostNetwork ? "the host's own" : 'not found']];
  const all = [...rows, ...n.others.map((o) => [`To ${o.node}`, `${o.pod}: ${o.route}`] as const)];
  return html`<table>${all.map(([what, value]) => html`<tr><td>${what}</td><td><code>${value}</code></td></tr>`)}</table>`;
}
