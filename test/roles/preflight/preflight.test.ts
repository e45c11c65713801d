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
    [
      'a Debian whose glibc is too old',
      { 'w101-k8s': { os: { id: 'debian', like: ['debian'], version: '11', pretty: 'Debian 11' } } },
      /^os-version: w101-k8s: Debian 11 is too old/,
    ],
    [
      'an Ubuntu whose glibc is too old',
      { 'w101-k8s': { os: { id: 'ubuntu', like: ['ubuntu', 'debian'], version: '20.04', pretty: 'Ubuntu 20.04' } } },
      /^os-version: w101-k8s: Ubuntu 20.04 is too old/,
    ],
    ['a read-only /usr', { 'w101-k8s': { readOnlyUsr: true } }, /^read-only-usr: w101-k8s: \/usr is read-only on Debian/],
    [
      'a resolver on the loopback',
      { 'w101-k8s': { nameservers: ['127.0.0.1', '192.168.1.1'] } },
      /^resolver: w101-k8s: Its \/etc\/resolv.conf names 127.0.0.1,/,
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
    [
      'a wrong clock of a slow host',
      { 'w101-k8s': { clockAheadMs: -20_000, clockDelayMs: 8_000 } },
      /^clock: w101-k8s: Its clock is 12 s behind/,
    ],
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

  it.each<[string, Partial<HostFacts>]>([
    ['Rocky 8.10', { os: { id: 'rocky', like: ['rocky', 'rhel', 'fedora'], version: '8.10', pretty: 'Rocky Linux 8.10' } }],
    ['Oracle 8', { os: { id: 'ol', like: ['ol', 'fedora'], version: '8.9', pretty: 'Oracle Linux 8.9' } }],
  ])('refuses %s, says why and what will do', (_, over) => {
    const cluster = sampleCluster();
    const facts = clusterFacts(cluster, {
      'w101-k8s': { ...over, tools: new Set(['dnf', 'tar', 'sha256sum', 'timeout', 'setsid']) },
    });
    expect(problems({ cluster, allFacts: facts })).toMatchObject([
      { check: 'os-version', why: expect.stringMatching(/iptables-nft.*4\.18/), fix: 'Use RHEL, Rocky or Alma 9 or newer' },
    ]);
  });

  it.each<[string, Partial<HostFacts>]>([
    ['Ubuntu 22.04', { os: { id: 'ubuntu', like: ['ubuntu', 'debian'], version: '22.04', pretty: 'Ubuntu 22.04' } }],
    [
      'Debian testing, which has no number',
      { os: { id: 'debian', like: ['debian'], version: '', pretty: 'Debian GNU/Linux trixie/sid' } },
    ],
    [
      'a derivative with numbers of its own',
      { os: { id: 'linuxmint', like: ['linuxmint', 'ubuntu', 'debian'], version: '6', pretty: 'LMDE 6' } },
    ],
    ['a node that has the loopback in its resolv.conf', { nameservers: ['127.0.0.1'], isNode: true }],
  ])('lets %s pass', (_, over) => {
    expect(check({ 'm11-k8s': over, 'm12-k8s': over, 'm13-k8s': over, 'w101-k8s': over, 'w102-k8s': over })).toEqual([]);
  });

  it('does not take an answer that was held up on its way for a wrong clock', () => {
    expect(check({ 'w101-k8s': { clockAheadMs: -9_000, clockDelayMs: 9_200 } })).toEqual([]);
    expect(check({ 'w101-k8s': { clockAheadMs: 6_000, clockDelayMs: 9_200 } })).toHaveLength(1);
  });

  it('leaves resolv.conf to the user who names another one', () => {
    const facts = { 'w101-k8s': { nameservers: ['127.0.0.1'] } };
    expect(check(facts, { vars: { kubelet_resolv_conf: '/run/upstream/resolv.conf' } })).toEqual([]);
    expect(check(facts, { vars: { dns_mode: 'none' } })).toEqual([]);
  });

  it('names what must pass a firewall by what the settings use', () => {
    const fixOf = (vars: SampleOptions['vars']): string | undefined => {
      const cluster = sampleCluster({ vars });
      const unreachable = [{ endpoint: '192.168.1.11:6443', why: 'no route' as const }];
      return problems({ cluster, allFacts: clusterFacts(cluster, { 'w101-k8s': { unreachable } }) })[0]?.fix;
    };
    expect(fixOf({})).toMatch(/etcd \(2379, 2380\).*6443.*10250.*VXLAN \(4789\/udp\).*node ports \(30000-32767\)/);
    const bird = fixOf({ calico_network_backend: 'bird', calico_vxlan_mode: 'Never', calico_ipip_mode: 'Always' });
    expect(bird).toMatch(/IP-in-IP \(IP protocol 4\), BGP \(179\)/);
    expect(bird).not.toMatch(/VXLAN/);
  });
});
