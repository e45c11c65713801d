import type { Cluster, ClusterHost } from '../../cluster/cluster.js';
import type { HostFacts } from '../../facts/facts.js';
import type { Endpoint } from '../../facts/probe.js';
import { pluginOf } from '../network/plugins.js';
import { type GateContext, isNode } from '../role.js';
import type { Problem } from './problem.js';

interface PortUse {
  readonly port: number;
  readonly purpose: string;
  /** Our own programs, which may hold it already. */
  readonly programs: readonly string[];
}

/** Source: https://kubernetes.io/docs/reference/networking/ports-and-protocols/ */
function portsOf(host: ClusterHost): PortUse[] {
  const s = host.settings;
  const out: PortUse[] = [];
  if (host.etcd) {
    out.push(
      { port: 2379, purpose: 'etcd clients', programs: ['etcd'] },
      { port: 2380, purpose: 'etcd peers', programs: ['etcd'] },
    );
  }
  if (host.controlPlane) {
    out.push(
      { port: s.kube_apiserver_port, purpose: 'the API server', programs: ['kube-apiserver'] },
      { port: 10257, purpose: 'the controller manager', programs: ['kube-controller'] },
      { port: 10259, purpose: 'the scheduler', programs: ['kube-scheduler'] },
    );
  } else if (host.worker) {
    out.push(
      { port: s.loadbalancer_apiserver_port, purpose: 'the local load balancer', programs: ['haproxy', 'nginx'] },
      {
        port: s.loadbalancer_apiserver_healthcheck_port,
        purpose: "the local load balancer's health",
        programs: ['haproxy', 'nginx'],
      },
    );
  }
  if (isNode(host)) out.push({ port: 10250, purpose: 'the kubelet', programs: ['kubelet'] });
  return out;
}

/** Ports in use, firewalls between the hosts, a first control plane that is not a node. */
export function networkChecks(ctx: GateContext): Problem[] {
  return [
    ...ctx.cluster.hosts.flatMap((host) => {
      const facts = ctx.allFacts.get(host.name);
      return facts ? [...portsInUse(host, facts), ...unreachable(ctx.cluster, host, facts)] : [];
    }),
    ...firstControlPlane(ctx),
  ];
}

function portsInUse(host: ClusterHost, f: HostFacts): Problem[] {
  return portsOf(host).flatMap(({ port, purpose, programs }) => {
    const other = f.listening.find((l) => l.port === port && l.program !== '' && !programs.some((p) => l.program.startsWith(p)));
    if (!other) return [];
    return [
      {
        check: 'ports',
        where: host.name,
        what: `Port ${port} is in use by ${other.program}`,
        why: `It is needed for ${purpose}`,
        fix: `Stop ${other.program}, or move it to another port (ss -ltnp shows it)`,
      },
    ];
  });
}

function unreachable(cluster: Cluster, host: ClusterHost, f: HostFacts): Problem[] {
  if (f.unreachable.length === 0) return [];
  const list = f.unreachable.map((u) => u.endpoint);
  const shown = list.length > 6 ? `${list.slice(0, 6).join(', ')} and ${list.length - 6} more` : list.join(', ');
  return [
    {
      check: 'reachability',
      where: host.name,
      what: `It cannot reach ${shown}`,
      why: f.unreachable.some((u) => u.why === 'timeout')
        ? 'Nothing answers: a firewall drops it, or the address is wrong'
        : 'There is no route, or a firewall refuses it (firewalld says so)',
      fix: `Open between the hosts: ${traffic(cluster).join(', ')}; see access_ip if they have several addresses`,
    },
  ];
}

/**
 * What a cluster's hosts send each other.
 * Source: https://kubernetes.io/docs/reference/networking/ports-and-protocols/ and
 * https://docs.tigera.io/calico/latest/getting-started/kubernetes/requirements#network-requirements
 */
function traffic({ settings: s }: Cluster): string[] {
  return [
    'etcd (2379, 2380)',
    `the API (${s.kube_apiserver_port})`,
    'the kubelets (10250)',
    ...(pluginOf(s).traffic?.(s) ?? []),
    `node ports (${s.kube_apiserver_node_port_range})`,
  ];
}

/** With nodes but no first control plane, kubeadm init would make a second cluster on the first one's etcd. */
function firstControlPlane(ctx: GateContext): Problem[] {
  const [first, ...others] = ctx.cluster.controlPlane;
  if (!first || ctx.allFacts.get(first.name)?.isNode !== false) return [];
  const alive = others.filter((h) => ctx.allFacts.get(h.name)?.isNode);
  if (alive.length === 0) return [];
  return [
    {
      check: 'first-control-plane',
      where: first.name,
      what: `The first control plane of the inventory is not a node, but ${alive.map((h) => h.name).join(', ')} are`,
      why: 'Initialising it would make a second cluster over the first one',
      fix: `Put a control plane that is a node (${alive[0]?.name}) first in kube_control_plane; ${first.name} then joins it`,
    },
  ];
}

/** What `host` must be able to reach. Only silence counts as a failure, so nothing needs to listen yet. */
export function endpointsFor(cluster: Cluster, host: ClusterHost): Endpoint[] {
  const out: Endpoint[] = [];
  const others = (list: readonly ClusterHost[]): ClusterHost[] => list.filter((h) => h !== host);
  if (host.etcd) for (const h of others(cluster.etcd)) out.push({ address: h.accessIp, port: 2380 });
  if (host.controlPlane) for (const h of others(cluster.etcd)) out.push({ address: h.accessIp, port: 2379 });
  if (isNode(host)) {
    for (const h of others(cluster.controlPlane)) out.push({ address: h.accessIp, port: cluster.settings.kube_apiserver_port });
  }
  // From one control plane only: three times two hundred kubelets would be a port scan.
  if (host === cluster.controlPlane[0]) for (const h of others(cluster.workers)) out.push({ address: h.accessIp, port: 10250 });
  return out;
}
