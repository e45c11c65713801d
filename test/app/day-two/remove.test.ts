import { describe, expect, it } from 'vitest';
import type { EtcdMember, EtcdState } from '../../../src/app/day-two/etcd/model.js';
import { refusals, whatNext } from '../../../src/app/day-two/remove/remove.js';
import { type ErrorParts, PreflightError } from '../../../src/base/errors.js';
import { without } from '../../../src/roles/day-two/remove/remove-options.js';
import { sampleCluster } from '../../support/cluster.js';

const cluster = sampleCluster();
const OFF = new Error('there was no answer within 10 s');

function etcdOf(down: readonly string[]): EtcdState {
  const up = cluster.etcd.length - down.length;
  const members = cluster.etcd.map((h, i): EtcdMember => {
    const status = {
      version: '3.6.16',
      leader: i === 0,
      hasLeader: up > cluster.etcd.length / 2,
      dbBytes: 1,
      usedBytes: 1,
      quotaBytes: 100,
      revision: 1,
      raftTerm: 1,
      raftIndex: 1,
      appliedIndex: 1,
      errors: [],
    };
    const base = { id: String(i), name: `etcd${i + 1}`, host: h.name, peerUrl: `https://${h.accessIp}:2380`, learner: false };
    return down.includes(h.name) ? base : { ...base, status };
  });
  return { members, strangers: [], unreachable: new Map(), alarms: [], hashesAgree: undefined, hashRevision: undefined };
}

interface Case {
  readonly off?: readonly string[];
  readonly force?: boolean;
  readonly keys?: readonly string[];
}

/** What is said against removing these hosts while those are off. */
function refused(names: readonly string[], o: Case = {}): string[] {
  return problems(names, o).map((p) => p.what);
}

function problems(names: readonly string[], o: Case = {}): ErrorParts[] {
  const off = o.off ?? [];
  const rest = without(cluster, names);
  const found = {
    nodes: [],
    etcd: etcdOf(off),
    failures: new Map(off.map((name) => [name, OFF])),
    ready: rest.controlPlane.map((h) => h.name).filter((name) => !off.includes(name)),
    caKeys: new Set((o.keys ?? ['m11-k8s']).filter((name) => !off.includes(name))),
  };
  const removed = cluster.hosts.filter((h) => names.includes(h.name));
  return refusals(removed, rest, found, o.force ?? false);
}

describe('what is said against removing', () => {
  it.each([
    ['a worker', ['w101-k8s']],
    ['the first control plane, which is an etcd member', ['m11-k8s']],
    ['two of three control planes, one after the other', ['m11-k8s', 'm12-k8s']],
  ])('%s: nothing', (_text, names) => {
    expect(refused(names)).toEqual([]);
  });

  it('the last control plane and the last member: both', () => {
    expect(refused(['m11-k8s', 'm12-k8s', 'm13-k8s'])).toEqual([
      'The last control plane cannot be removed: it is the cluster',
      'The last member of etcd cannot be removed: it holds the cluster',
    ]);
  });

  it('a healthy member while another one is down: the quorum', () => {
    expect(refused(['m11-k8s'], { off: ['m12-k8s'], keys: ['m11-k8s', 'm13-k8s'] })).toEqual([
      'Without m11-k8s etcd would lose its quorum',
    ]);
  });

  it('a host that is off: nothing with --force, that alone without', () => {
    expect(refused(['m12-k8s'], { off: ['m12-k8s'] })).toEqual(['m12-k8s cannot be reached']);
    expect(refused(['m12-k8s'], { off: ['m12-k8s'], force: true })).toEqual([]);
  });

  it('a dead member when the quorum is lost already: that, even with --force', () => {
    expect(refused(['m11-k8s'], { off: ['m11-k8s', 'm12-k8s'], force: true, keys: ['m13-k8s'] })).toEqual([
      'etcd has no quorum, so no member can be removed',
    ]);
  });

  it("a dead host that alone held etcd's CA key: that, unless --force accepts it", () => {
    expect(refused(['m11-k8s'], { off: ['m11-k8s'] })).toEqual([
      'm11-k8s cannot be reached',
      "The key of etcd's certificate authority is on no host that can be reached",
    ]);
    expect(refused(['m11-k8s'], { off: ['m11-k8s'], force: true })).toEqual([]);
  });

  it.each<[exitCode: number, text: string, names: string[], o?: Case]>([
    [3, 'a host that is off', ['m12-k8s'], { off: ['m12-k8s'] }],
    [3, 'control planes that are all off', ['w101-k8s'], { off: ['m11-k8s', 'm12-k8s', 'm13-k8s'] }],
    [1, 'the last control plane', ['m11-k8s', 'm12-k8s', 'm13-k8s']],
    [1, 'the quorum', ['m11-k8s'], { off: ['m12-k8s'], keys: ['m11-k8s', 'm13-k8s'] }],
  ])('ends with exit code %i: %s', (exitCode, _text, names, o) => {
    expect(new PreflightError(problems(names, o)).exitCode).toBe(exitCode);
  });

  it('anything while no API server that stays is ready: that', () => {
    expect(refused(['w101-k8s'], { off: ['m11-k8s', 'm12-k8s', 'm13-k8s'] })).toEqual(['No API server that stays is ready']);
  });
});

describe('what is left to do afterwards', () => {
  const next = (names: readonly string[], dead: readonly string[] = []): string =>
    whatNext(
      cluster.hosts.filter((h) => names.includes(h.name)),
      new Set(dead),
      without(cluster, names),
    ).join('\n');

  it('names what an even number of members asks for, and what a host does that comes up again', () => {
    expect(next(['m13-k8s'], ['m13-k8s'])).toContain('etcd has 2 members now');
    expect(next(['m13-k8s'], ['m13-k8s'])).toContain('Keep m13-k8s off');
    expect(next(['m12-k8s', 'm13-k8s'])).not.toContain('members now');
    expect(next(['m12-k8s', 'm13-k8s'], ['m12-k8s', 'm13-k8s'])).toContain(
      'Keep m12-k8s, m13-k8s off: they do not know that they were removed. If they come up again, run kubewright remove once more, which resets them.',
    );
    expect(next(['w101-k8s'])).toBe('Removed: w101-k8s. Take it out of the inventory now: provision would add it again.');
  });
});
