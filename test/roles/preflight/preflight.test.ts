import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/facts/facts.js';
import { problems } from '../../../src/roles/preflight/preflight.js';
import { clusterFacts, type SampleOptions, sampleCluster } from '../../support/cluster.js';

function check(facts: Readonly<Record<string, Partial<HostFacts>>>, o: SampleOptions = {}): string[] {
  const cluster = sampleCluster(o);
  return problems({ cluster, allFacts: clusterFacts(cluster, facts) }).map((p) => `${p.check}: ${p.where}: ${p.what}`);
}

describe('preflight', () => {
  it('finds nothing wrong with good machines', () => {
    expect(check({})).toEqual([]);
  });

  it.each<[string, Record<string, Partial<HostFacts>>, RegExp]>([
    [
      'a strange system',
      { 'w101-k8s': { os: { id: 'alpine', like: ['alpine'], version: '3', pretty: 'Alpine' } } },
      /^os: w101-k8s: Alpine/,
    ],
    ['a strange CPU', { 'w101-k8s': { arch: 'riscv64' } }, /^arch: w101-k8s: .*riscv64/],
    ['no systemd', { 'w101-k8s': { init: 'init' } }, /^systemd: w101-k8s/],
    [
      'little memory on a master',
      { 'm11-k8s': { memoryMb: 1499 } },
      /^memory: m11-k8s: 1499 MB .* control plane: it needs 1500 MB/,
    ],
    ['little memory on a worker', { 'w101-k8s': { memoryMb: 1023 } }, /^memory: w101-k8s: 1023 MB .* worker: it needs 1024 MB/],
    ['a full disk', { 'w101-k8s': { diskFreeMb: { '/var/lib': 100 } } }, /^disk: w101-k8s: 100 MB are free under \/var\/lib/],
    [
      'the same hostname',
      { 'w101-k8s': { hostname: 'x' }, 'w102-k8s': { hostname: 'x' } },
      /^hostname: w101-k8s, w102-k8s: The same hostname: x/,
    ],
    ['cloned machine-ids', { 'w101-k8s': { machineId: 'x' }, 'w102-k8s': { machineId: 'x' } }, /^machine-id: w101-k8s, w102-k8s/],
    [
      'an address that is not its own',
      { 'w101-k8s': { addresses: ['127.0.0.1', '10.0.2.15'] } },
      /^address: w101-k8s: None of its interfaces/,
    ],
    ['a wrong clock', { 'w101-k8s': { clockAheadMs: 65_000 } }, /^clock: w101-k8s: Its clock is 65 s ahead/],
    ['a slow clock', { 'w101-k8s': { clockAheadMs: -9_000 } }, /^clock: w101-k8s: Its clock is 9 s behind/],
    [
      'a port in use',
      { 'm11-k8s': { listening: [{ port: 6443, program: 'apache2' }] } },
      /^ports: m11-k8s: Port 6443 is in use by apache2/,
    ],
    [
      'missing cgroups',
      { 'w101-k8s': { cgroup: { version: 2, controllers: ['cpu', 'cpuset', 'pids'] } } },
      /^cgroups: w101-k8s: .*memory/,
    ],
    [
      'a kernel without modules',
      { 'w101-k8s': { modules: { overlay: false, br_netfilter: true, nf_conntrack: true } } },
      /^modules: w101-k8s: .*overlay/,
    ],
    [
      'a kernel without VXLAN',
      { 'w101-k8s': { modules: { overlay: true, vxlan: false } } },
      /^modules: w101-k8s: The kernel 6\.1\.0-18-amd64 lacks: vxlan/,
    ],
    ['swap that is on again on a node', { 'w101-k8s': { isNode: true, swapMb: 512 } }, /^swap: w101-k8s: Swap of 512 MB/],
    [
      'a firewall',
      { 'w101-k8s': { unreachable: [{ endpoint: '192.168.1.11:6443', why: 'timeout' }] } },
      /^reachability: w101-k8s: It cannot reach 192\.168\.1\.11:6443/,
    ],
    ['a first master that is none', { 'm12-k8s': { isNode: true } }, /^first-control-plane: m11-k8s/],
    ['missing programs', { 'w101-k8s': { tools: new Set(['systemctl', 'apt-get']) } }, /^tools: w101-k8s: .*tar/],
  ])('reports %s', (_name, facts, expected) => {
    const found = check(facts);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('knows its own programs behind the ports', () => {
    expect(
      check({
        'm11-k8s': {
          isNode: true,
          listening: [
            { port: 6443, program: 'kube-apiserver' },
            { port: 2379, program: 'etcd' },
          ],
        },
      }),
    ).toEqual([]);
  });

  it('reports everything at once, and passes over what it is told to', () => {
    const bad = { 'm11-k8s': { memoryMb: 100 }, 'w101-k8s': { arch: 'mips', memoryMb: 100 } };
    expect(check(bad)).toHaveLength(3);
    expect(check(bad, { vars: { kubewright_preflight_ignore: ['memory'] } })).toHaveLength(1);
  });

  it('wants cgroup v2 from 1.35 on unless told otherwise', () => {
    const v1 = { 'w101-k8s': { cgroup: { version: 1 as const, controllers: ['cpu', 'cpuset', 'memory', 'pids'] } } };
    expect(check(v1, { vars: { kube_version: '1.34.11' } })).toEqual([]);
    expect(check(v1, { vars: { kube_version: '1.35.8' } })[0]).toMatch(/^cgroup-v1: w101-k8s/);
    expect(check(v1, { vars: { kube_version: '1.35.8', kubelet_fail_cgroup_v1: false } })).toEqual([]);
  });
});
