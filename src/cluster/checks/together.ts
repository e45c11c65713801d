import type { ErrorParts } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import type { ClusterHost } from '../cluster.js';
import type { ClusterSettings } from '../settings.js';

/** Ports that a node's programs listen on, besides those of the settings. */
const PORTS = {
  2379: 'etcd',
  2380: 'etcd',
  10250: 'the kubelet',
  10256: 'kube-proxy',
  10257: 'the controller manager',
  10259: 'the scheduler',
};

/** Settings that are right alone and wrong together. */
export function togetherProblems(
  s: ClusterSettings,
  hosts: readonly ClusterHost[],
  where: (name: string) => Place | undefined,
): ErrorParts[] {
  return [...portProblems(s, hosts, where), ...etcdTimes(s, where)];
}

function portProblems(
  s: ClusterSettings,
  hosts: readonly ClusterHost[],
  where: (name: string) => Place | undefined,
): ErrorParts[] {
  const out: ErrorParts[] = [];
  const [first = 0, last = 0] = s.kube_apiserver_node_port_range.split('-').map(Number);
  const local = s.loadbalancer_apiserver_localhost && hosts.some((h) => h.worker && !h.controlPlane);
  const own: readonly (readonly [number, string, string])[] = [
    [s.kube_apiserver_port, 'the API server', 'kube_apiserver_port'],
    ...(local
      ? ([
          [s.loadbalancer_apiserver_port, 'the local load balancer', 'loadbalancer_apiserver_port'],
          [
            s.loadbalancer_apiserver_healthcheck_port,
            'the health of the local load balancer',
            'loadbalancer_apiserver_healthcheck_port',
          ],
        ] as const)
      : []),
  ];
  const taken = [...own, ...Object.entries(PORTS).map(([port, whose]) => [Number(port), whose, ''] as const)];
  const inside = taken.find(([port]) => port >= first && port <= last);
  if (inside)
    out.push({
      what: `kube_apiserver_node_port_range ${s.kube_apiserver_node_port_range} holds port ${inside[0]} of ${inside[1]}`,
      where: where('kube_apiserver_node_port_range') ?? where(inside[2]),
      why: 'A Service that gets this port would take it from the node',
      fix: 'Choose another range, like 30000-32767',
    });
  for (const [i, [port, whose, name]] of own.entries()) {
    const other = taken.find(
      ([p, , n], at) => p === port && at !== i && (at > i || n === '') && !(isServer(name) && isServer(n)),
    );
    if (other)
      out.push({
        what: `${name} ${port} is the port of ${other[1]} too`,
        where: where(name) ?? where(other[2]),
        fix: `Choose another port for ${whose}`,
      });
  }
  if (local && s.loadbalancer_apiserver_port !== s.kube_apiserver_port)
    out.push({
      what: `loadbalancer_apiserver_port ${s.loadbalancer_apiserver_port} is not kube_apiserver_port ${s.kube_apiserver_port}`,
      where: where('loadbalancer_apiserver_port') ?? where('kube_apiserver_port'),
      why: 'kube-proxy has one address for all nodes: on control planes the API server listens there, on workers the load balancer',
      fix: `Write loadbalancer_apiserver_port: ${s.kube_apiserver_port}`,
    });
  return out;
}

/** They run on different hosts. */
function isServer(name: string): boolean {
  return name === 'kube_apiserver_port' || name === 'loadbalancer_apiserver_port';
}

/** Source: Config.Validate in etcd/server/embed/config.go */
function etcdTimes(s: ClusterSettings, where: (name: string) => Place | undefined): ErrorParts[] {
  const { etcd_heartbeat_interval: beat, etcd_election_timeout: election } = s;
  const place = where('etcd_election_timeout') ?? where('etcd_heartbeat_interval');
  if (election < 5 * beat)
    return [
      {
        what: `etcd_election_timeout ${election} is less than five times etcd_heartbeat_interval ${beat}`,
        where: place,
        why: 'etcd refuses to start with it',
        fix: `Write etcd_election_timeout: ${10 * beat}`,
      },
    ];
  if (election > 50_000)
    return [
      {
        what: `etcd_election_timeout ${election} is more than 50000`,
        where: place,
        why: 'etcd refuses to start with it',
        fix: 'Write milliseconds: 5000 is usual',
      },
    ];
  return [];
}
