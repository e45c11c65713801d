import { asNumberOf } from '../../../cluster/calico/shape.js';
import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { isNode } from '../../role.js';

/** Label of a node that others get their routes from, as kubespray writes it. */
export const REFLECTOR_LABEL = 'i-am-a-route-reflector';
/** Peers with this label are ours: one that is no longer wanted is removed, the operator's own ones stay. */
export const OURS = { 'app.kubernetes.io/managed-by': 'kubewright' } as const;

const API_VERSION = 'crd.projectcalico.org/v1';

export interface CalicoObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The address pool. It is made once: Calico cannot change its size, and addresses in use pin the rest. */
export function poolObject({ settings: s }: Cluster): CalicoObject {
  return object('IPPool', s.calico_pool_name, {
    cidr: s.calico_pool_cidr ?? s.kube_pods_subnet,
    blockSize: s.calico_pool_blocksize,
    ipipMode: s.calico_ipip_mode,
    vxlanMode: s.calico_vxlan_mode,
    natOutgoing: s.nat_outgoing,
    nodeSelector: 'all()',
    allowedUses: ['Workload', 'Tunnel'],
  });
}

/** Source: https://docs.tigera.io/calico/latest/reference/resources/bgpconfig */
export function bgpConfiguration(cluster: Cluster): CalicoObject {
  const s = cluster.settings;
  const ranges = (list: readonly string[]) => list.map((cidr) => ({ cidr }));
  return object('BGPConfiguration', 'default', {
    asNumber: asNumberOf(s.global_as_num),
    nodeToNodeMeshEnabled: !s.peer_with_router && reflectorsOf(cluster).length === 0,
    ...(s.calico_advertise_cluster_ips ? { serviceClusterIPs: ranges([s.kube_service_addresses]) } : {}),
    ...listed('serviceExternalIPs', ranges(s.calico_advertise_service_external_ips)),
    ...listed('serviceLoadBalancerIPs', ranges(s.calico_advertise_service_loadbalancer_ips)),
  });
}

/** Names and selectors are kubespray's. Source: https://docs.tigera.io/calico/latest/networking/configuring/bgp */
export function bgpPeers(cluster: Cluster): CalicoObject[] {
  const { settings: s } = cluster;
  return [
    ...(reflectorsOf(cluster).length > 0
      ? [
          peer('peer-to-rrs', { nodeSelector: `!has(${REFLECTOR_LABEL})`, peerSelector: `has(${REFLECTOR_LABEL})` }),
          peer('rr-mesh', { nodeSelector: `has(${REFLECTOR_LABEL})`, peerSelector: `has(${REFLECTOR_LABEL})` }),
        ]
      : []),
    ...(s.peer_with_router
      ? [
          ...s.peers.flatMap((p) => (p.scope === 'global' ? [peer(`global-${p.name ?? p.router_id}`, router(p))] : [])),
          ...cluster.hosts
            .filter(isNode)
            .flatMap((h) =>
              h.settings.peers.flatMap((p) =>
                p.scope === 'global' ? [] : [peer(`${h.name}-${p.name ?? p.router_id}`, { node: h.name, ...router(p) })],
              ),
            ),
        ]
      : []),
  ];
}

/** Nodes of calico_rr. */
export function reflectorsOf(cluster: Cluster): readonly ClusterHost[] {
  return cluster.hosts.filter((h) => h.routeReflector && isNode(h));
}

function router(p: ClusterHost['settings']['peers'][number]): Record<string, unknown> {
  return {
    peerIP: p.router_id,
    asNumber: asNumberOf(p.as),
    sourceAddress: p.sourceaddress ?? 'UseNodeIP',
    ...listed('filters', p.filters ?? []),
    ...(p.numallowedlocalasnumbers ? { numAllowedLocalASNumbers: p.numallowedlocalasnumbers } : {}),
  };
}

function peer(name: string, spec: Record<string, unknown>): CalicoObject {
  const base = object('BGPPeer', name, spec);
  return { ...base, metadata: { ...base.metadata, labels: OURS } };
}

function object(kind: string, name: string, spec: Record<string, unknown>): CalicoObject {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec };
}

function listed(name: string, list: readonly unknown[]): Record<string, unknown> {
  return list.length > 0 ? { [name]: list } : {};
}
