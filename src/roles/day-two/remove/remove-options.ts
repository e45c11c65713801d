import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';

export interface RemoveOptions {
  /** Names of the hosts that go. */
  readonly removed: readonly string[];
  /** Those of them that cannot be reached, for good. */
  readonly dead: ReadonlySet<string>;
  /** A control plane that stays and whose API answers: it does what is done once. */
  readonly coordinator: string;
  /** A member of etcd that stays and is healthy. */
  readonly member: string;
  /** Seconds. */
  readonly drainTimeout: number;
  /** Also delete pods that no controller makes again. */
  readonly force: boolean;
}

/** The cluster without hosts that go. */
export function without(cluster: Cluster, removed: readonly string[]): Cluster {
  const stays = (h: ClusterHost): boolean => !removed.includes(h.name);
  const controlPlane = cluster.controlPlane.filter(stays);
  // Where clients found the API may be one of those that go.
  const { endpoint, ...rest } = cluster;
  const kept = endpoint !== undefined && !cluster.hosts.some((h) => !stays(h) && endpoint.startsWith(`${h.accessIp}:`));
  return {
    ...rest,
    ...(kept ? { endpoint } : {}),
    hosts: cluster.hosts.filter(stays),
    controlPlane,
    workers: cluster.workers.filter(stays),
    etcd: cluster.etcd.filter(stays),
    settings: controlPlane[0]?.settings ?? cluster.settings,
  };
}
