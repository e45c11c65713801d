import { describe, expect, test } from 'vitest';
import { judgeAgents, judgeApi, judgeEtcd, judgeNodes } from '../../../src/app/verify/judge/control-plane.js';
import { judgeDns, judgePolicies, judgeServices } from '../../../src/app/verify/judge/network.js';
import { culprits, judgePairs } from '../../../src/app/verify/judge/pairs.js';
import type { ClusterView, Evidence, HostLook, PairResult, PairState, PodView } from '../../../src/app/verify/model.js';

const NODES = ['m1', 'm2', 'm3', 'w1'];

function pod(owner: string, node: string, o: Partial<PodView> = {}): PodView {
  return {
    namespace: 'kube-system',
    name: `${owner}-x`,
    node,
    owner: `DaemonSet/${owner}`,
    app: owner,
    ready: true,
    waiting: '',
    ...o,
  };
}

function cluster(o: Partial<ClusterView> = {}): ClusterView {
  return {
    nodes: NODES.map((name, i) => ({ name, addresses: [`10.0.0.${i + 1}`], ready: true, complaints: [], images: [] })),
    pods: NODES.flatMap((n) => [pod('calico-node', n), pod('kube-proxy', n)]),
    dns: { services: ['kube-dns'], deployments: [{ name: 'coredns', replicas: 2, ready: 2 }] },
    transport: { name: 'VXLAN', needs: 'UDP port 4789', port: 4789 },
    ...o,
  };
}

/** Every pair; those that `bad` answers for have that state. */
function pairs(bad: (from: string, to: string) => PairState | undefined, nodes = NODES): PairResult[] {
  return nodes.flatMap((from) =>
    nodes.filter((to) => to !== from).map((to) => ({ from, to, state: bad(from, to) ?? 'ok', said: '' })),
  );
}

const evidence = (node: string, o: Partial<Evidence> = {}): Evidence => ({
  node,
  rules: [],
  forwarding: true,
  firewalls: [],
  ...o,
});
const look = (host: string, o: Partial<HostLook> = {}): HostLook => ({
  host,
  addresses: [],
  tools: new Set(['kubectl', 'socat']),
  pauseImages: [],
  kubelet: 'active',
  etcd: [],
  kubeconfig: '/etc/kubernetes/admin.conf',
  ...o,
});
const at = (node: string) => (from: string, to: string) => (from === node || to === node ? ('none' as const) : undefined);

describe('which node cuts pods off', () => {
  test('one whose pairs all fail, and no other', () => {
    expect(culprits(pairs(at('w1')), () => false)).toEqual(['w1']);
  });

  test('one that only receives nothing', () => {
    expect(
      culprits(
        pairs((_from, to) => (to === 'm2' ? 'none' : undefined)),
        () => false,
      ),
    ).toEqual(['m2']);
  });

  test('two of them', () => {
    const bad = (from: string, to: string) => at('w1')(from, to) ?? at('m2')(from, to);
    expect(culprits(pairs(bad), () => false).sort()).toEqual(['m2', 'w1']);
  });

  test('a single pair that fails makes no node a culprit', () => {
    expect(
      culprits(
        pairs((from, to) => (from === 'm1' && to === 'w1' ? 'none' : undefined)),
        () => false,
      ),
    ).toEqual([]);
  });

  test('of two nodes that fail only with each other, the one with a finding', () => {
    const both = pairs(() => 'none', ['m1', 'w1']);
    expect(culprits(both, () => false)).toEqual([]);
    expect(culprits(both, (n) => n === 'm1')).toEqual(['m1']);
  });
});

describe('why pods do not reach each other', () => {
  const judged = (results: PairResult[], o: { view?: ClusterView; evidence?: Evidence[] } = {}) =>
    judgePairs(results, { view: o.view ?? cluster(), evidence: o.evidence ?? [], note: '' }).check;

  test('nothing is wrong', () => {
    expect(judged(pairs(() => undefined))).toMatchObject({ result: 'ok', passed: 12, total: 12, failures: [] });
  });

  test('the network plugin is gone from the node', () => {
    const view = cluster({ pods: NODES.filter((n) => n !== 'w1').map((n) => pod('calico-node', n)) });
    const check = judged(pairs(at('w1')), { view });
    expect(check.failures).toHaveLength(1);
    expect(check.failures[0]).toMatchObject({ node: 'w1', why: 'no pod of calico-node runs on w1' });
    expect(check).toMatchObject({ result: 'failed', passed: 6, total: 12 });
  });

  test('a rule of the firewall is quoted', () => {
    const rule = '-A INPUT -p udp -m udp --dport 4789 -j DROP';
    const [failure] = judged(pairs(at('w1')), { evidence: [evidence('m1'), evidence('w1', { rules: [rule] })] }).failures;
    expect(failure?.node).toBe('w1');
    expect(failure?.why).toContain(rule);
  });

  test('without a finding the port is named', () => {
    const [failure] = judged(pairs(at('w1')), { evidence: [evidence('w1', { firewalls: ['firewalld'] })] }).failures;
    expect(failure?.why).toMatch(/UDP port 4789 \(VXLAN\).*w1.*firewalld/);
  });

  test('packets are not forwarded', () => {
    const [failure] = judged(pairs(at('w1')), { evidence: [evidence('w1', { forwarding: false })] }).failures;
    expect(failure?.why).toContain('net.ipv4.ip_forward is 0 on w1');
  });

  test('only large packets are lost', () => {
    const [failure] = judged(pairs((from, to) => at('w1')(from, to) && 'large')).failures;
    expect(failure?.what).toContain('large packets');
    expect(failure?.why).toContain('MTU');
  });

  test('nothing passes: one cause, not one for each node', () => {
    const check = judged(pairs(() => 'none'));
    expect(check).toMatchObject({ passed: 0, total: 12 });
    expect(check.failures).toMatchObject([{ node: 'all nodes', what: 'no pod reaches one on another node' }]);
  });

  test('many single pairs are folded', () => {
    const odd = (from: string, to: string) =>
      Math.abs(Number(from) - Number(to)) === 5 || Math.abs(Number(from) - Number(to)) === 3 ? ('none' as const) : undefined;
    const check = judged(pairs(odd, [...Array(10).keys()].map(String)));
    expect(check.failures.length).toBeLessThanOrEqual(7);
    expect(check.failures.at(-1)?.what).toMatch(/more pairs fail/);
  });
});

describe('DNS', () => {
  const answer =
    'abcd818000010001000000000a6b756265726e657465730764656661756c7403737663000001' + '0001c00c00010001000000050004' + '0ae90001';
  const silent = NODES.map((node) => ({ node, pairs: [], dns: { answer: '', said: '' } }));

  test('no Service: skipped', () => {
    expect(judgeDns(cluster({ dns: { services: [], deployments: [] } }), silent).result).toBe('skipped');
  });

  test('answers on every node', () => {
    const found = NODES.map((node) => ({ node, pairs: [], dns: { answer, said: '' } }));
    expect(judgeDns(cluster(), found)).toMatchObject({ result: 'ok', passed: 4, total: 4 });
  });

  test('scaled to 0: one cause for all nodes, with the command that cures it', () => {
    const view = cluster({ dns: { services: ['kube-dns'], deployments: [{ name: 'coredns', replicas: 0, ready: 0 }] } });
    const check = judgeDns(view, silent);
    expect(check.failures).toHaveLength(1);
    expect(check.failures[0]?.node).toBe('m1, m2, m3, w1');
    expect(check.failures[0]?.why).toContain('scaled to 0');
    expect(check.failures[0]?.fix).toContain('scale deployment coredns');
  });

  test('one node only, whose agent is missing', () => {
    const view = cluster({
      pods: [...NODES.filter((n) => n !== 'w1').map((n) => pod('calico-node', n)), pod('coredns', 'm1', { app: 'kube-dns' })],
    });
    const found = NODES.map((node) => ({ node, pairs: [], dns: { answer: node === 'w1' ? '' : answer, said: '' } }));
    expect(judgeDns(view, found).failures).toMatchObject([{ node: 'w1', why: 'no pod of calico-node runs on w1' }]);
  });
});

test('a Service that fails on a node whose pods are cut off points to that', () => {
  const found = [
    { node: 'w1', pairs: [], fromPod: { ok: false, said: 'Connection timed out' }, fromHost: { ok: true, said: 'w1' } },
  ];
  expect(judgeServices(cluster(), found, ['w1'], false).failures).toMatchObject([
    { node: 'cluster', what: 'the Service of the test pods has got no endpoints' },
  ]);
  expect(judgeServices(cluster(), found, ['w1']).failures).toMatchObject([{ node: 'w1', fix: 'Cure that first' }]);
  const [failure] = judgeServices(cluster(), found, []).failures;
  expect(failure?.why).toBe('Connection timed out');
});

test('a policy that does not block names the node that receives', () => {
  const found = [{ node: 'w1', from: 'm1', blocked: false, allowed: true }];
  const check = judgePolicies(found, { agent: 'calico-node', untested: [], lacks: () => undefined });
  expect(check).toMatchObject({ result: 'failed', passed: 1, total: 2 });
  expect(check.failures).toMatchObject([{ node: 'w1' }]);
});

describe('the control plane', () => {
  test('an API server that is not ready, and its stopped kubelet', () => {
    const bad = { address: '10.0.0.1:6443', ok: false, said: '[-]etcd failed: reason withheld' };
    const check = judgeApi([look('m1', { apiServer: bad, kubelet: 'failed' })], ['m1']);
    expect(check.failures).toMatchObject([{ node: 'm1', why: bad.said }]);
    expect(check.failures[0]?.fix).toContain('kubelet');
  });

  test('an etcd member is named once, by the host that it runs on', () => {
    const bad = { address: 'https://10.0.0.2:2379', ok: false, said: 'refused' };
    const good = { address: 'https://10.0.0.1:2379', ok: true, said: '' };
    const looks = ['m1', 'm2'].map((h, i) => look(h, { addresses: [`10.0.0.${i + 1}`], etcd: [good, bad] }));
    const check = judgeEtcd(looks);
    expect(check).toMatchObject({ passed: 1, total: 2 });
    expect(check.failures).toMatchObject([{ node: 'm2' }]);
  });

  test('stacked members, which every control plane calls 127.0.0.1, are told apart', () => {
    const own = { address: 'https://127.0.0.1:2379', ok: true, said: '' };
    expect(judgeEtcd(['m1', 'm2'].map((h) => look(h, { etcd: [own] })))).toMatchObject({ passed: 2, total: 2 });
  });

  test('a host that is no node', () => {
    const nodeOf = new Map(NODES.map((n) => [n, n]));
    const check = judgeNodes(
      cluster(),
      [...NODES, 'w2'].map((h) => look(h)),
      nodeOf,
      [...NODES, 'w2'],
    );
    expect(check.failures).toMatchObject([{ node: 'w2', what: 'the host is not a node of the cluster' }]);
  });

  test('an agent in CrashLoopBackOff', () => {
    const view = cluster({ pods: [pod('calico-node', 'm1', { ready: false, waiting: 'CrashLoopBackOff' })] });
    const [failure] = judgeAgents(view).failures;
    expect(failure).toMatchObject({ node: 'm1', why: 'CrashLoopBackOff' });
  });
});
