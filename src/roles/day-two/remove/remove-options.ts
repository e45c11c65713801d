import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';

export interface RemoveOptions {
  readonly removed: readonly ClusterHost[];
  /** Those of them that cannot be reached, for good. */
  readonly dead: ReadonlySet<string>;
  /** The cluster without them. */
  readonly rest: Cluster;
  /** A control plane that stays and whose API answers: it does what is done once. */
  readonly coordinator: string;
  /** A member of etcd that stays and is healthy. */
  readonly member: string;
  /** Seconds. */
  readonly drainTimeout: number;
  /** Also delete pods that no controller makes again. */
  readonly force: boolean;
}
