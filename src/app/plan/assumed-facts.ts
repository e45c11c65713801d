import type { Cluster } from '../../cluster/cluster.js';
import type { HostFacts } from '../../facts/facts.js';

/**
 * Facts assumed before the hosts are reached: those of fresh Debian hosts. Good enough to list tasks and to see which hosts
 * need others, but not to run anything.
 */
export function assumedFacts(cluster: Cluster | undefined, arch = 'amd64'): ReadonlyMap<string, HostFacts> {
  return new Map((cluster?.hosts ?? []).map((h) => [h.name, { ...FRESH, arch, hostname: h.name, addresses: [h.ip] }]));
}

const FRESH: HostFacts = {
  os: { id: 'debian', like: ['debian'], version: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
  arch: 'amd64',
  kernel: '6.1.0',
  hostname: '',
  machineId: '',
  init: 'systemd',
  memoryMb: 4096,
  swapMb: 0,
  diskFreeMb: {},
  clockAheadMs: 0,
  clockDelayMs: 0,
  addresses: [],
  cgroup: { version: 2, controllers: [] },
  modules: {},
  readOnlyUsr: false,
  nameservers: [],
  listening: [],
  tools: new Set(['apt-get']),
  isNode: false,
  unreachable: [],
};
