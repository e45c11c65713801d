import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterDns, clusterDnsReady } from '../../../src/roles/apps/dns.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

describe('the cluster DNS', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kubewright-dns-'));
    writeFileSync(join(dir, 'kubectl'), '#!/bin/sh\ncat "$(dirname "$0")/said"\n', { mode: 0o755 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const tasks = (vars: object = {}, facts = {}): readonly Task[] => {
    const cluster = sampleCluster({ vars: { bin_dir: dir, ...vars } });
    const ctx = roleContext(cluster, cluster.hosts[0]?.name ?? '', { facts });
    return [...clusterDns.tasks(ctx), ...clusterDnsReady.tasks(ctx)];
  };
  const ids = (...o: Parameters<typeof tasks>) => tasks(...o).map((t) => t.id);

  it('is installed when the nodes are Ready, and awaited by the run that makes the cluster', () => {
    expect(ids()).toEqual(['dns/service', 'dns/coredns', 'dns/ready']);
    expect(ids({}, { 'm11-k8s': { isNode: true } })).toEqual(['dns/service', 'dns/coredns']);
    // Its pods get no node before somebody brings the network.
    expect(ids({ kube_network_plugin: 'none' })).not.toContain('dns/ready');
    expect(ids({ dns_mode: 'none' })).toEqual([]);
  });

  it.each([
    ['no Deployment yet', '', 1],
    ['no replica yet', ' of 2 replicas of coredns run\n', 1],
    ['one of two', '1 of 2 replicas of coredns run\n', 1],
    ['all', '2 of 2 replicas of coredns run\n', 0],
    ['all of one, none of the other', '2 of 2 replicas of coredns run\n of 1 replicas of other run\n', 1],
  ])('is awaited: %s', (_, said, status) => {
    writeFileSync(join(dir, 'said'), said);
    const check = tasks().find((t) => t.id === 'dns/ready')?.check.text ?? 'exit 9';
    expect(spawnSync('sh', ['-eu', '-c', check], { encoding: 'utf8' })).toMatchObject({
      status,
      stdout: `${said.replace(/\n$/, '')}\n`,
    });
  });
});
