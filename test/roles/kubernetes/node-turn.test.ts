import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { upgradeNode } from '../../../src/roles/day-two/upgrade/node.js';
import { ROLES } from '../../../src/roles/registry.js';
import type { RoleContext } from '../../../src/roles/role.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { livingFacts } from '../../support/living.js';

const W = 'w101-k8s';

function context(living: boolean): RoleContext {
  const ctx = roleContext(sampleCluster(), W, { facts: { [W]: { isNode: living } } });
  const runs = livingCluster(livingFacts((text) => `${text}ours\tyes\n`));
  return living && runs ? { ...ctx, living: runs } : ctx;
}

const tasks = (role: string, ctx: RoleContext): readonly Task[] => ROLES.get(role)?.tasks(ctx) ?? [];
const inTurn = (list: readonly Task[]): string[] => list.filter((t) => t.turn).map((t) => t.id);

describe('what restarts a kubelet or a container runtime', () => {
  it('happens on all hosts at once while the cluster is being made', () => {
    for (const role of ['containerd', 'node', 'worker']) expect(inTurn(tasks(role, context(false)))).toEqual([]);
  });

  it('happens on one node of a living cluster after the other, from the first file to the health of the node', () => {
    const ctx = context(true);
    expect(inTurn(tasks('containerd', ctx))).toEqual(['containerd/config', 'containerd/unit', 'containerd/service']);
    expect(inTurn(tasks('node', ctx))).toEqual([]);
    expect(tasks('node', ctx).map((t) => t.id)).not.toContain('node/kubelet-unit');
    expect(inTurn(tasks('worker', ctx))).toEqual([
      'node/kubelet-unit',
      'node/kubelet-drop-in',
      'node/local-api',
      'node/drain',
      'node/kubelet-settings',
      'node/kubelet',
      'node/uncordon',
    ]);
    // In a row: a task between them would end the turn before the node is known to be well.
    for (const role of ['containerd', 'worker']) {
      const marks = tasks(role, ctx).map((t) => t.turn === true);
      expect(marks.slice(marks.indexOf(true), marks.lastIndexOf(true) + 1)).not.toContain(false);
    }
  });

  it('takes no turn in an upgrade, which has drained the node, with all others of its batch', () => {
    const list = upgradeNode(context(true));
    expect(inTurn(list)).toEqual([]);
    expect(list.map((t) => t.id)).not.toContain('node/drain');
  });
});

/** A line of what the task asks kubectl for. */
function pod(name: string, p: { phase?: string; kind?: string; uid?: string; tolerations?: string } = {}): string {
  return ['default', name, p.phase ?? 'Running', p.kind ?? 'ReplicaSet', p.uid ?? `uid-${name}`, p.tolerations ?? ''].join('|');
}

describe('a node before settings that its pods would not survive', () => {
  let box: string;
  beforeEach(() => {
    box = mkdtempSync(join(tmpdir(), 'kw-drain-'));
    mkdirSync(join(box, 'bin'));
    mkdirSync(join(box, 'state'));
    for (const [name, text] of Object.entries({ wanted: 'maxPods: 110\n', has: 'maxPods: 110\n', pods: '', cordoned: '' }))
      writeFileSync(join(box, name), text);
    writeFileSync(
      join(box, 'bin/kubectl'),
      `#!/bin/sh
cd ${box}
echo "$*" >> calls
case "$*" in
*configmap*) [ ! -e no-api ] || exit 1; cat wanted ;;
*'get pods'*) [ ! -e no-api ] || exit 1; cat pods ;;
*eviction*) sed -n 's/.*"name":"\\([^"]*\\)".*/\\1/p' >> evicted; echo >> evicted; if [ -e next ]; then mv next pods; else : > pods; fi; echo '{"status":"Success"}' ;;
*'patch node'*) case "$*" in *'"unschedulable":true'*) echo true > cordoned ;; *) : > cordoned ;; esac ;;
*'get node '*) cat cordoned ;;
esac
`,
    );
    chmodSync(join(box, 'bin/kubectl'), 0o755);
  });
  afterEach(() => rmSync(box, { recursive: true, force: true }));

  const file = (name: string): string => (existsSync(join(box, name)) ? readFileSync(join(box, name), 'utf8') : '');

  /** Runs a part of a task with the host's paths in the box. */
  function run(id: string, part: 'check' | 'apply'): number {
    const task = tasks('worker', context(true)).find((t) => t.id === id);
    if (!task) throw new Error(`no task ${id}`);
    const text = task[part].text
      .replaceAll('/usr/local/bin/kubectl', join(box, 'bin/kubectl'))
      .replaceAll('/var/lib/kubelet/config.yaml', join(box, 'has'))
      .replaceAll('/var/lib/kubewright/kubeadm', join(box, 'state'))
      .replaceAll('sleep 3', ':');
    try {
      execFileSync('sh', ['-euc', text], { stdio: 'pipe' });
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  }

  it('keeps its pods where nothing of that kind changes', () => {
    writeFileSync(join(box, 'wanted'), 'logging: {}\nmaxPods: 110\nserializeImagePulls: false\n');
    expect(run('node/drain', 'check')).toBe(0);
  });

  it('evicts them where it does, but for those of DaemonSets and static ones, and takes them again', () => {
    writeFileSync(join(box, 'wanted'), 'maxPods: 50\nkubeReserved:\n  cpu: 200m\n');
    writeFileSync(
      join(box, 'pods'),
      `${[
        pod('web-1'),
        pod('proxy', { kind: 'DaemonSet' }),
        pod('haproxy', { kind: 'Node' }),
        pod('job', { phase: 'Succeeded' }),
      ].join('\n')}\n`,
    );
    expect(run('node/drain', 'check')).not.toBe(0);
    expect(run('node/drain', 'apply')).toBe(0);
    expect(file('evicted').trim()).toBe('web-1');
    expect(file('cordoned').trim()).toBe('true');
    expect(run('node/drain', 'check')).toBe(0);
    expect(run('node/uncordon', 'check')).not.toBe(0);
    expect(run('node/uncordon', 'apply')).toBe(0);
    expect(run('node/uncordon', 'check')).toBe(0);
    expect(file('cordoned').trim()).toBe('');
  });

  it.each([
    ['any taint', ',:,'],
    ['any taint that keeps pods off', ',node.kubernetes.io/not-ready:NoExecute,,:NoSchedule,'],
    ['a cordoned node', ',node.kubernetes.io/unschedulable:NoSchedule,'],
    ['a cordoned node, whatever its effect', ',node.kubernetes.io/unschedulable:,'],
  ])('lets a pod come back that tolerates %s, and evicts it once', (_, tolerations) => {
    writeFileSync(join(box, 'wanted'), 'maxPods: 50\n');
    writeFileSync(join(box, 'pods'), `${pod('web-1', { uid: 'u1', tolerations })}\n`);
    writeFileSync(join(box, 'next'), `${pod('web-1', { uid: 'u2', tolerations })}\n`);
    expect(run('node/drain', 'apply')).toBe(0);
    expect(file('evicted').trim()).toBe('web-1');
    expect(file('cordoned').trim()).toBe('true');
  });

  it('evicts also what the scheduler had under way when the node was cordoned', () => {
    writeFileSync(join(box, 'wanted'), 'maxPods: 50\n');
    const tolerations = ',node.kubernetes.io/not-ready:NoExecute,,node.kubernetes.io/unreachable:NoExecute,';
    writeFileSync(join(box, 'pods'), `${pod('web-1', { tolerations })}\n`);
    writeFileSync(join(box, 'next'), `${pod('web-2', { tolerations })}\n`);
    expect(run('node/drain', 'apply')).toBe(0);
    expect(file('evicted').trim().split('\n')).toEqual(['web-1', 'web-2']);
  });

  it('stays cordoned where the operator has cordoned it', () => {
    writeFileSync(join(box, 'wanted'), 'maxPods: 50\n');
    writeFileSync(join(box, 'cordoned'), 'true\n');
    expect(run('node/drain', 'apply')).toBe(0);
    expect(run('node/uncordon', 'apply')).toBe(0);
    expect(file('cordoned').trim()).toBe('true');
  });

  it('keeps pods without a controller, which would be gone for good: nothing is changed', () => {
    writeFileSync(join(box, 'wanted'), 'maxPods: 50\n');
    writeFileSync(join(box, 'pods'), `${pod('bare', { kind: '' })}\n`);
    expect(run('node/drain', 'apply')).toBe(1);
    expect(file('evicted')).toBe('');
    expect(file('cordoned')).toBe('');
  });

  it('is not taken for empty when the API does not answer', () => {
    writeFileSync(join(box, 'wanted'), 'maxPods: 50\n');
    writeFileSync(join(box, 'no-api'), '');
    expect(run('node/drain', 'apply')).not.toBe(0);
    expect(existsSync(join(box, 'state/drained'))).toBe(false);
  });
});
