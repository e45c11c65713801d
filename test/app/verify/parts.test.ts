import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { dnsAnswer, dnsQuery, octal } from '../../../src/app/verify/dns-message.js';
import { isRing, planPairs } from '../../../src/app/verify/pairs.js';
import { parseLook } from '../../../src/app/verify/programs/look.js';
import { parseFindings } from '../../../src/app/verify/programs/probe.js';
import { parseServing, serveProgram } from '../../../src/app/verify/programs/serve.js';
import { tableOf } from '../../../src/app/verify/report.js';

describe('the plan of pairs', () => {
  test('every pair both ways up to 30 nodes', () => {
    const plan = planPairs(9);
    expect(plan.flat()).toHaveLength(72);
    expect(plan.every((peers, i) => !peers.includes(i))).toBe(true);
    expect(isRing(30)).toBe(false);
  });

  test('beyond that it grows with the nodes, and every node sends and receives both ways', () => {
    for (const n of [31, 100, 1000]) {
      expect(isRing(n)).toBe(true);
      const plan = planPairs(n);
      expect(plan.flat()).toHaveLength(4 * n);
      for (const [i, peers] of plan.entries()) {
        expect(new Set(peers).size).toBe(4);
        expect(peers).not.toContain(i);
        for (const j of peers) expect(plan[j]).toContain(i);
      }
    }
  });

  test('few nodes', () => {
    expect(planPairs(0)).toEqual([]);
    expect(planPairs(1)).toEqual([[]]);
    expect(planPairs(2)).toEqual([[1], [0]]);
  });
});

describe('DNS messages', () => {
  test('printf of the shell makes the bytes of the query', () => {
    const query = dnsQuery('kubernetes.default.svc.cluster.local');
    const made = execFileSync('sh', ['-c', `printf '${octal(query)}'`]);
    expect([...made]).toEqual(query);
    expect(made.subarray(12).toString('latin1')).toContain('\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00');
  });

  test('an answer, with names written out and as pointers', () => {
    const question = Buffer.from(dnsQuery('a.b')).subarray(12).toString('hex');
    const head = 'abcd81800001000100000000';
    expect(dnsAnswer(`${head}${question}c00c000100010000001e00040a600001`)).toEqual({ address: '10.96.0.1' });
    expect(dnsAnswer(`${head}${question}0161016200000100010000001e00040a600001`)).toEqual({ address: '10.96.0.1' });
  });

  test('what is not an answer', () => {
    expect(dnsAnswer('').why).toBe('no answer');
    expect(dnsAnswer('abcd8183000100000000').why).toContain('another question');
    expect(dnsAnswer('abcd81830001000000000000').why).toContain('NXDOMAIN');
    expect(dnsAnswer('abcd81820001000000000000').why).toContain('SERVFAIL');
    expect(dnsAnswer('abcd81800001000000000000').why).toContain('no address');
    expect(dnsAnswer('abcd818000010001000000000161').why).toBeDefined();
  });
});

test('what a host says about itself', () => {
  const look = parseLook(
    'm1',
    [
      'Debian greets you',
      'address\t10.0.0.1',
      'tool\tsocat',
      'kubelet\tactive',
      'pause\tregistry.k8s.io/pause:3.10',
      'pause\tregistry.k8s.io/pause:3.10',
      'apiserver\t10.0.0.1:6443\tok',
      'etcd\thttps://10.0.0.1:2379\t{"health":"true","reason":""}',
      'etcd\thttps://10.0.0.2:2379\tcurl: (7) Failed to connect',
    ].join('\n'),
  );
  expect(look.pauseImages).toEqual(['registry.k8s.io/pause:3.10']);
  expect(look.apiServer).toMatchObject({ ok: true });
  expect(look.etcd.map((e) => e.ok)).toEqual([true, false]);
  expect(look.balancer).toBeUndefined();
});

test('a pod that could not be found does not serve', () => {
  expect(parseServing(['pid\t'])).toBeUndefined();
  const lines = [
    'pid\t123',
    'mtu\t1450',
    'nameserver\t10.233.0.3',
    'search\tns.svc.corp.example svc.corp.example corp.example',
    'ready',
  ];
  expect(parseServing(lines)).toEqual({ pid: 123, mtu: 1450, nameserver: '10.233.0.3', domain: 'corp.example' });
});

test('findings keep what was said', () => {
  const out = 'pair\tw1\tlarge\twrite: Message too long\npair\tw2\tok\npod\tok\tw2\nhost\tfailed\ttimed out\ndns\tabcd\t\n';
  expect(parseFindings('m1', out)).toEqual({
    node: 'm1',
    pairs: [
      { from: 'm1', to: 'w1', state: 'large', said: 'write: Message too long' },
      { from: 'm1', to: 'w2', state: 'ok', said: '' },
    ],
    dns: { answer: 'abcd', said: '' },
    fromPod: { ok: true, said: 'w2' },
    fromHost: { ok: false, said: 'timed out' },
  });
});

test('a pod of either cgroup driver is looked for', () => {
  expect(serveProgram('w1', '1b2c-3d').text).toContain("'pod(1b2c-3d|1b2c_3d)'");
});

test('the table says what was skipped and why', () => {
  const lines = tableOf([
    { id: 'api', title: 'API servers', result: 'ok', passed: 3, total: 3, note: '/readyz', failures: [] },
    {
      id: 'policies',
      title: 'policies',
      result: 'skipped',
      passed: 0,
      total: 0,
      note: 'the network plugin has no policies',
      failures: [],
    },
  ]);
  expect(lines[1]).toBe('API servers  ok       3 of 3  /readyz');
  expect(lines[2]).toBe('policies     skipped  -       the network plugin has no policies');
});
