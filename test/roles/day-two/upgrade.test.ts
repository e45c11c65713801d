import { describe, expect, it } from 'vitest';
import { artifactsFor } from '../../../src/app/plan/artifact-source.js';
import { fetch } from '../../../src/roles/day-two/upgrade/fetch.js';
import { upgrade } from '../../../src/roles/day-two/upgrade/upgrade.js';
import type { RoleContext } from '../../../src/roles/role.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const cluster = sampleCluster({ vars: { kube_version: '1.36.4' } });

/** A host that downloads. */
function online(name: string): RoleContext {
  const ctx = roleContext(cluster, name);
  return { ...ctx, artifacts: artifactsFor(cluster, ctx.host, 'amd64', undefined) };
}

function pulled(name: string): string[] {
  const task = fetch(online(name)).find((t) => t.id === 'upgrade/pull');
  return [...(task?.check.text ?? '').matchAll(/-qxF (\S+)/g)].map((m) => (m[1] ?? '').replaceAll("'", ''));
}

describe('what is on a host before anything stops', () => {
  it('is pulled without a bundle: pause first, the control plane only where it runs', () => {
    const everywhere = [
      'registry.k8s.io/pause:3.10.2',
      'registry.k8s.io/kube-proxy:v1.36.4',
      'registry.k8s.io/coredns/coredns:v1.14.2',
    ];
    expect(pulled('w101-k8s')).toEqual(everywhere);
    expect(pulled('m11-k8s')).toEqual([
      ...everywhere,
      ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((c) => `registry.k8s.io/${c}:v1.36.4`),
    ]);
  });

  it('is every program that the turn of a host installs', () => {
    const [programs] = fetch(online('m11-k8s'));
    const fetched = new Set((programs?.needs ?? []).map((n) => n.name));
    const roles = upgrade({ stamp: 's', coordinator: 'm11-k8s', batches: [], drainTimeout: 1 });
    const turn = (name: string): readonly Task[] => roles.find((r) => r.name === name)?.tasks(online('m11-k8s')) ?? [];
    const needed = [...turn('upgrade-member'), ...turn('upgrade-control-plane')].flatMap((t) => t.needs ?? []);
    expect([...new Set(needed.map((n) => n.name))].filter((name) => !fetched.has(name))).toEqual([]);
    expect([...fetched]).toEqual(expect.arrayContaining(['kubeadm', 'kubelet', 'kubectl', 'containerd', 'runc', 'etcd']));
  });
});

describe('the turns of an upgrade', () => {
  const ids = (role: string, host: string): string[] =>
    upgrade({ stamp: 's', coordinator: 'm11-k8s', batches: [['w101-k8s']], drainTimeout: 1 })
      .find((r) => r.name === role)
      ?.tasks(roleContext(cluster, host))
      .map((t) => t.id) ?? [];
  const inOrder = (list: readonly string[], wanted: readonly string[]): string[] => list.filter((id) => wanted.includes(id));

  it('drain a control plane after kubeadm, and replace its kubelet only then', () => {
    const wanted = [
      'upgrade/members-healthy-before',
      'upgrade/others-ready',
      'upgrade/control-plane',
      'upgrade/components',
      'control-plane/kube-proxy',
      'upgrade/kube-proxy-rollout',
      'upgrade/cordon-m12-k8s',
      'upgrade/drain-m12-k8s',
      'node/kubelet',
      'upgrade/kubelet',
      'upgrade/node-ready',
      'upgrade/api-steady',
      'upgrade/uncordon-m12-k8s',
    ];
    expect(inOrder(ids('upgrade-control-plane', 'm12-k8s'), wanted)).toEqual(wanted);
  });

  it('take only the hosts of a batch, and drain from the coordinator alone', () => {
    expect(ids('upgrade-worker', 'w101-k8s')).toContain('upgrade/kubelet');
    expect(ids('upgrade-worker', 'w102-k8s')).toEqual([]);
    expect(ids('upgrade-drain', 'm11-k8s')).toEqual([
      'upgrade/kube-proxy-rollout',
      'upgrade/cordon-w101-k8s',
      'upgrade/drain-w101-k8s',
    ]);
    expect(ids('upgrade-drain', 'm12-k8s')).toEqual([]);
    expect(ids('upgrade-uncordon', 'm11-k8s')).toEqual(['upgrade/uncordon-w101-k8s']);
  });

  it('take a snapshot only where the step begins', () => {
    const roles = (snapshotOf?: string) =>
      upgrade({ ...(snapshotOf ? { snapshotOf } : {}), stamp: 's', coordinator: 'm11-k8s', batches: [], drainTimeout: 1 });
    const tasks = (o?: string) =>
      roles(o)
        .find((r) => r.name === 'etcd-snapshot')
        ?.tasks(roleContext(cluster, 'm12-k8s'));
    expect(tasks('m12-k8s')).toHaveLength(1);
    expect(tasks()).toEqual([]);
  });
});
