import { type Html, html } from '../../../ui/runs/report/html.js';
import { bytes } from './format.js';
import type { Trace } from './model.js';

const WIDTH = 1000;
const BOX = { width: 200, height: 58 } as const;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly width?: number;
  readonly strong?: boolean;
}

/** From the API server to the processes, and out of the pod through its veth pair. */
export function drawing(t: Trace): Html {
  const { node, network: n } = t;
  const running = t.containers.filter((c) => c.process);
  const columns = Math.max(1, running.length);
  const width = Math.min(300, (WIDTH - 80) / columns - 16);
  const api: Box = { x: 40, y: 10, title: 'API server', lines: [t.api.server, t.api.peers.join(', ')] };
  const scheduler: Box = { x: 300, y: 10, title: 'scheduler', lines: [t.pod.scheduler, `chose ${node.name}`] };
  const kubelet = pidBox(40, 128, 'kubelet', node.kubelet);
  const containerd = pidBox(300, 128, 'containerd', node.containerd);
  const shim: Box = {
    x: 560,
    y: 128,
    title: 'containerd-shim',
    lines: [node.shim ? `PID ${node.shim.pid}` : '', 'runc started the containers'],
  };
  const containers = running.map((c, i): Box => {
    const p = c.process;
    return {
      x: 56 + i * (width + 16),
      y: 276,
      width,
      strong: true,
      title: c.name,
      lines: [
        `${p?.comm}: PID ${p?.pid} here, ${p?.nsPids.at(-1)} inside`,
        c.cgroup
          ? `${bytes(c.cgroup.memory)} of ${c.cgroup.memoryMax === undefined ? 'unlimited' : bytes(c.cgroup.memoryMax)}`
          : '',
      ],
    };
  });
  const inside: Box = {
    x: 56,
    y: 356,
    title: n.inside ? n.inside.name : "host's network",
    lines: [n.addresses.join(', ') || t.pod.ip, n.inside ? `MTU ${n.inside.mtu}` : ''],
    width: 260,
  };
  const outside: Box = { x: 56, y: 462, title: n.outside?.name ?? '', lines: [n.route], width: 420 };
  const others: Box = {
    x: 520,
    y: 462,
    title:
      n.others.length > 0
        ? `to ${n.others
            .map((o) => o.node)
            .slice(0, 4)
            .join(', ')}`
        : 'no other node',
    lines: [n.others[0]?.route ?? ''],
    width: 420,
  };
  const boxes = [api, scheduler, kubelet, containerd, shim, ...containers, inside, ...(n.outside ? [outside] : []), others];
  const arrows = [
    arrow(right(api), left(scheduler)),
    arrow(bottom(api), top(kubelet), 'TLS both ways'),
    arrow(right(kubelet), left(containerd), 'CRI'),
    arrow(right(containerd), left(shim)),
    ...containers.map((c) => arrow(bottom(shim), top(c))),
    ...(n.outside ? [arrow(bottom(inside), { x: inside.x + 130, y: outside.y }, 'veth pair')] : []),
    ...(n.outside ? [arrow(right(outside), left(others))] : [arrow(bottom(inside), top(others))]),
  ];
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 540" width="${WIDTH}" role="img" aria-label="From the API server to the processes of the pod" font-family="system-ui,sans-serif">
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0L8,4L0,8z" fill="var(--soft,#5d6778)"/></marker></defs>
<rect x="16" y="104" width="${WIDTH - 32}" height="430" rx="10" fill="none" stroke="var(--line,#dfe3ea)" stroke-width="2"/><text x="${WIDTH - 30}" y="126" text-anchor="end" font-size="13" fill="var(--soft,#5d6778)">node ${node.name}</text>
<rect x="36" y="236" width="${WIDTH - 72}" height="196" rx="10" fill="var(--track,#eceff4)" stroke="var(--accent,#2b62c0)" stroke-dasharray="5 4"/><text x="${WIDTH - 50}" y="256" text-anchor="end" font-size="13" fill="var(--accent,#2b62c0)">pod ${t.pod.namespace}/${t.pod.name}: ${node.pause ? `sandbox PID ${node.pause.pid}` : ''}</text>
${arrows}${boxes.map(draw)}</svg>`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const right = (b: Box): Point => ({ x: b.x + (b.width ?? BOX.width), y: b.y + BOX.height / 2 });
const left = (b: Box): Point => ({ x: b.x, y: b.y + BOX.height / 2 });
const top = (b: Box): Point => ({ x: b.x + (b.width ?? BOX.width) / 2, y: b.y });
const bottom = (b: Box): Point => ({ x: b.x + (b.width ?? BOX.width) / 2, y: b.y + BOX.height });

function arrow(from: Point, to: Point, text = ''): Html {
  const x = (from.x + to.x) / 2;
  const y = (from.y + to.y) / 2;
  const label =
    text &&
    html`<text x="${from.x === to.x ? x + 8 : x}" y="${y - 5}" font-size="12" text-anchor="${from.x === to.x ? 'start' : 'middle'}" fill="var(--soft,#5d6778)">${text}</text>`;
  return html`<line x1="${from.x}" y1="${from.y}" x2="${to.x}" y2="${to.y}" stroke="var(--soft,#5d6778)" stroke-width="1.5" marker-end="url(#a)"/>${label}`;
}

function pidBox(x: number, y: number, title: string, p: Trace['node']['kubelet']): Box {
  return { x, y, title, lines: p ? [`PID ${p.pid}`, p.version.replace(/^\S+ (github\S+ )?/, '')] : ['not a unit of systemd'] };
}

function draw(b: Box): Html {
  const width = b.width ?? BOX.width;
  // Glyphs of 11 px are about 6 wide.
  const most = Math.floor((width - 16) / 6);
  const cut = (text: string): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  return html`<g><rect x="${b.x}" y="${b.y}" width="${width}" height="${BOX.height}" rx="7" fill="var(--card,#fff)" stroke="${b.strong ? 'var(--ok,#5aa88c)' : 'var(--soft,#5d6778)'}" stroke-width="${b.strong ? 2 : 1}"/>
<text x="${b.x + 9}" y="${b.y + 19}" font-size="14" font-weight="600" fill="var(--ink,#1c2330)">${b.title}</text>
${b.lines.map((line, i) => html`<text x="${b.x + 9}" y="${b.y + 35 + i * 15}" font-size="11" fill="var(--soft,#5d6778)">${cut(line)}</text>`)}</g>`;
}
