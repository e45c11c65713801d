import { byCodePoint } from '../base/by-code-point.js';
import type { Host } from '../inventory/model/model.js';
import type { ClusterSettings } from './settings.js';
import type { VersionFacts } from './versions.js';

/** One host as Kubewright sees it. */
export interface ClusterHost {
  /** Inventory name; also the node's name (kube_override_hostname). */
  readonly name: string;
  /** Address that services bind to and nodes register with (`ip`, default: the address of `ansible_host`). */
  readonly ip: string;
  /** Address for its peers (`access_ip`, default `ip`). */
  readonly accessIp: string;
  readonly controlPlane: boolean;
  readonly worker: boolean;
  readonly etcd: boolean;
  /** In calico_rr: with BGP, other nodes get their routes from it. */
  readonly routeReflector: boolean;
  /** `etcdN`, N the position in the etcd group, or `etcd_member_name`; only for etcd members. */
  readonly etcdMemberName?: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** `key=value:Effect` as kubectl takes them. */
  readonly nodeTaints: readonly string[];
  /** Settings as they hold for this host (host variables may override the cluster's). */
  readonly settings: ClusterSettings;
  readonly inventoryHost: Host;
}

/** The cluster that an inventory describes. Immutable, validated. */
export interface Cluster {
  /** Every host of k8s_cluster and etcd, in inventory order. */
  readonly hosts: readonly ClusterHost[];
  /** In group order; the first one initialises the cluster. Never empty. */
  readonly controlPlane: readonly ClusterHost[];
  readonly workers: readonly ClusterHost[];
  /** In group order. Never empty. */
  readonly etcd: readonly ClusterHost[];
  /** The first control plane's settings: what holds for the whole cluster. */
  readonly settings: ClusterSettings;
  /** Everything that depends on kube_version. */
  readonly versions: VersionFacts;
  /** Where clients of a cluster that runs find the API already; absent: decided by settings and groups. */
  readonly endpoint?: string;
}

/** Name of an etcd member in etcd. @throws TypeError for a host that is not a member. */
export function memberName(host: ClusterHost): string {
  if (host.etcdMemberName === undefined) throw new TypeError(`${host.name} is not a member of etcd`);
  return host.etcdMemberName;
}

/** In an order that is the same whatever the order in the inventory: for what would restart something when it changes. */
export function byName(hosts: readonly ClusterHost[]): ClusterHost[] {
  return hosts.toSorted((a, b) => byCodePoint(a.name, b.name));
}
