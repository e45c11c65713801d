import type { ClusterHost } from '../../cluster/cluster.js';
import { minorOf } from '../../cluster/versions.js';
import type { HostFacts } from '../../facts/facts.js';
import { OS_FAMILIES, supportedFamily } from '../os/families.js';
import { isTooOld } from '../os/family.js';
import { modulesFor } from '../os/modules.js';
import { type GateContext, isNode } from '../role.js';
import type { Problem } from './problem.js';

/** MB of free space: binaries, images and etcd of a small cluster. */
const DISK_MB = { '/var/lib': 4000, '/usr/local': 500 } as const;
/** What the kubelet refuses to start without. Source: kubelet's pkg/kubelet/cm/container_manager_linux.go */
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids'];
export const NEEDED_TOOLS = ['tar', 'sha256sum', 'timeout', 'setsid'];

/** One host by itself: system, size, kernel. */
export function hostChecks(ctx: GateContext): Problem[] {
  return ctx.cluster.hosts.flatMap((host) => {
    const facts = ctx.allFacts.get(host.name);
    return facts ? [...system(host, facts), ...size(host, facts), ...kernel(host, facts), ...resolver(host, facts)] : [];
  });
}

function system(host: ClusterHost, f: HostFacts): Problem[] {
  const out: Problem[] = [];
  const where = host.name;
  const family = supportedFamily(f);
  if (!family) {
    out.push({
      check: 'os',
      where,
      what: `${f.os.pretty || 'this system'} is not supported`,
      fix: `Use ${OS_FAMILIES.map((o) => o.releases).join(', or ')}`,
    });
  } else if (family.oldest && isTooOld(family, f)) {
    const { why, otherwise } = family.oldest;
    out.push({
      check: 'os-version',
      where,
      what: `${f.os.pretty || `${f.os.id} ${f.os.version}`} is too old`,
      why,
      fix: `Use ${family.releases}${otherwise === undefined ? '' : `, or ${otherwise} and skip this check`}`,
    });
  }
  if (f.readOnlyUsr) {
    out.push({
      check: 'read-only-usr',
      where,
      what: `/usr is read-only on ${f.os.pretty || 'this system'}`,
      why: 'Its packages cannot be installed while it runs (Fedora CoreOS, Flatcar and other image-based systems)',
      fix: 'Use a system whose package manager installs packages, or mount /usr writable',
    });
  }
  if (f.arch !== 'amd64' && f.arch !== 'arm64') {
    out.push({
      check: 'arch',
      where,
      what: `There are no Kubernetes binaries for ${f.arch}`,
      fix: 'Use hosts with amd64 or arm64',
    });
  }
  if (f.init !== 'systemd') {
    out.push({
      check: 'systemd',
      where,
      what: `Process 1 is ${f.init || 'unknown'}, not systemd`,
      fix: 'Use a system that boots with systemd',
    });
  }
  const missing = NEEDED_TOOLS.filter((t) => !f.tools.has(t));
  if (missing.length > 0) {
    out.push({
      check: 'tools',
      where,
      what: `Programs are missing: ${missing.join(', ')}`,
      fix: 'Install tar, coreutils and util-linux',
    });
  }
  return out;
}

function size(host: ClusterHost, f: HostFacts): Problem[] {
  const out: Problem[] = [];
  const s = host.settings;
  const role = host.controlPlane ? 'a control plane' : host.worker ? 'a worker' : 'an etcd member';
  const needed = host.controlPlane ? s.minimal_master_memory_mb : s.minimal_node_memory_mb;
  if (f.memoryMb < needed) {
    out.push({
      check: 'memory',
      where: host.name,
      what: `${f.memoryMb} MB of memory is too little for ${role}: it needs ${needed} MB`,
      fix: `Give the host more memory, or set ${host.controlPlane ? 'minimal_master_memory_mb' : 'minimal_node_memory_mb'}`,
    });
  }
  // A host that is a node has used the space already.
  if (!f.isNode) {
    for (const [path, mb] of Object.entries(DISK_MB)) {
      const free = f.diskFreeMb[path];
      if (free !== undefined && free < mb) {
        out.push({
          check: 'disk',
          where: host.name,
          what: `${free} MB are free under ${path}, ${mb} MB are needed`,
          fix: `Free some space, or give ${path} a larger disk`,
        });
      }
    }
  }
  if (s.kubelet_fail_swap_on && f.swapMb > 0 && f.isNode) {
    out.push({
      check: 'swap',
      where: host.name,
      what: `Swap of ${f.swapMb} MB is on again`,
      why: 'The kubelet does not start again with swap',
      fix: 'Run swapoff -a and remove it from /etc/fstab, or set kubelet_fail_swap_on: false',
    });
  }
  return out;
}

function kernel(host: ClusterHost, f: HostFacts): Problem[] {
  if (!isNode(host)) return [];
  const out: Problem[] = [];
  const where = host.name;
  const controllers = CONTROLLERS.filter((c) => !f.cgroup.controllers.includes(c));
  if (controllers.length > 0) {
    out.push({
      check: 'cgroups',
      where,
      what: `The kernel lacks these cgroup controllers: ${controllers.join(', ')}`,
      fix: 'Boot with cgroup_enable=memory (or without cgroup_disable=…) and check /proc/cgroups',
    });
  }
  const s = host.settings;
  const absent = modulesFor(s)
    .map((m) => m.name)
    .filter((m) => f.modules[m] === false);
  if (absent.length > 0) {
    out.push({
      check: 'modules',
      where,
      what: `The kernel ${f.kernel} lacks: ${absent.join(', ')}`,
      fix: moreModules(f, absent),
    });
  }
  if (f.cgroup.version === 1 && s.kubelet_fail_cgroup_v1 !== false && minorOf(s.kube_version) >= 35) {
    out.push({
      check: 'cgroup-v1',
      where,
      what: `Kubernetes ${s.kube_version} does not start on cgroup v1`,
      fix: 'Boot with systemd.unified_cgroup_hierarchy=1, or set kubelet_fail_cgroup_v1: false',
    });
  }
  return out;
}

/** CoreDNS asks the name servers that its node's kubelet hands on; an address of the loopback is CoreDNS itself there. */
function resolver(host: ClusterHost, f: HostFacts): Problem[] {
  const s = host.settings;
  const loops = f.nameservers.filter((a) => a.startsWith('127.') || a === '::1');
  // A node has pods that run with what it has.
  if (!isNode(host) || f.isNode || s.dns_mode === 'none' || s.kubelet_resolv_conf !== undefined || loops.length === 0) return [];
  return [
    {
      check: 'resolver',
      where: host.name,
      what: `Its /etc/resolv.conf names ${loops.join(', ')}, which is the pod itself in a pod`,
      why: 'CoreDNS would ask itself and end with "Loop detected"',
      fix: 'Set kubelet_resolv_conf to a file that names the servers behind the local one',
    },
  ];
}

/** Without these modules the cluster works with another setting. */
const WITHOUT: Readonly<Record<string, string>> = {
  ip_vs: 'set kube_proxy_mode: iptables',
  vxlan: 'set calico_network_backend: bird and calico_vxlan_mode: Never',
  ipip: 'set calico_ipip_mode: Never',
  wireguard: 'remove calico_wireguard_enabled',
};

function moreModules(f: HostFacts, absent: readonly string[]): string {
  // Images of EL for clouds lack the package, Ubuntu's for Raspberry Pi too.
  const install =
    supportedFamily(f)?.name === 'rhel'
      ? `Run dnf install kernel-modules-extra-${f.kernel}`
      : `Install the distribution's full kernel (linux-modules-extra) and reboot`;
  const others = absent.map((m) => WITHOUT[m]);
  return others.every((o) => o !== undefined) ? `${install}, or ${others.join(', ')}` : install;
}
