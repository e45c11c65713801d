import type { Cluster } from '../../src/cluster/cluster.js';
import { resolveCluster } from '../../src/cluster/resolve.js';
import type { HostFacts } from '../../src/facts/facts.js';
import type { Group, Host, Inventory } from '../../src/inventory/model/model.js';
import type { Variable, VarValue } from '../../src/inventory/model/values.js';
import type { Artifacts, RoleContext } from '../../src/roles/role.js';
import { Secret } from '../../src/shell/secret.js';

export interface SampleOptions {
  readonly masters?: number;
  readonly workers?: number;
  readonly etcd?: number;
  /** Hosts of calico_rr. */
  readonly reflectors?: readonly string[];
  readonly vars?: Readonly<Record<string, VarValue>>;
  readonly hostVars?: Readonly<Record<string, Readonly<Record<string, VarValue>>>>;
}

const source = { file: 'hosts.ini', line: 1, column: 1 };

/** An inventory as the reader would give it, without reading files. */
export function sampleInventory(o: SampleOptions = {}): Inventory {
  const masters = Array.from({ length: o.masters ?? 3 }, (_, i) => `m1${i + 1}-k8s`);
  const workers = Array.from({ length: o.workers ?? 2 }, (_, i) => `w10${i + 1}-k8s`);
  const names = [...masters, ...workers];
  const hosts = new Map<string, Host>(
    names.map((name, i) => {
      const address = `192.168.1.${11 + i}`;
      const values: Record<string, VarValue> = { ansible_host: address, ip: address, ...o.vars, ...o.hostVars?.[name] };
      const vars = new Map<string, Variable>(Object.entries(values).map(([k, value]) => [k, { value, source }]));
      return [name, { name, source, groups: new Set(['all']), vars }];
    }),
  );
  const group = (name: string, list: string[]): [string, Group] => [name, { name, hosts: list, directHosts: list, children: [] }];
  return {
    files: ['hosts.ini'],
    hosts,
    groups: new Map([
      group('all', names),
      group('kube_control_plane', masters),
      group('kube_node', workers),
      group('etcd', masters.slice(0, o.etcd ?? masters.length)),
      group('k8s_cluster', names),
      group('calico_rr', [...(o.reflectors ?? [])]),
    ]),
  };
}

export function sampleCluster(o: SampleOptions = {}): Cluster {
  return resolveCluster(sampleInventory(o), bundleOption(o)).cluster;
}

/** 1.20 to 1.27 come from bundles only. */
function bundleOption(o: SampleOptions): { bundle?: { name: string; kubeVersion: string } } {
  const version = String(o.vars?.kube_version ?? '');
  return /^1\.2[0-7]\./.test(version) ? { bundle: { name: 'test', kubeVersion: version } } : {};
}

export function sampleFacts(over: Partial<HostFacts> = {}): HostFacts {
  return {
    os: { id: 'debian', like: ['debian'], version: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
    arch: 'amd64',
    kernel: '6.1.0-18-amd64',
    hostname: 'host',
    machineId: 'id',
    init: 'systemd',
    memoryMb: 4096,
    swapMb: 0,
    diskFreeMb: { '/': 20000, '/var/lib': 20000, '/usr/local': 20000 },
    clockAheadMs: 0,
    clockDelayMs: 0,
    addresses: ['127.0.0.1'],
    cgroup: { version: 2, controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'] },
    modules: { overlay: true, br_netfilter: true, nf_conntrack: true, ip_vs: true, ip_set: true, xt_set: true, vxlan: true },
    readOnlyUsr: false,
    nameservers: ['192.168.1.1'],
    listening: [],
    tools: new Set(['systemctl', 'apt-get', 'tar', 'sha256sum', 'timeout', 'setsid']),
    isNode: false,
    unreachable: [],
    ...over,
  };
}

/** Facts of every host, each with its own name, id and address. */
export function clusterFacts(cluster: Cluster, over: Readonly<Record<string, Partial<HostFacts>>> = {}): Map<string, HostFacts> {
  return new Map(
    cluster.hosts.map((h) => [
      h.name,
      sampleFacts({ hostname: h.name, machineId: `id-${h.name}`, addresses: ['127.0.0.1', h.ip], ...over[h.name] }),
    ]),
  );
}

const VERSIONS: Readonly<Record<string, string>> = {
  kubeadm: '1.20.2',
  kubelet: '1.20.2',
  kubectl: '1.20.2',
  etcd: '3.4.23',
  containerd: '1.6.20',
  runc: '1.1.5',
  'cni-plugins': '1.1.1',
  'calico-manifest': '3.30.0',
};

/** A bundle's worth of artifacts with checksums that tell them apart. */
export function sampleArtifacts(): Artifacts {
  const sha = (name: string): string => Buffer.from(name.padEnd(32, '.')).toString('hex').slice(0, 64);
  const image = (ref: string) => ({ name: ref, ref, sha256: sha(ref), size: 1000 });
  const optionalFile: Artifacts['optionalFile'] = (name) => {
    const version = VERSIONS[name];
    if (version === undefined) return undefined;
    const archive = ['etcd', 'containerd', 'cni-plugins'].includes(name);
    const innerDir = name === 'etcd' ? 'etcd-v3.4.23-linux-amd64' : name === 'containerd' ? 'bin' : undefined;
    return {
      name,
      version,
      sha256: sha(name),
      size: 1000,
      kind: archive ? 'tar.gz' : name === 'calico-manifest' ? 'yaml' : 'binary',
      innerDir,
    };
  };
  return {
    offline: true,
    images: [
      image('k8s.gcr.io/kube-apiserver:v1.20.2'),
      image('k8s.gcr.io/kube-proxy:v1.20.2'),
      image('k8s.gcr.io/pause:3.2'),
      image('docker.io/library/haproxy:2.6.12'),
    ],
    optionalFile,
    file(name) {
      const found = optionalFile(name);
      if (!found) throw new Error(`no ${name} in the test's artifacts`);
      return found;
    },
  };
}

export interface ContextOptions {
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>;
}

export function roleContext(cluster: Cluster, hostName: string, o: ContextOptions = {}): RoleContext {
  const host = cluster.hosts.find((h) => h.name === hostName);
  const allFacts = clusterFacts(cluster, o.facts);
  const facts = allFacts.get(hostName);
  if (!host || !facts) throw new Error(`no host ${hostName}`);
  return {
    cluster,
    host,
    facts,
    allFacts,
    exported: (from, name) => o.exports?.[from]?.[name],
    artifacts: sampleArtifacts(),
    secrets: {
      joinToken: new Secret('join-token', 'abcdef.0123456789abcdef'),
      certificateKey: new Secret('certificate-key', 'f'.repeat(64)),
    },
    droppedOut: new Set(),
  };
}
