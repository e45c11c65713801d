import type { ErrorParts } from '../../base/errors.js';
import { isIpv4, parseSubnet } from '../../base/net/ipv4.js';
import type { Place } from '../../base/place.js';
import type { ClusterHost } from '../cluster.js';
import type { ClusterSettings } from '../settings.js';
import { whereOf } from './findings.js';

/** Where a setting of the cluster was written; undefined: nowhere. */
type Where = (name: string) => Place | undefined;

/**
 * Combinations of Calico's settings that carry nothing between nodes, or that calico-node ends at.
 * Source: libcalico-go/lib/validator/v3 (IPPool), node/pkg/lifecycle/startup
 */
export function calicoProblems(s: ClusterSettings, hosts: readonly ClusterHost[], where: Where): ErrorParts[] {
  if (s.kube_network_plugin !== 'calico') return [];
  return [
    ...encapsulation(s, where),
    ...pool(s, where),
    ...(s.calico_network_backend === 'bird' ? bgp(s, hosts, where) : withoutBgp(s, hosts, where)),
  ];
}

function encapsulation(s: ClusterSettings, where: Where): ErrorParts[] {
  const { calico_network_backend: backend, calico_ipip_mode: ipip, calico_vxlan_mode: vxlan } = s;
  const place = where('calico_ipip_mode') ?? where('calico_vxlan_mode') ?? where('calico_network_backend');
  if (ipip !== 'Never' && vxlan !== 'Never') {
    return [
      {
        what: `calico_ipip_mode ${ipip} and calico_vxlan_mode ${vxlan} exclude each other`,
        where: place,
        why: 'calico-node refuses an address pool with both and ends',
        fix: `Write calico_vxlan_mode: Never for IP in IP${where('calico_ipip_mode') ? ', or remove calico_ipip_mode' : ''}`,
      },
    ];
  }
  if (ipip !== 'Never' && backend !== 'bird') {
    return [
      {
        what: `calico_ipip_mode ${ipip} needs BGP, and calico_network_backend is ${backend}`,
        where: place,
        why: 'The routes into the tunnels come from BGP: pods would not reach other nodes',
        fix: 'Write calico_network_backend: bird',
      },
    ];
  }
  if (backend === 'vxlan' && vxlan === 'Never') {
    return [
      {
        what: 'calico_network_backend vxlan with calico_vxlan_mode Never carries nothing between nodes',
        where: where('calico_vxlan_mode') ?? where('calico_network_backend'),
        fix: 'Write calico_network_backend: bird for routes without encapsulation, or remove calico_vxlan_mode',
      },
    ];
  }
  if (backend === 'none' && vxlan !== 'Never') {
    return [
      {
        what: `calico_network_backend none makes no tunnels, and calico_vxlan_mode is ${vxlan}`,
        where: where('calico_vxlan_mode') ?? where('calico_network_backend'),
        why: 'Without a backend Calico enforces policies only, and your network routes the pods',
        fix: 'Write calico_vxlan_mode: Never if it does, or calico_network_backend: vxlan',
      },
    ];
  }
  return [];
}

function pool(s: ClusterSettings, where: Where): ErrorParts[] {
  const name = s.calico_pool_cidr === undefined ? 'kube_pods_subnet' : 'calico_pool_cidr';
  const cidr = s.calico_pool_cidr ?? s.kube_pods_subnet;
  const net = parseSubnet(cidr);
  const pods = parseSubnet(s.kube_pods_subnet);
  // What is wrong with kube_pods_subnet itself is told with the subnets.
  if (!pods) return [];
  if (!net) {
    return [
      {
        what: `calico_pool_cidr is not a subnet: ${cidr}`,
        where: where('calico_pool_cidr'),
        fix: `Write it like calico_pool_cidr: ${s.kube_pods_subnet}, or remove it`,
      },
    ];
  }
  if (net.first < pods.first || net.last > pods.last) {
    return [
      {
        what: `calico_pool_cidr ${net.text} is not within kube_pods_subnet ${pods.text}`,
        where: where('calico_pool_cidr'),
        why: 'Kubernetes takes addresses outside of kube_pods_subnet for foreign ones',
        fix: 'Choose a part of kube_pods_subnet, or remove calico_pool_cidr',
      },
    ];
  }
  if (s.calico_pool_blocksize >= net.prefix) return [];
  return [
    {
      what: `A block of /${s.calico_pool_blocksize} is larger than the pool ${net.text}`,
      where: where('calico_pool_blocksize') ?? where(name),
      why: 'calico-node refuses such a pool and ends',
      fix: `Write a calico_pool_blocksize from ${Math.max(20, net.prefix)} to 32, or a larger ${name}`,
    },
  ];
}

/** Settings that speak of BGP where none is spoken. */
function withoutBgp(s: ClusterSettings, hosts: readonly ClusterHost[], where: Where): ErrorParts[] {
  const problem = (what: string, place: Place | undefined, remove: string): ErrorParts => ({
    what: `${what} without BGP: calico_network_backend is ${s.calico_network_backend}`,
    where: place,
    fix: `Write calico_network_backend: bird, or ${remove}`,
  });
  const asked: readonly (readonly [keyof ClusterSettings, boolean])[] = [
    ['global_as_num', s.global_as_num !== '64512'],
    ['peer_with_router', s.peer_with_router],
    ['calico_advertise_cluster_ips', s.calico_advertise_cluster_ips],
    ['calico_advertise_service_external_ips', s.calico_advertise_service_external_ips.length > 0],
    ['calico_advertise_service_loadbalancer_ips', s.calico_advertise_service_loadbalancer_ips.length > 0],
  ];
  const reflectors = hosts.filter((h) => h.routeReflector);
  return [
    ...asked.flatMap(([name, is]) => (is ? problem(`${name} does nothing`, where(name), `remove ${name}`) : [])),
    ...(reflectors[0]
      ? [
          problem(
            `${namesOf(reflectors)} in calico_rr ${reflectors.length === 1 ? 'does' : 'do'} nothing`,
            reflectors[0].inventoryHost.source,
            'leave calico_rr empty',
          ),
        ]
      : []),
  ];
}

function bgp(s: ClusterSettings, hosts: readonly ClusterHost[], where: Where): ErrorParts[] {
  const ranges = (['calico_advertise_service_external_ips', 'calico_advertise_service_loadbalancer_ips'] as const).flatMap(
    (name) =>
      s[name].flatMap((range) =>
        parseSubnet(range)
          ? []
          : { what: `${name} has no subnet in ${range}`, where: where(name), fix: `Write it like ${name}: [192.0.2.0/24]` },
      ),
  );
  return [...ranges, ...reflectors(hosts), ...peers(s, hosts, where)];
}

function reflectors(hosts: readonly ClusterHost[]): ErrorParts[] {
  return hosts.flatMap((h) => {
    const id = h.settings.cluster_id;
    if (!h.routeReflector || (id !== undefined && isIpv4(id))) return [];
    return {
      what:
        id === undefined
          ? `The route reflector ${h.name} has no cluster_id`
          : `cluster_id of ${h.name} is not an IPv4 address: ${id}`,
      where: whereOf(h.inventoryHost, 'cluster_id') ?? h.inventoryHost.source,
      why: 'Route reflectors tell by it what they have reflected already',
      fix: 'Write one cluster_id for all of calico_rr, like cluster_id: 244.0.0.1',
    };
  });
}

function peers(s: ClusterSettings, hosts: readonly ClusterHost[], where: Where): ErrorParts[] {
  if (!s.peer_with_router) return [];
  const out: ErrorParts[] = [];
  for (const h of hosts) {
    for (const { router_id: router } of h.settings.peers) {
      if (isIpv4(router)) continue;
      out.push({
        what: `A router in peers is not an IPv4 address: ${router}`,
        where: whereOf(h.inventoryHost, 'peers'),
        fix: 'Write router_id: ADDRESS',
      });
    }
  }
  const global = s.peers.some((p) => p.scope === 'global');
  const alone = hosts.filter((h) => (h.controlPlane || h.worker) && h.settings.peers.length === 0);
  // VXLAN carries between nodes without their routers, and route reflectors tell the routes as well.
  const carried = s.calico_vxlan_mode === 'Always' || hosts.some((h) => h.routeReflector);
  if (!global && !carried && alone.length > 0) {
    out.push({
      what: `peer_with_router leaves ${namesOf(alone)} without a peer`,
      where: where('peer_with_router'),
      why: 'It turns the mesh between nodes off, so nothing tells them the routes',
      fix: 'Add peers: [{router_id: ADDRESS, as: NUMBER, scope: global}], or remove peer_with_router',
    });
  }
  return out;
}

function namesOf(hosts: readonly ClusterHost[]): string {
  const names = hosts.map((h) => h.name);
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
