import { expect, it } from 'vitest';
import { parseAnswer } from '../../../../src/app/day-two/ask.js';
import { type PodObject, podFacts, readApi, storyOf } from '../../../../src/app/day-two/trace/ask-api.js';
import type { Trace } from '../../../../src/app/day-two/trace/model.js';
import { tracePage } from '../../../../src/app/day-two/trace/page.js';
import { NodeAnswer } from '../../../../src/app/day-two/trace/read-node.js';
import { treeLines } from '../../../../src/app/day-two/trace/tree.js';

const POD: PodObject = {
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-11-29T08:00:00Z' },
  spec: { nodeName: 'w1' },
  status: {
    phase: 'Running',
    qosClass: 'Burstable',
    podIP: '10.0.0.9',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-29T08:00:04Z' }],
    containerStatuses: [
      { name: 'app', image: 'shop/<app>:1', containerID: 'containerd://abc', restartCount: 2, state: { running: {} } },
      { name: 'side', image: 'i', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } },
    ],
  },
};
const EVENTS = {
  items: [
    {
      reason: 'Scheduled',
      message: 'assigned',
      eventTime: '2026-11-29T08:00:00.5Z',
      reportingComponent: 'default-scheduler',
      involvedObject: { uid: 'u1' },
    },
    { reason: 'Killing', firstTimestamp: '2026-11-29T07:00:00Z', involvedObject: { uid: 'older' } },
  ],
};

function nodeAnswer(cgroup: string): NodeAnswer {
  return new NodeAnswer(
    parseAnswer(
      `kubelet\t9 Kubernetes v1.36.3
sandbox\tsb
host.ns\tnet net:[1]
host.ns\tpid pid:[1]
host.ns\tuser user:[1]
pause.pid\t20
pause.nspid\t20\t1
pause.ns\tnet net:[2]
c.app.pid\t30
c.app.comm\tweb
c.app.nspid\t30\t1
c.app.ppid\t10
c.app.uid\t0
c.app.started\t1795939201500
c.app.ns\tnet net:[2]
c.app.ns\tpid pid:[3]
c.app.ns\tuser user:[1]
c.app.cgpath\t/kubepods/x
${cgroup}
c.app.root\toverlay overlay rw,lowerdir=/l2:/l1,upperdir=/up,workdir=/w
c.app.proc\t30 1 web
net.inside\t2: eth0@if7: <UP> mtu 1450 qdisc noqueue
net.outside\t7: cali1@if2: <UP> mtu 1450 qdisc noqueue
cert\tapi-server subject=CN=kube-apiserver
cert\tapi-server issuer=CN=kubernetes
cert\tapi-server trusted=no
`.replaceAll(/^(\S+\.nspid)\t(\d+)\t/gm, '$1\t$2 '),
    ),
  );
}

const V2 =
  'c.app.cg\tmemory.max 67108864\nc.app.cg\tmemory.current 1048576\nc.app.cg\tcpu.max 25000 100000\nc.app.cg\tcpu.stat usage_usec 1500000 user_usec 1\nc.app.cg\tpids.max max';
const V1 =
  'c.app.cg\tmemory.limit_in_bytes 67108864\nc.app.cg\tmemory.usage_in_bytes 1048576\nc.app.cg\tcpu.cfs_quota_us 25000\nc.app.cg\tcpu.cfs_period_us 100000\nc.app.cg\tcpuacct.usage 1500000000\nc.app.cg\tpids.max max';

it.each([
  ['v2', V2],
  ['v1', V1],
])('reads the limits of cgroup %s', (_, cgroup) => {
  const [app] = nodeAnswer(cgroup).containers(POD);
  expect(app?.cgroup).toMatchObject({ memoryMax: 67108864, memory: 1048576, cpuMax: 0.25, cpuSeconds: 1.5, pidsMax: undefined });
});

it.each([
  ['v2', 'c.app.cg\tmemory.max max\nc.app.cg\tcpu.max max 100000'],
  [
    'v1',
    'c.app.cg\tmemory.limit_in_bytes 9223372036854771712\nc.app.cg\tcpu.cfs_quota_us -1\nc.app.cg\tcpu.cfs_period_us 100000',
  ],
])('knows no limit of cgroup %s', (_, cgroup) => {
  const [app] = nodeAnswer(cgroup).containers(POD);
  expect(app?.cgroup).toMatchObject({ memoryMax: undefined, cpuMax: undefined });
});

it('tells whose events they are, and puts them in order', () => {
  const events = readApi(parseAnswer(`pod\t${JSON.stringify(POD)}\nevents\t${JSON.stringify(EVENTS)}\n`));
  expect(storyOf(events).map((m) => `${m.who}: ${m.what}`)).toEqual([
    'API server: stored the pod',
    'scheduler: Scheduled: assigned',
    'kubelet: reports it Ready',
  ]);
});

function sample(): Trace {
  const node = nodeAnswer(V2);
  return {
    pod: podFacts(POD),
    story: [],
    api: node.api(),
    node: node.node('w1'),
    containers: node.containers(POD),
    network: node.network(),
    certificates: node.certificates(),
  };
}

it('draws the tree: whose namespaces, PIDs on both sides, layers, and what is not trusted', () => {
  const text = treeLines(sample()).join('\n');
  for (const part of [
    'process web, PID 30 on the host, 1 inside',
    /net +net:\[2\] +shared by the pod/,
    /pid +pid:\[3\] +its own/,
    /user +user:\[1\] +the host's/,
    '1 MiB of 64 MiB memory, 0.25 CPU at most',
    'layer /l2',
    'writes go to /up',
    'eth0 (2)',
    'cali1 (7), the other end of the pair',
    "NOT trusted by the cluster's authority",
    'container side : waiting (ImagePullBackOff), 0 restarts',
  ])
    expect(text).toMatch(part);
});

it('makes a page that is whole, with a drawing, and escapes what it was told', () => {
  const page = tracePage(sample());
  expect(page).toContain('<svg');
  expect(page).toContain('shop/&lt;app&gt;:1');
  expect(page).not.toContain('<app>');
  expect(page).not.toContain('undefined');
  expect(page).not.toContain('NaN');
});
