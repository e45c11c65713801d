import { describe, expect, it } from 'vitest';
import { loadPlaybook } from '../../../src/playbook/playbook.js';
import { remove } from '../../../src/roles/day-two/remove/remove.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

interface Case {
  readonly removed: readonly string[];
  readonly dead?: readonly string[];
}

/** What a role of `remove` does on a host. */
function tasks(role: string, host: string, o: Case): readonly Task[] {
  const roles = remove({
    removed: o.removed,
    dead: new Set(o.dead),
    coordinator: 'm12-k8s',
    member: 'm12-k8s',
    drainTimeout: 300,
    force: false,
  });
  const cluster = sampleCluster();
  return roles.find((r) => r.name === role)?.tasks(roleContext(cluster, host)) ?? [];
}
const ids = (list: readonly Task[]): string[] => list.map((t) => t.id);
const ofBalancers = (role: string, o: Case): string[] =>
  ids(tasks(role, 'w101-k8s', o)).filter((id) => id.startsWith('apiserver-lb/'));

describe('the load balancers of hosts that stay', () => {
  it('lose a control plane before anything of it ends, and before what cannot be taken back', async () => {
    const { plays } = await loadPlaybook('playbooks/remove.yml');
    const order = plays.flatMap((p) => p.roles.map((r) => r.name));
    const at = order.indexOf('remove-balancers');
    expect(at).toBeGreaterThan(order.indexOf('remove-drain'));
    expect(order.slice(at + 1)).toEqual(expect.arrayContaining(['remove-member', 'remove-reset', 'remove-delete']));
    // Clients of one that fails may know no other API server.
    expect(plays.find((p) => p.roles.some((r) => r.name === 'remove-balancers'))?.anyErrorsFatal).toBe(true);
    const config = tasks('remove-balancers', 'w101-k8s', { removed: ['m11-k8s'] }).find((t) => t.id === 'apiserver-lb/config');
    expect(config?.apply.text).toContain('192.168.1.12:6443');
    expect(config?.apply.text).not.toContain('192.168.1.11:6443');
  });

  it('lose a dead one at the end: one that fails must not keep it in the cluster', () => {
    const o = { removed: ['m11-k8s'], dead: ['m11-k8s'] };
    expect(ofBalancers('remove-balancers', o)).toEqual([]);
    expect(ofBalancers('remove-tidy', o)).toContain('apiserver-lb/reload');
  });

  it.each<[string, Case]>([
    ['a control plane', { removed: ['m11-k8s'] }],
    ['a dead control plane', { removed: ['m11-k8s'], dead: ['m11-k8s'] }],
    ['one of each kind', { removed: ['m11-k8s', 'm13-k8s', 'w102-k8s'], dead: ['m13-k8s'] }],
    ['a worker', { removed: ['w102-k8s'] }],
  ])('change in one play, so that --check announces what then changes: %s', (_, o) => {
    const all = [...ofBalancers('remove-balancers', o), ...ofBalancers('remove-tidy', o)];
    expect(all).toContain('apiserver-lb/config');
    expect(new Set(all).size).toBe(all.length);
  });

  it('are not those of hosts that leave, nor of control planes', () => {
    const o = { removed: ['m11-k8s', 'w101-k8s'] };
    expect(ids(tasks('remove-balancers', 'w101-k8s', o))).toEqual([]);
    expect(ids(tasks('remove-balancers', 'm12-k8s', o))).toEqual([]);
    expect(ids(tasks('remove-balancers', 'w102-k8s', o))).toContain('apiserver-lb/reload');
  });
});
