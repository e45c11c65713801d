import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
  const cluster = sampleCluster({ vars: { bin_dir: box } });
  return roles.find((r) => r.name === role)?.tasks(roleContext(cluster, host)) ?? [];
}
const ids = (list: readonly Task[]): string[] => list.map((t) => t.id);
const ofBalancers = (role: string, o: Case): string[] =>
  ids(tasks(role, 'w101-k8s', o)).filter((id) => id.startsWith('apiserver-lb/'));

let box = '';
beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), 'kw-remove-'));
});
afterEach(() => rmSync(box, { recursive: true, force: true }));

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

describe('the API server of a control plane that leaves', () => {
  const o = { removed: ['m11-k8s', 'w101-k8s'] };

  function program(name: string, text: string): void {
    const path = join(box, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  }

  function run(part: 'check' | 'apply'): boolean {
    const [task] = tasks('remove-reset', 'm11-k8s', o);
    const { status } = spawnSync('sh', ['-euc', task?.[part].text ?? 'exit 9'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${box}:${process.env.PATH}`, KW_DIR: box, KW_N: '1' },
    });
    return status === 0;
  }

  it('ends first in the reset, and no worker has such a task', () => {
    expect(ids(tasks('remove-reset', 'm11-k8s', o)).slice(0, 2)).toEqual(['remove/api-server', 'reset/units']);
    expect(ids(tasks('remove-reset', 'w101-k8s', o))[0]).toBe('reset/units');
  });

  it.each([
    ['', 'exit 0'],
    [', or is left to the reset', 'exit 1'],
  ])('gets 5 s for what it is answering%s', (_, stop) => {
    program('systemctl', `echo "systemctl $*" >> ${box}/log`);
    program(
      'crictl',
      `case $1 in ps) [ -e ${box}/gone ] || echo one ;; stop) echo "crictl $*" >> ${box}/log; (${stop}) || exit 1; : > ${box}/gone ;; esac`,
    );
    expect(run('check')).toBe(false);
    expect(run('apply')).toBe(true);
    expect(readFileSync(join(box, 'log'), 'utf8')).toBe('systemctl stop kubelet.service\ncrictl stop -t 5 one\n');
    expect(run('check')).toBe(true);
    rmSync(join(box, 'ran.1'));
    // Another run ends it again, if it is still there.
    expect(run('check')).toBe(existsSync(join(box, 'gone')));
  });

  it('has ended where there is no crictl any more', () => {
    expect(run('check')).toBe(true);
  });
});
