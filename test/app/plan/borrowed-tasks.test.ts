import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assumedFacts } from '../../../src/app/plan/assumed-facts.js';
import { findStart, neededExports, startAt } from '../../../src/app/plan/borrowed-tasks.js';
import { planPlays } from '../../../src/app/plan/plan-plays.js';
import { type PlanContext, type ResolvedPlay, resolvePlays } from '../../../src/app/plan/resolve-plays.js';
import { taskList } from '../../../src/app/plan/task-list.js';
import { UserTasks } from '../../../src/app/plan/user-tasks.js';
import { newRunSecrets } from '../../../src/app/run/run-secrets.js';
import type { Bundle } from '../../../src/artifacts/bundle.js';
import type { KubewrightError } from '../../../src/base/errors.js';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import type { Where } from '../../../src/base/place.js';
import { whereText } from '../../../src/base/place.js';
import type { Exports } from '../../../src/engine/types.js';
import type { HostFacts } from '../../../src/facts/facts.js';
import { resolvePattern } from '../../../src/inventory/pattern/pattern.js';
import { loadPlaybook } from '../../../src/playbook/playbook.js';
import { sampleArtifacts, sampleCluster, sampleInventory } from '../../support/cluster.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-selection-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const sample = { vars: { kube_version: '1.20.2', kube_network_plugin: 'static-routes', dns_mode: 'none' } };
const inventory = sampleInventory(sample);
const cluster = sampleCluster(sample);
const artifacts = sampleArtifacts();
/** Only what planning reads. */
const bundle = {
  index: {
    name: 'test',
    arch: 'amd64',
    files: ['kubeadm', 'kubelet', 'kubectl', 'etcd', 'containerd', 'runc', 'cni-plugins'].map((n) => ({
      ...artifacts.file(n),
      arch: 'amd64',
    })),
  },
  images: artifacts.images,
} as unknown as Bundle;

function context(over: Partial<PlanContext> = {}): PlanContext {
  return {
    cluster,
    bundle,
    allFacts: assumedFacts(cluster),
    secrets: newRunSecrets(),
    userTasks: new UserTasks(inventory, dir),
    droppedOut: new Set(),
    failed: new Map(),
    check: false,
    ...over,
  };
}

async function plays(o: { limit?: string; tags?: string[]; skipTags?: string[]; yaml?: string } = {}): Promise<ResolvedPlay[]> {
  const path = o.yaml === undefined ? join(PACKAGE_ROOT, 'playbooks', 'cluster.yml') : join(dir, 'p.yml');
  if (o.yaml !== undefined) writeFileSync(path, o.yaml);
  const limit = o.limit === undefined ? undefined : new Set(resolvePattern(inventory, o.limit));
  return resolvePlays(await loadPlaybook(path), inventory, cluster, { tags: o.tags ?? [], skipTags: o.skipTags ?? [], limit });
}

/** host → ids of its tasks in order, over all plays. */
function work(chosen: readonly ResolvedPlay[], p: PlanContext, exports: Exports = new Map()): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const play of planPlays(chosen, p, neededExports(chosen, p)))
    for (const host of play.hosts) out[host] = [...(out[host] ?? []), ...play.tasks(host, exports, new Map()).map((t) => t.id)];
  return out;
}

/** All hosts are nodes. */
const installed: ReadonlyMap<string, HostFacts> = new Map(
  [...assumedFacts(cluster)].map(([name, f]) => [name, { ...f, isNode: true }] as const),
);

describe('--limit', () => {
  const out = (...names: string[]) => new Set(cluster.hosts.map((h) => h.name).filter((n) => !names.includes(n)));

  it('borrows from the first control plane what a worker needs, and nothing else', async () => {
    const done = work(await plays({ limit: 'w101-k8s' }), context({ allFacts: installed, droppedOut: out('w101-k8s') }));
    expect(Object.keys(done).sort()).toEqual(['m11-k8s', 'w101-k8s']);
    expect(done['m11-k8s']).toEqual(['control-plane/ca-hash', 'pod-subnets/assigned', 'nodes/ready']);
  });

  it('creates a token only if a host joins', async () => {
    const facts = new Map([...installed].map(([name, f]) => [name, { ...f, isNode: name !== 'w101-k8s' }] as const));
    const done = work(await plays({ limit: 'w101-k8s' }), context({ allFacts: facts, droppedOut: out('w101-k8s') }));
    expect(done['m11-k8s']).toEqual(['control-plane/ca-hash', 'control-plane/hand-over', 'pod-subnets/assigned', 'nodes/ready']);
  });

  it('signs certificates only for the control plane that requests them', async () => {
    const chosen = await plays({ limit: 'm12-k8s' });
    const p = context({ allFacts: installed, droppedOut: out('m12-k8s') });
    const asked: Exports = new Map([['m12-k8s', new Map([['etcd-csr-apiserver', 'CSR']])]]);
    const done = work(chosen, p, asked);
    expect(Object.keys(done).sort()).toEqual(['m11-k8s', 'm12-k8s']);
    const signed = done['m11-k8s']?.filter((id) => id.startsWith('etcd-sign/'));
    expect(signed).toContain('etcd-sign/m12-k8s-apiserver');
    expect(signed?.every((id) => id.includes('m12-k8s'))).toBe(true);
  });

  it('checks the tasks of helpers and never applies them', async () => {
    const chosen = await plays({ limit: 'm12-k8s' });
    const p = context({ allFacts: installed, droppedOut: out('m12-k8s') });
    const borrowed = planPlays(chosen, p, neededExports(chosen, p)).flatMap((play) =>
      play.hosts.includes('m11-k8s') ? play.tasks('m11-k8s', new Map(), new Map()) : [],
    );
    const ca = borrowed.find((t) => t.id === 'etcd-certs/ca');
    expect(ca?.apply.text).not.toContain('openssl');
    expect(ca?.apply.text).toMatch(/exit 1/);
    for (const t of borrowed)
      expect(t.readOnly || t.forOthers || t === ca || /not as it should be/.test(t.apply.text), t.id).toBe(true);
  });
});

describe('--tags', () => {
  it('leave out plays and roles, and borrow what is needed of the others', async () => {
    const done = work(await plays({ tags: ['worker'] }), context({ allFacts: installed }));
    expect(done['m11-k8s']).toEqual(['control-plane/ca-hash', 'nodes/ready']);
    expect(done['w101-k8s']).toContain('node/join');
    expect(done['w101-k8s']?.some((id) => id.startsWith('os/'))).toBe(false);
    const without = work(await plays({ skipTags: ['os', 'containerd'] }), context({ allFacts: installed }));
    expect(without['w101-k8s']?.[0]).toBe('node/directories');
  });
});

describe('--start-at', () => {
  it.each([
    ['node/kubelet-unit', 'node/kubelet-unit'],
    ['Write the unit of the kubelet', 'node/kubelet-unit'],
    ['write the unit of the KUBELET', 'node/kubelet-unit'],
    ['etcd/*', 'etcd/binaries'],
    ['Wait until the nodes*', undefined],
  ])('%s begins with %s', async (wanted, first) => {
    const chosen = await plays();
    const p = context();
    if (first === undefined) return expect(() => findStart(wanted, chosen, p)).toThrow(/No task of this run is named/);
    const found = findStart(wanted, chosen, p);
    expect(found.id).toBe(first);
    const list = taskList(startAt(chosen, found), p);
    expect(list[0]?.tasks[0]?.id).toBe(first);
    expect(list.at(-1)?.name).toBe('Install or remove add-ons');
  });

  it('suggests the nearest task', async () => {
    const chosen = await plays();
    try {
      findStart('node/kublet-unit', chosen, context());
      expect.unreachable();
    } catch (error) {
      expect((error as KubewrightError).parts.fix).toContain('Did you mean node/kubelet-unit?');
    }
  });

  it('borrows needed tasks from before the start', async () => {
    const p = context({ allFacts: installed });
    const chosen = await plays();
    const done = work(startAt(chosen, findStart('apiserver-lb/directory', chosen, p)), p);
    expect(done['m11-k8s']?.[0]).toBe('control-plane/ca-hash');
    expect(done['m12-k8s']?.some((id) => id.startsWith('control-plane/'))).toBe(false);
    expect(done['w101-k8s']?.[0]).toBe('apiserver-lb/directory');
  });

  it('begins in the middle of user tasks', async () => {
    const yaml = `- hosts: all
  tasks:
  - {name: one, run: "true"}
  - {name: two, run: "true"}
- hosts: kube_node
  tasks: [{name: three, run: "true"}]
`;
    const chosen = await plays({ yaml });
    const p = context();
    const done = work(startAt(chosen, findStart('two', chosen, p)), p);
    expect(done['m11-k8s']).toEqual(['two']);
    expect(done['w101-k8s']).toEqual(['two', 'three']);
  });
});

describe('a host that failed', () => {
  it('is named by the hosts that need it, with the failed task and a hint', async () => {
    const chosen = await plays();
    const failed = new Map([['m11-k8s', 'failed in play "Bring up the first control plane" at "Initialise the cluster"']]);
    const join = planPlays(chosen, context({})).find((x) => x.name === 'Join the other hosts');
    expect(() => join?.tasks('w101-k8s', new Map(), failed)).toThrow(
      'w101-k8s needs ca-hash of m11-k8s, which failed in play "Bring up the first control plane" at "Initialise the cluster"',
    );
    expect(() =>
      join?.tasks(
        'w101-k8s',
        new Map([
          [
            'm11-k8s',
            new Map([
              ['ca-hash', 'sha256:0'],
              ['node-settled', ''],
            ]),
          ],
        ]),
        failed,
      ),
    ).toThrow('needs handed-over of m11-k8s');
  });
});

describe('unknown roles and patterns', () => {
  it('are all reported at once with their places', async () => {
    const yaml = '- hosts: kube_nodes\n  roles: [oss]\n- hosts: all\n  roles: [os]\n  tags: [x]\n';
    const error = await plays({ yaml }).catch((e) => e);
    expect(
      error.all.map(
        (p: { where: Where; what: string; fix: string }) => `${whereText(p.where).slice(dir.length + 1)} ${p.what} ${p.fix}`,
      ),
    ).toEqual([
      'p.yml:2:11 There is no role oss Did you mean os?',
      'p.yml:1:3 There is no host and no group kube_nodes Did you mean kube_node?',
    ]);
  });
});

describe('hosts that join', () => {
  const join = async (facts: ReadonlyMap<string, HostFacts>) => {
    const found = planPlays(await plays(), context({ allFacts: facts })).find((x) => x.name === 'Join the other hosts');
    return { hosts: found?.hosts.slice(0, 3), serial: found?.serial, size: found?.hosts.length ?? 0 };
  };

  it('do so all at once', async () => {
    expect(await join(assumedFacts(cluster))).toMatchObject({ serial: undefined });
  });

  it('follow the control planes that run, which take turns', async () => {
    const { hosts, serial, size } = await join(installed);
    expect(hosts?.slice(0, 2)).toEqual(['m12-k8s', 'm13-k8s']);
    expect(serial).toEqual([1, 1, size - 2]);
    // One that is new takes nothing away from the others.
    const grown = new Map([...installed].map(([name, f]) => [name, name === 'm12-k8s' ? { ...f, isNode: false } : f] as const));
    expect(await join(grown)).toMatchObject({ hosts: ['m13-k8s', 'm11-k8s', 'm12-k8s'], serial: [1, size - 1] });
  });

  it('get only the roles that are for them', async () => {
    const done = work(await plays(), context());
    expect(done['w101-k8s']).not.toContain('control-plane/config');
    expect(done['m12-k8s']).toContain('client/kubeconfig');
    expect(done['m12-k8s']).not.toContain('apiserver-lb/config');
  });
});
