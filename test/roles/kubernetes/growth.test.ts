import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROLES } from '../../../src/roles/registry.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const FIRST = 'm11-k8s';

/** What a role does on the first control plane while only these hosts are nodes. */
function tasks(role: string, nodes: readonly string[], droppedOut: readonly string[] = []): readonly Task[] {
  const facts = Object.fromEntries(nodes.map((name) => [name, { isNode: true }]));
  const ctx = roleContext(sampleCluster(), FIRST, { facts });
  return ROLES.get(role)?.tasks({ ...ctx, droppedOut: new Set(droppedOut) }) ?? [];
}

const ids = (list: readonly Task[]): string[] => list.map((t) => t.id);

describe('a cluster whose only control plane gets others', () => {
  it('keeps its only API server until others have joined: before, only what they read changes', () => {
    const before = tasks('control-plane', [FIRST, 'w101-k8s']);
    expect(ids(before)).toContain('control-plane/announce');
    expect(ids(before)).not.toContain('control-plane/settings');
    expect(before.map((t) => t.apply.text).join('\n')).not.toContain('init phase control-plane');
    const after = tasks('control-plane-after', [FIRST, 'w101-k8s']);
    expect(ids(after)).toEqual(['control-plane/settings', 'control-plane/ready']);
    // kubeadm's kube-proxy asks the first control plane: it was made to ask its own node's when the settings were uploaded.
    expect(after.map((t) => t.apply.text).join('\n')).not.toContain('addon kube-proxy');
    const plays = readFileSync('playbooks/cluster.yml', 'utf8');
    expect(plays.indexOf('control-plane-after')).toBeGreaterThan(plays.indexOf('Join the other hosts'));
  });

  it('does not give it up for control planes that have not joined', () => {
    expect(tasks('control-plane-after', [FIRST], ['m12-k8s', 'm13-k8s'])).toEqual([]);
    expect(ids(tasks('control-plane-after', [FIRST], ['m12-k8s']))).toContain('control-plane/settings');
  });

  it.each([
    ['where another one answers already', [FIRST, 'm12-k8s']],
    ['where the cluster is being made', []],
  ])('applies settings where they always were, %s', (_, nodes) => {
    expect(ids(tasks('control-plane', nodes))).toContain('control-plane/settings');
    expect(ids(tasks('control-plane', nodes))).not.toContain('control-plane/announce');
    expect(tasks('control-plane-after', nodes)).toEqual([]);
  });

  it('has not applied what it has only announced', () => {
    const announce = tasks('control-plane', [FIRST]).find((t) => t.id === 'control-plane/announce');
    const apply = tasks('control-plane-after', [FIRST]).find((t) => t.id === 'control-plane/settings');
    const hash = /= ([0-9a-f]{64}) \]/.exec(apply?.check.text ?? '')?.[1];
    expect(hash).toBeDefined();
    expect(announce?.apply.text).toContain(`echo 'announced ${hash}' >`);
  });
});
