import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../../src/engine/program/compile.js';
import { loadPlaybook } from '../../src/playbook/playbook.js';
import { adopt } from '../../src/roles/day-two/adopt/adopt.js';
import { certsRenew } from '../../src/roles/day-two/certs/renew.js';
import { etcdDefrag, etcdDefragLeader } from '../../src/roles/day-two/etcd/defrag.js';
import { recoverSnapshot } from '../../src/roles/day-two/etcd/recover.js';
import { etcdRestore } from '../../src/roles/day-two/etcd/restore.js';
import { etcdSnapshot } from '../../src/roles/day-two/etcd/snapshot.js';
import { remove } from '../../src/roles/day-two/remove/remove.js';
import { reset } from '../../src/roles/day-two/reset/reset.js';
import { rollbackAll } from '../../src/roles/day-two/rollback/rollback-all.js';
import { rollbackNodes } from '../../src/roles/day-two/rollback/rollback-nodes.js';
import { upgrade } from '../../src/roles/day-two/upgrade/upgrade.js';
import { ROLES } from '../../src/roles/registry.js';
import type { Role } from '../../src/roles/role.js';
import { roleContext } from '../support/cluster.js';
import { testShells } from '../support/local.js';
import { render } from './render.js';
import { variant } from './variants.js';

const FILES = join(import.meta.dirname, 'day-two');
const { cluster } = variant('default');
const STAMP = '20261129T034500Z';
const snapshot = { name: 'the snapshot of etcd', sha256: 'a'.repeat(64), size: 4_000_032 };

const REMOVE = remove({
  removed: ['m11-k8s', 'w102-k8s'],
  dead: new Set(['w102-k8s']),
  coordinator: 'm12-k8s',
  member: 'm12-k8s',
  drainTimeout: 300,
  force: false,
});
/** Roles of `remove` that do nothing on its coordinator, or what others have files for. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'remove-balancers': ['w101-k8s'],
  'remove-keep-ca': ['m11-k8s'],
  'remove-receive-ca': [],
  'remove-reset': [],
  'remove-tidy': ['w101-k8s'],
};

const UPGRADE = upgrade({
  snapshotOf: 'm12-k8s',
  stamp: STAMP,
  coordinator: 'm11-k8s',
  batches: [['w101-k8s', 'w102-k8s']],
  drainTimeout: 300,
});
/** Roles of `upgrade` that have a file: the others do what those of an installation do. */
const UPGRADED: Readonly<Record<string, readonly string[]>> = {
  'upgrade-fetch': ['m11-k8s', 'w101-k8s'],
  'upgrade-member': ['m11-k8s'],
  'upgrade-control-plane': ['m11-k8s', 'm12-k8s'],
  'upgrade-drain': ['m11-k8s'],
  'upgrade-worker': ['w101-k8s'],
  'upgrade-uncordon': ['m11-k8s'],
};

const ROLLBACK = [
  ...rollbackNodes({ nodes: ['w101-k8s'], begun: ['m12-k8s'], coordinator: 'm11-k8s', drainTimeout: 300 }),
  ...rollbackAll({ snapshot, stamp: STAMP }).filter((r) => r.name.startsWith('rollback-')),
];
/** Roles of `rollback` that have a file: the others do what those of an upgrade or a restore do. */
const ROLLED_BACK: Readonly<Record<string, readonly string[]>> = {
  'rollback-begun': ['m12-k8s'],
  'rollback-node': ['w101-k8s'],
  'rollback-programs': ['m11-k8s'],
};

/** What operations on a living cluster do to hosts: the role, and the hosts that are worth reading. */
const CASES: readonly (readonly [Role, ...string[]])[] = [
  [etcdSnapshot({ member: 'm12-k8s', stamp: STAMP }), 'm12-k8s'],
  [recoverSnapshot(STAMP), 'm11-k8s'],
  [adopt(JSON.stringify({ schema: 1, settings: { kube_version: '1.35.4' }, hosts: {} })), 'm11-k8s'],
  [etcdDefrag, 'm11-k8s'],
  [etcdDefragLeader, 'm11-k8s'],
  ...etcdRestore({ snapshot, stamp: STAMP }).map((role) => [role, 'm11-k8s'] as const),
  ...certsRenew.map((role) => [role, 'm11-k8s'] as const),
  [reset, 'm11-k8s', 'w101-k8s'],
  ...REMOVE.map((role) => [role, ...(ELSEWHERE[role.name] ?? ['m12-k8s'])] as const),
  ...UPGRADE.map((role) => [role, ...(UPGRADED[role.name] ?? [])] as const),
  ...ROLLBACK.map((role) => [role, ...(ROLLED_BACK[role.name] ?? [])] as const),
];
const PAIRS = CASES.flatMap(([role, ...hosts]) => hosts.map((host) => [role.name, host, role] as const));

const root = mkdtempSync(join(tmpdir(), 'kubewright-day-two-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('programs of the operations on a living cluster', () => {
  it.each(PAIRS)('%s on %s', async (name, host, role) => {
    const text = render(role.tasks(roleContext(cluster, host)));
    expect(text).not.toBe('');
    await expect(text).toMatchFileSnapshot(join(FILES, `${name}.${host}.sh`));
  });

  it('restore only onto the members that are left', () => {
    const [prepare] = etcdRestore({ snapshot, stamp: STAMP, lost: ['m12-k8s', 'm13-k8s'] });
    const text = render(prepare?.tasks(roleContext(cluster, 'm11-k8s')) ?? []);
    expect(text).toMatch(/--initial-cluster '?etcd1=https:\/\/192\.168\.1\.11:2380'? --initial/);
  });

  it('are the roles that the playbooks of the package name beside those of an installation', async () => {
    const folder = join(import.meta.dirname, '../../playbooks');
    const named = await Promise.all(readdirSync(folder).map(async (f) => (await loadPlaybook(join(folder, f))).plays));
    const roles = named.flat().flatMap((play) => play.roles.map((r) => r.name));
    const ours = [...CASES.map(([role]) => role), ...REMOVE, ...UPGRADE, ...ROLLBACK].map((role) => role.name);
    expect(new Set(roles.filter((name) => !ROLES.has(name)))).toEqual(new Set(ours));
  });

  it('have no file but those', () => {
    expect(readdirSync(FILES).toSorted()).toEqual(PAIRS.map(([name, host]) => `${name}.${host}.sh`).toSorted());
  });

  it.each(testShells().filter((s) => s.command !== undefined))('are shell to $name', (shell) => {
    const [file = 'sh', ...args] = shell.command ?? [];
    for (const [name, host, role] of PAIRS) {
      const { program } = compileProgram({
        run: 'r',
        play: name,
        host,
        nonce: 'abcdef0123456789',
        tasks: role.tasks(roleContext(cluster, host)),
        check: false,
        diff: false,
        cacheDir: root,
        dir: root,
      });
      const path = join(root, 'program');
      writeFileSync(path, program);
      const { status, stderr } = spawnSync(file, [...args, '-n', path], { encoding: 'utf8' });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
    }
  });
});
