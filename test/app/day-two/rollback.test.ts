import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rollbackPlan, rollbackRefusals, rollbackText, versionBefore } from '../../../src/app/day-two/rollback/plan.js';
import { otherVersion } from '../../../src/app/day-two/rollback/snapshot-version.js';
import type { Seen } from '../../../src/app/day-two/upgrade/look.js';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { loadPlaybook } from '../../../src/playbook/playbook.js';
import { rollbackAll } from '../../../src/roles/day-two/rollback/rollback-all.js';
import { rollbackNodes } from '../../../src/roles/day-two/rollback/rollback-nodes.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { livingFacts } from '../../support/living.js';

const cluster = sampleCluster({ vars: { kube_version: '1.35.4' } });

/** The sample cluster in the middle of an upgrade from 1.35.4 to 1.36.3. */
function seen(over: Partial<Seen> = {}, facts = livingFacts()): Seen {
  const living = livingCluster(facts);
  return {
    facts,
    ...(living ? { living } : {}),
    etcd: { members: [], strangers: [], unreachable: new Map(), alarms: [], hashesAgree: true, hashRevision: 1 },
    failures: new Map(),
    busy: [],
    ready: new Set(cluster.controlPlane.map((h) => h.name)),
    deprecated: [],
    budgets: [],
    bare: [],
    marked: ['w101-k8s'],
    begun: new Set(),
    freeKb: new Map(),
    ...over,
  };
}

describe('what a rollback undoes', () => {
  it('is the node at which the upgrade stopped; control planes that run the newer version stay, with the reason and the way', () => {
    const plan = rollbackPlan(cluster, seen(), '1.35.4');
    expect(plan).toMatchObject({ from: '1.36.3', to: '1.35.4', nodes: ['w101-k8s'], begun: [], coordinator: 'm11-k8s' });
    expect(plan.stays[0]).toMatch(/^m11-k8s, m12-k8s, m13-k8s: .*kubewright upgrade --to 1\.36\.3.*rollback --snapshot FILE/);
    expect(rollbackRefusals(cluster, seen(), plan)).toEqual([]);
    expect(rollbackText(plan, seen())).toContain('w101-k8s: kubelet 1.36.3 → 1.35.4');
  });

  it('is the note of kubeadm where the API server still runs the older version, and only there', () => {
    const old = seen(
      { begun: new Set(['m11-k8s', 'm12-k8s']), marked: [] },
      livingFacts((t) => t, { 'm11-k8s': (t) => t.replaceAll('1.36.3', '1.35.4') }),
    );
    expect(rollbackPlan(cluster, old, '1.35.4')).toMatchObject({ nodes: [], begun: ['m11-k8s'] });
  });

  it('is one node where it is named', () => {
    expect(rollbackPlan(cluster, seen(), '1.35.4', 'w102-k8s').nodes).toEqual(['w102-k8s']);
    const unknown = rollbackRefusals(cluster, seen(), rollbackPlan(cluster, seen(), '1.35.4', 'w9'), 'w9');
    expect(unknown.map((p) => p.what)).toEqual(["The inventory's cluster has no host w9"]);
  });

  it.each<[what: RegExp, to: string, over: Partial<Seen>]>([
    [/No API server is ready/, '1.35.4', { ready: new Set() }],
    [/A kubelet of 1\.32\.0 must not work with API servers of 1\.36\.3/, '1.32.0', {}],
    [/1\.37\.0 is newer than what runs/, '1.37.0', {}],
    [/The host cannot be reached/, '1.35.4', { failures: new Map([['w101-k8s', new Error('no answer')]]) }],
  ])('is refused: %s', (what, to, over) => {
    const s = seen(over);
    const problems = rollbackRefusals(cluster, s, rollbackPlan(cluster, s, to));
    expect(problems.map((p) => p.what)).toEqual([expect.stringMatching(what)]);
    expect(problems.every((p) => p.fix)).toBe(true);
  });

  it('goes to the version that was noted last: an upgrade notes its own at its end', () => {
    expect(versionBefore(seen())).toBe('1.36.3');
    const noted = JSON.stringify({ schema: 1, settings: { kube_version: '1.35.4' }, hosts: {} });
    const living = livingCluster(livingFacts());
    const record = JSON.parse(noted) as NonNullable<NonNullable<typeof living>['record']>;
    expect(versionBefore({ ...seen(), ...(living ? { living: { ...living, record } } : {}) })).toBe('1.35.4');
  });
});

describe('the version of a snapshot', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-rollback-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const file = (name: string, ...versions: string[]): string => {
    const path = join(dir, name);
    writeFileSync(path, versions.map((v) => `\0kind: ClusterConfiguration\nkubernetesVersion: v${v}\nnetworking:\n`).join('\0'));
    return path;
  };

  it('must be the one to go back to, with nothing of the newer one in it', async () => {
    expect(await otherVersion(file('a', '1.34.2', '1.35.4'), '1.35.4', ['1.36.3'])).toBeUndefined();
    expect((await otherVersion(file('b', '1.35.4', '1.36.3'), '1.35.4', ['1.36.3']))?.what).toMatch(/of 1\.36\.3 already/);
    expect((await otherVersion(file('c', '1.35.40'), '1.35.4', ['1.36.3']))?.what).toMatch(/not of a cluster of 1\.35\.4/);
  });
});

describe('the plays of a rollback', () => {
  const snapshot = { name: 'the snapshot of etcd', sha256: 'a'.repeat(64), size: 4_000_032 };
  const roles = (file: string) => loadPlaybook(join(PACKAGE_ROOT, 'playbooks', file));

  it('know all their roles, and stop nothing before everything is there', async () => {
    const all = rollbackAll({ snapshot, stamp: 's' }).map((r) => r.name);
    const { plays } = await roles('rollback.yml');
    const order = plays.flatMap((p) => p.roles.map((r) => r.name));
    expect(all).toEqual(expect.arrayContaining(order));
    const wanted = ['rollback-all-fetch', 'etcd-restore-prepare', 'etcd-restore-stop', 'rollback-member', 'etcd-restore-swap'];
    expect(order.filter((name) => wanted.includes(name))).toEqual(wanted);
    expect(order.indexOf('rollback-programs')).toBeLessThan(order.indexOf('etcd-restore-api'));
    expect(plays.slice(0, -1).every((p) => p.anyErrorsFatal)).toBe(true);
    const nodes = rollbackNodes({ nodes: [], begun: [], coordinator: 'm11-k8s', drainTimeout: 1 }).map((r) => r.name);
    expect((await roles('rollback-nodes.yml')).plays.flatMap((p) => p.roles.map((r) => r.name))).toEqual(nodes);
  });

  it('start the older kubelet before the manifests of the control plane are written', () => {
    const programs = rollbackAll({ snapshot, stamp: 's' }).find((r) => r.name === 'rollback-programs');
    const ids = programs?.tasks(roleContext(cluster, 'm11-k8s')).map((t) => t.id) ?? [];
    const wanted = ['node/kubeadm', 'node/kubelet', 'upgrade/kubelet', 'control-plane/config', 'rollback/manifests'];
    expect(ids.filter((id) => wanted.includes(id))).toEqual(wanted);
    expect(programs?.tasks(roleContext(cluster, 'w101-k8s')).map((t) => t.id)).not.toContain('rollback/manifests');
  });

  it('need no runtime before it is put back: it may be why the node goes back', () => {
    const made = rollbackNodes({ nodes: ['w101-k8s'], begun: [], coordinator: 'm11-k8s', drainTimeout: 1 });
    const ids = (role: string): string[] =>
      made
        .find((r) => r.name === role)
        ?.tasks(roleContext(cluster, 'w101-k8s'))
        .map((t) => t.id) ?? [];
    expect(ids('rollback-fetch')).toEqual(['upgrade/programs']);
    const wanted = ['containerd/binaries', 'upgrade/containerd', 'containerd/images', 'upgrade/kubelet'];
    expect(ids('rollback-node').filter((id) => wanted.includes(id))).toEqual(wanted);
  });

  it('do not wait for the kubelet while the runtime restarts: the kubelet may be what does not start', () => {
    const facts = livingFacts().get('w101-k8s');
    const living = livingCluster(livingFacts());
    const ctx = roleContext(cluster, 'w101-k8s');
    const made = rollbackNodes({ nodes: ['w101-k8s'], begun: [], coordinator: 'm11-k8s', drainTimeout: 1 });
    const tasks = made
      .find((r) => r.name === 'rollback-node')
      ?.tasks({ ...ctx, ...(facts ? { facts } : {}), ...(living ? { living } : {}) });
    const service = tasks?.find((t) => t.id === 'containerd/service');
    expect(service?.apply.text).toContain('containerd.service');
    expect(service?.apply.text).not.toContain('kubelet');
  });

  it('touch no node but those that go back', () => {
    const made = rollbackNodes({ nodes: ['w101-k8s'], begun: ['m11-k8s'], coordinator: 'm12-k8s', drainTimeout: 1 });
    const where = (host: string): string[] =>
      made.filter((r) => r.tasks(roleContext(cluster, host)).length > 0).map((r) => r.name);
    expect(where('w101-k8s')).toEqual(['rollback-fetch', 'rollback-node']);
    expect(where('w102-k8s')).toEqual([]);
    expect(where('m11-k8s')).toEqual(['rollback-begun']);
    expect(where('m12-k8s')).toEqual(['rollback-drain', 'rollback-uncordon']);
  });
});
