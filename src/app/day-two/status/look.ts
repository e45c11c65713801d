import type { Cluster } from '../../../cluster/cluster.js';
import type { LivingCluster } from '../../../cluster/living/living-cluster.js';
import type { ApiFacts, NodeFact } from '../../../facts/living/living-facts.js';
import { INSECURE_DASHBOARD } from '../../../roles/apps/insecure-dashboard.js';
import type { ClusterSource } from '../../inventory/read-cluster.js';
import type { Asker } from '../ask.js';
import { type HostCert, hostCerts } from '../certs/model.js';
import { lookAtEtcd } from '../etcd/look.js';
import type { EtcdState } from '../etcd/model.js';
import { type LivingNode, livingNodes } from '../nodes/living-nodes.js';
import { type Drift, driftOf } from './drift.js';
import { askLiving, joined } from './living.js';

export interface SeenCluster {
  /** undefined: no API server answers. */
  readonly nodes: readonly LivingNode[] | undefined;
  readonly etcd: EtcdState;
  /** Control planes whose API server does not answer or is not ready, and why. */
  readonly silentApis: ReadonlyMap<string, string>;
  /** Hosts that are nodes and whose kubelet does not run: for a while the API server does not know. */
  readonly stoppedKubelets: readonly string[];
  readonly certs: readonly HostCert[];
  readonly drift: Drift;
  /** Whether the cluster has the dashboard without login, whatever the inventory says. undefined: no API server answers. */
  readonly openDashboard: boolean | undefined;
}

/** One exec on each host, on all at once, and one beside it for each member of etcd; API servers that are not ready are asked once more. */
export async function lookAtCluster(source: ClusterSource, asker: Asker): Promise<SeenCluster> {
  const { cluster } = source;
  const [etcd, seen] = await Promise.all([lookAtEtcd(cluster, asker), askLiving(cluster, asker)]);
  const living = joined(cluster, seen, etcd);
  return {
    nodes:
      nodesOf(living) ??
      (await livingNodes(
        asker,
        cluster.hosts.filter((h) => !h.controlPlane),
      )),
    etcd,
    silentApis: new Map(
      [...(living?.hosts ?? [])].flatMap(([host, { api }]) => (api && !api.ready ? [[host, whyNot(api)] as const] : [])),
    ),
    stoppedKubelets: [...seen].filter(([, s]) => s.isNode && s.living?.kubeletProgram === undefined).map(([host]) => host),
    certs: certsOf(cluster, living),
    drift: driftOf(source, living),
    openDashboard: living?.api?.services.includes(INSECURE_DASHBOARD),
  };
}

/** undefined: no API server has told. */
function nodesOf(living: LivingCluster | undefined): LivingNode[] | undefined {
  const nodes = living?.nodes ?? [];
  return nodes.length === 0 ? undefined : nodes.map(nodeOf);
}

function whyNot({ version, error }: ApiFacts): string {
  return version === undefined ? (error ?? 'no answer') : 'kubectl get --raw "/readyz?verbose" there says what it waits for';
}

function nodeOf(node: NodeFact): LivingNode {
  const { name, ready, kubelet, runtime, cordoned, roles } = node;
  const why = ready ? '' : node.why || 'the kubelet has not reported yet';
  return {
    name,
    ready,
    why,
    kubelet,
    runtime,
    cordoned,
    controlPlane: roles.includes('control-plane') || roles.includes('master'),
  };
}

function certsOf(cluster: Cluster, living: LivingCluster | undefined): HostCert[] {
  return cluster.hosts.flatMap((host) => hostCerts(host, living?.certificates.get(host.name) ?? []));
}
