import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EtcdMember, EtcdState } from '../../../src/app/day-two/etcd/model.js';
import { check, type StepChecked } from '../../../src/app/day-two/upgrade/checks.js';
import { deprecatedApis, type Seen } from '../../../src/app/day-two/upgrade/look.js';
import { withBatches } from '../../../src/app/day-two/upgrade/plays.js';
import { serialOf } from '../../../src/app/day-two/upgrade/serial-flag.js';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import { keep } from '../../../src/cluster/living/keep.js';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { compare } from '../../../src/cluster/living/refusals.js';
import { loadPlaybook } from '../../../src/playbook/playbook.js';
import { batchRole, upgrade } from '../../../src/roles/day-two/upgrade/upgrade.js';
import { clusterFacts, sampleCluster } from '../../support/cluster.js';
import { type Edit, livingFacts } from '../../support/living.js';

const BATCHES = [['w101-k8s', 'w102-k8s'], ['w103-k8s']];

describe('the plays of an upgrade', () => {
  it('drain, upgrade and uncordon each batch before the next, by roles that the run knows', async () => {
    const { plays } = await loadPlaybook(join(PACKAGE_ROOT, 'playbooks/upgrade.yml'));
    const made = withBatches(plays, BATCHES);
    const order = made.flatMap((p) => p.roles.map((r) => r.name));
    const workers = [0, 1].flatMap((i) =>
      ['upgrade-drain', 'upgrade-worker', 'upgrade-uncordon'].map((name) => batchRole(name, i)),
    );
    const at = order.indexOf('upgrade-drain');
    expect(order.slice(at, at + 6)).toEqual(workers);
    expect(order.indexOf('upgrade-control-plane')).toBeLessThan(at);
    expect(order.at(-1)).toBe('upgrade-record');
    expect(made.filter((p) => p.roles[0]?.name.startsWith('upgrade-worker')).map((p) => p.hosts)).toEqual([
      'w101-k8s:w102-k8s',
      'w103-k8s',
    ]);
    const known = upgrade({ stamp: 's', coordinator: 'm11-k8s', batches: BATCHES, drainTimeout: 1 }).map((r) => r.name);
    expect(known).toEqual(expect.arrayContaining(order));
    // Every play ends the run when a host fails, but the note at the end.
    expect(made.slice(0, -1).every((p) => p.anyErrorsFatal)).toBe(true);
  });

  it('have none of workers where there are none', async () => {
    const { plays } = await loadPlaybook(join(PACKAGE_ROOT, 'playbooks/upgrade.yml'));
    const roles = withBatches(plays, []).flatMap((p) => p.roles.map((r) => r.name));
    expect(roles.filter((name) => /drain|worker|uncordon/.test(name))).toEqual([]);
    expect(roles).toContain('upgrade-record');
  });
});

describe('--serial', () => {
  it.each(['1', '20', '1%', '100%'])('takes %s', async (text) => expect(await serialOf(text)).toBe(text));
  it.each(['0', '0%', '101%', '-1', 'all', '', '1.5'])('refuses %j', async (text) =>
    expect(serialOf(text)).rejects.toThrow('is not a number of workers'),
  );
});

const cluster = sampleCluster({ vars: { kube_version: '1.37.1' } });

function members(version: string, down: readonly string[] = []): EtcdState {
  const list = cluster.etcd.map((h, i): EtcdMember => {
    const base = { id: String(i), name: `etcd${i + 1}`, host: h.name, peerUrl: `https://${h.accessIp}:2380`, learner: false };
    if (down.includes(h.name)) return base;
    const numbers = { dbBytes: 10, usedBytes: 10, quotaBytes: 100, revision: 1, raftTerm: 1, raftIndex: 1, appliedIndex: 1 };
    return { ...base, status: { version, leader: i === 0, hasLeader: true, errors: [], ...numbers } };
  });
  return { members: list, strangers: [], unreachable: new Map(), alarms: [], hashesAgree: true, hashRevision: 1 };
}

const SEEN: Seen = {
  facts: clusterFacts(cluster, Object.fromEntries(cluster.hosts.map((h) => [h.name, { isNode: true }]))),
  etcd: members('3.6.16'),
  failures: new Map(),
  busy: [],
  ready: new Set(cluster.controlPlane.map((h) => h.name)),
  deprecated: [],
  budgets: [],
  bare: [],
  marked: [],
  begun: new Set(),
  freeKb: new Map(cluster.hosts.map((h) => [h.name, 50e6])),
};
const STEP: StepChecked = { cluster, version: '1.37.1', etcdVersion: '3.7.2', imageBytes: () => 500e6 };

/** What speaks against the step, in words and by code. */
function against(seen: Partial<Seen>, step: Partial<StepChecked> = {}): string[] {
  return check({ ...SEEN, ...seen }, { ...STEP, ...step }, Date.parse('2026-11-29')).blockers.map(
    (b) => `${b.code ?? '-'} ${b.what}`,
  );
}

describe('what speaks against a step', () => {
  it('is nothing where all is well', () => expect(against({})).toEqual([]));

  it.each<[name: string, seen: Partial<Seen>, says: RegExp]>([
    ['a host that is away', { failures: new Map([['w101-k8s', new Error('timeout')]]) }, /cannot be reached/],
    ['an API server that is not ready', { ready: new Set(['m11-k8s', 'm13-k8s']) }, /API server is not ready/],
    ['a host that is no node', { facts: clusterFacts(cluster, { 'm11-k8s': { isNode: true } }) }, /no node yet/],
    ['a member that is down', { etcd: members('3.6.16', ['m12-k8s']) }, /m12-k8s is not healthy/],
    [
      'members older than the next minor version of etcd allows',
      { etcd: members('3.6.10') },
      /^etcd-floor etcd 3\.6\.10 cannot become 3\.7\.2/,
    ],
    ['a budget without room', { budgets: [{ name: 'shop/web', healthy: 1, needed: 1 }] }, /^budgets The budget shop\/web/],
    ['a pod that nobody makes again', { bare: ['shop/debug on w101-k8s'] }, /^bare-pods .*shop\/debug on w101-k8s/],
    ['a full disk', { freeKb: new Map([['w102-k8s', 100_000]]) }, /^disk .*are free/],
    [
      'an API that the target lacks',
      { deprecated: [{ api: 'scheduling.k8s.io/v1alpha2 workloads', removedIn: '1.37' }] },
      /^removed-apis Kubernetes 1\.37\.1/,
    ],
  ])('%s', (_name, seen, says) => {
    const found = against(seen);
    expect(found.some((text) => says.test(text))).toBe(true);
  });

  it('is not an API that a later version removes', () => {
    expect(against({ deprecated: [{ api: 'a/v1 bs', removedIn: '1.38' }] })).toEqual([]);
  });

  it('is no budget where a node is still cordoned by an upgrade that was cut off: its pods may wait for that node', () => {
    const budgets = [{ name: 'shop/web', healthy: 1, needed: 1 }];
    expect(against({ budgets, marked: ['w101-k8s'] })).toEqual([]);
  });

  it('can be skipped by its code, and says how', () => {
    const skipping = sampleCluster({ vars: { kube_version: '1.37.1', kubewright_preflight_ignore: ['bare-pods'] } });
    const bare = ['shop/debug on w101-k8s'];
    expect(against({ bare }, { cluster: skipping })).toEqual([]);
    expect(check({ ...SEEN, bare }, STEP, 0).blockers[0]?.fix).toContain('kubewright_preflight_ignore: [bare-pods]');
  });
});

describe('the count of deprecated APIs', () => {
  it('names each API once', () => {
    const line = 'group="g.io",removed_release="1.37",resource="things",subresource="",version="v1beta1"';
    expect(deprecatedApis([line, line, 'group="",removed_release="",resource="x",version="v1"'])).toEqual([
      { api: 'g.io/v1beta1 things', removedIn: '1.37' },
    ]);
  });
});

describe('the comparison with the cluster that runs', () => {
  const half: Edit = (t) => t.replaceAll('1.36.3', '1.35.4');
  const living = livingCluster(livingFacts(undefined, { 'w101-k8s': half }));
  const components = { kubelet: '1.37.2', kubeadm: '1.37.2', kubectl: '1.37.2', etcd: '3.7.3', containerd: '2.4.2' };
  const options = { vars: { kube_version: '1.37.1' } };

  it('lets an upgrade bring newer versions to hosts of two', () => {
    if (!living) throw new Error('nothing lives');
    const found = compare(sampleCluster(options), components, living, true);
    expect(found.refusals).toEqual([]);
    expect(found.changes.map((c) => `${c.setting} ${c.from} ${c.to}`)).toEqual(
      expect.arrayContaining(['kube_version 1.36.3 1.37.2', 'etcd_version 3.6.16 3.7.3']),
    );
  });

  it('refuses an older component and a fixed setting all the same', () => {
    if (!living) throw new Error('nothing lives');
    const wanted = sampleCluster({ vars: { ...options.vars, kube_pods_subnet: '10.112.0.0/16' } });
    const found = compare(wanted, { ...components, containerd: '2.3.4' }, living, true);
    expect(found.refusals.map((r) => r.code).toSorted()).toEqual(['containerd_version', 'kube_pods_subnet']);
  });

  it('takes the versions that belong to the new Kubernetes, but no older ones than run', () => {
    const old = livingCluster(livingFacts((t) => t.replaceAll('3.6.16', '3.6.13').replaceAll('2.4.2', '2.3.3')));
    const wanted = sampleCluster(options);
    if (!old) throw new Error('nothing lives');
    expect(keep(old, wanted, undefined, true).settings).not.toHaveProperty('etcd_version');
    const newer = livingCluster(livingFacts((t) => t.replaceAll('3.6.16', '3.7.2').replaceAll('2.4.2', '2.3.4')));
    if (!newer) throw new Error('nothing lives');
    expect(keep(newer, sampleCluster({ vars: { kube_version: '1.36.4' } }), undefined, true).settings.etcd_version).toBe('3.7.2');
  });
});
