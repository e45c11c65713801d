import { CERTIFICATE_TITLES, clock, limits, namespaceRows, trust, WHOSE } from './format.js';
import type { ContainerFacts, NetworkFacts, Process, Trace } from './model.js';

interface Branch {
  readonly text: string;
  readonly below?: readonly Branch[];
}

/** The trace as a tree of lines. */
export function treeLines(t: Trace): string[] {
  const { pod, node } = t;
  const branches: Branch[] = [
    { text: `pod ${pod.namespace}/${pod.name}: ${pod.phase}, ${pod.qos}${pod.owner ? `, of ${pod.owner}` : ''}` },
    { text: 'life', below: t.story.map((m) => ({ text: `${clock(m.at)}  ${m.who}: ${m.what}` })) },
    {
      text: `API server ${t.api.server}${t.api.peers.length > 0 ? `, kubelet's connection to ${t.api.peers.join(', ')}` : ''}`,
      below: t.certificates.map((c) => ({
        text: `${CERTIFICATE_TITLES[c.role]}: ${c.subject}, until ${c.ends}`,
        below: [{ text: trust(c) }],
      })),
    },
    {
      text: `node ${node.name}`,
      below: [
        program('kubelet', node.kubelet),
        {
          ...program('containerd', node.containerd),
          below: [
            { text: `runc: ${node.runc.version} (${node.runc.path}), which started the containers and is gone` },
            {
              text: node.shim
                ? `shim ${node.shim.comm}: PID ${node.shim.pid}, child of PID ${node.shim.ppid}`
                : 'shim: not found',
              below: [
                {
                  text: `sandbox ${node.sandbox.slice(0, 12)}: ${node.pause ? processText(node.pause) : 'no process'}`,
                  below: node.podCgroup
                    ? [{ text: `cgroup of the pod ${node.podCgroup.path}` }, { text: limits(node.podCgroup) }]
                    : [],
                },
                ...t.containers.map((c) => container(t, c)),
              ],
            },
          ],
        },
        { text: 'network', below: network(t.network, pod.hostNetwork) },
      ],
    },
  ];
  return branches.flatMap((b) => [b.text, ...below(b.below ?? [], '')]);
}

function below(branches: readonly Branch[], front: string): string[] {
  return branches.flatMap((b, i) => {
    const last = i === branches.length - 1;
    return [`${front}${last ? '└─ ' : '├─ '}${b.text}`, ...below(b.below ?? [], `${front}${last ? '   ' : '│  '}`)];
  });
}

function program(name: string, p: Trace['node']['kubelet']): Branch {
  return { text: p ? `${name}: PID ${p.pid}, ${p.version}` : `${name}: not running as a unit of systemd` };
}

function processText(p: Process): string {
  const inside = p.nsPids.at(-1);
  return `${p.comm}, PID ${p.pid} on the host, ${inside} inside, user ${p.uid}`;
}

function container(t: Trace, c: ContainerFacts): Branch {
  const title = `${c.init ? 'init container' : 'container'} ${c.name} ${c.id.slice(0, 12)}: ${c.state}, ${c.restarts} restarts`;
  if (!c.process) return { text: title, below: [{ text: `image ${c.image}` }] };
  const rows = namespaceRows(t, c.process);
  return {
    text: title,
    below: [
      { text: `image ${c.image}` },
      { text: `process ${processText(c.process)} (${c.process.exe})` },
      ...(c.processes.length > 1
        ? [
            {
              text: 'all its processes',
              below: c.processes.map((p) => ({ text: `${p.comm}: PID ${p.pid}, ${p.inside} inside` })),
            },
          ]
        : []),
      { text: 'namespaces', below: rows.map((n) => ({ text: `${n.kind.padEnd(6)} ${n.id.padEnd(20)} ${WHOSE[n.whose]}` })) },
      ...(c.cgroup ? [{ text: `cgroup ${c.cgroup.path}`, below: [{ text: limits(c.cgroup) }] }] : []),
      ...(c.root
        ? [
            {
              text: `root file system: ${c.root.type}`,
              below: [{ text: `writes go to ${c.root.upper}` }, ...c.root.layers.map((l) => ({ text: `layer ${l}` }))],
            },
          ]
        : []),
    ],
  };
}

function network(n: NetworkFacts, hostNetwork: boolean): Branch[] {
  if (hostNetwork || !n.inside) return [{ text: "the host's own" }, ...routes(n)];
  return [
    { text: `in the pod: ${n.inside.name} (${n.inside.index}), ${n.addresses.join(', ')}, MTU ${n.inside.mtu}` },
    {
      text: n.outside
        ? `on the host: ${n.outside.name} (${n.outside.index}), the other end of the pair`
        : 'on the host: the other end was not found',
    },
    { text: `out of the pod: ${n.gateway}` },
    { text: `to the pod: ${n.route}` },
    ...routes(n),
  ];
}

function routes(n: NetworkFacts): Branch[] {
  return n.others.map((o) => ({ text: `to ${o.node} (${o.pod}): ${o.route}` }));
}
