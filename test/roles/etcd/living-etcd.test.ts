import { describe, expect, it } from 'vitest';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { etcd } from '../../../src/roles/etcd/etcd.js';
import { etcdCertsRole, etcdSign } from '../../../src/roles/etcd/etcd-certs.js';
import type { RoleContext } from '../../../src/roles/role.js';
import { Secret } from '../../../src/shell/secret.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { type Edit, livingFacts } from '../../support/living.js';

const KEY = '-----BEGIN EC PRIVATE KEY-----\nsecret\n-----END EC PRIVATE KEY-----';
const noKey: Edit = (t) => t.replace(/^etcd-ca-key.*\n/m, '');
/** A host whose disk is new. */
const emptied: Edit = () => 'clock\t1\narch\tx86_64\n';

function context(host: string, hosts: Readonly<Record<string, Edit>>, etcdGroup?: readonly string[]): RoleContext {
  const allFacts = livingFacts((t) => t, hosts);
  const sample = sampleCluster();
  const cluster = etcdGroup ? { ...sample, etcd: etcdGroup.flatMap((n) => sample.etcd.find((h) => h.name === n) ?? []) } : sample;
  const plain = roleContext(sample, host);
  return {
    ...plain,
    cluster,
    allFacts,
    facts: allFacts.get(host) ?? plain.facts,
    living: livingCluster(allFacts),
    exported: (_from, name) => (name === 'etcd-ca-key' ? new Secret('etcd-ca-key', KEY) : undefined),
  };
}

const ids = (tasks: readonly Task[]): string[] => tasks.map((t) => t.id);
const environment = (ctx: RoleContext): string => etcd.tasks(ctx).find((t) => t.id === 'etcd/env')?.apply.text ?? '';

describe("etcd's authority", () => {
  it('is never made where another host has one, whatever the order of the hosts', () => {
    const only12 = { 'm11-k8s': emptied, 'm13-k8s': noKey };
    const first = context('m11-k8s', only12);
    expect(ids(etcdCertsRole.tasks(first))).not.toContain('etcd-certs/ca');
    expect(etcdSign.tasks(first)).toEqual([]);
    const second = context('m12-k8s', only12);
    const ca = etcdCertsRole.tasks(second).find((t) => t.id === 'etcd-certs/ca');
    expect(ca?.apply.text).not.toContain('openssl req -x509');
    expect(etcdSign.tasks(second).length).toBeGreaterThan(0);
  });

  it('is made on the first host of a cluster that does not exist yet', () => {
    const ctx = roleContext(sampleCluster(), 'm11-k8s');
    expect(etcdCertsRole.tasks(ctx).find((t) => t.id === 'etcd-certs/ca')?.apply.text).toContain('openssl req -x509');
    expect(ids(etcdCertsRole.tasks(roleContext(sampleCluster(), 'm12-k8s')))).not.toContain('etcd-certs/ca');
  });

  it('has its key on every etcd host, as a secret', () => {
    const ctx = context('m12-k8s', { 'm12-k8s': noKey });
    const task = etcd.tasks(ctx).find((t) => t.id === 'etcd/ca-key');
    expect(task?.sensitive).toBe(true);
    expect(task?.apply.text).not.toContain('secret\n');
    const reads = etcdCertsRole.tasks(context('m11-k8s', { 'm12-k8s': noKey })).find((t) => t.id === 'etcd-certs/ca-key-read');
    expect(reads?.sensitive).toBe(true);
  });

  it('does not hand its key over where every etcd host has it', () => {
    expect(ids(etcdCertsRole.tasks(context('m11-k8s', {})))).not.toContain('etcd-certs/ca-key-read');
    expect(ids(etcd.tasks(context('m12-k8s', {})))).not.toContain('etcd/ca-key');
  });
});

describe('the settings of a member', () => {
  it('stay the same for a new order of the hosts', () => {
    const order = ['m13-k8s', 'm11-k8s', 'm12-k8s'];
    expect(environment(context('m12-k8s', {}, order))).toBe(environment(context('m12-k8s', {})));
  });

  it('say new for a new cluster only, and what they said for a member that has its data', () => {
    expect(environment(roleContext(sampleCluster(), 'm11-k8s'))).toContain('ETCD_INITIAL_CLUSTER_STATE=new');
    expect(environment(context('m12-k8s', {}))).toContain('ETCD_INITIAL_CLUSTER_STATE=new');
    const rejoined: Edit = (t) => t.replace('ETCD_INITIAL_CLUSTER_STATE=new', 'ETCD_INITIAL_CLUSTER_STATE=existing');
    expect(environment(context('m12-k8s', { 'm12-k8s': rejoined }))).toContain('ETCD_INITIAL_CLUSTER_STATE=existing');
    expect(environment(context('m12-k8s', { 'm12-k8s': emptied }))).toContain('ETCD_INITIAL_CLUSTER_STATE=existing');
  });
});

describe('a host that is new in the group', () => {
  const unknown: Edit = (t) =>
    t.replaceAll(/^etcd-member.*etcd[23].*\n/gm, '').replace(/(INITIAL_CLUSTER=)\S+/, '$1etcd1=https://192.168.1.11:2380');
  const grown = { 'm11-k8s': unknown, 'm12-k8s': emptied, 'm13-k8s': emptied };

  it('joins as a learner through the members that are there, and is promoted', () => {
    const tasks = etcd.tasks(context('m13-k8s', grown));
    const order = ['etcd/env', 'etcd/join', 'etcd/service', 'etcd/promote', 'etcd/healthy'];
    expect(ids(tasks).filter((id) => order.includes(id))).toEqual(order);
    const join = tasks.find((t) => t.id === 'etcd/join');
    expect(join?.title).toBe('Add this host to etcd, without a vote yet');
    expect(join?.apply.text).toContain('--endpoints https://192.168.1.11:2379 member add etcd3 --learner');
    expect(join?.apply.text).not.toContain('192.168.1.12');
  });

  it('restarts no member that is there', () => {
    const before = environment(context('m11-k8s', { 'm11-k8s': unknown }, ['m11-k8s']));
    expect(environment(context('m11-k8s', grown))).toBe(before);
    expect(before).toContain('ETCD_INITIAL_CLUSTER=etcd1=https://192.168.1.11:2380');
  });
});

describe('a member whose data is gone', () => {
  it('is replaced by a learner before it starts, and promoted before it must be healthy', () => {
    const list = ids(etcd.tasks(context('m12-k8s', { 'm12-k8s': emptied })));
    const order = ['etcd/env', 'etcd/join', 'etcd/service', 'etcd/promote', 'etcd/healthy'];
    expect(list.filter((id) => order.includes(id))).toEqual(order);
  });

  it('leaves the others alone', () => {
    const list = ids(etcd.tasks(context('m11-k8s', { 'm12-k8s': emptied })));
    expect(list.filter((id) => /join|promote/.test(id))).toEqual([]);
  });

  it('is promoted in the next run where the first one was cut off', () => {
    const learner: Edit = (t) => t.replace(/^(etcd-member\t.*etcd2.*), false$/m, '$1, true');
    const list = ids(etcd.tasks(context('m12-k8s', { 'm11-k8s': learner, 'm12-k8s': learner, 'm13-k8s': learner })));
    expect(list.filter((id) => /join|promote/.test(id))).toEqual(['etcd/promote']);
  });
});
