import { KubewrightError } from '../../../base/errors.js';
import type { Cluster } from '../../../cluster/cluster.js';
import { type LivingCluster, livingCluster } from '../../../cluster/living/living-cluster.js';
import type { NodeFact } from '../../../facts/living/living-facts.js';
import { INSECURE_DASHBOARD } from '../../../roles/apps/insecure-dashboard.js';
import type { ClusterSource } from '../../inventory/read-cluster.js';
import { FactsGatherer } from '../../run/gather-facts.js';
import type { Asker } from '../ask.js';
import { lookAtCerts } from '../certs/look.js';
import { type HostCert, hostCerts } from '../certs/model.js';
import { type LivingNode, livingNodes } from '../nodes/living-nodes.js';
import { type Drift, driftOf } from './drift.js';

/** What hosts and API servers say; etcd is asked by itself. */
export interface SeenCluster {
  /** undefined: no API server answers. */
  readonly nodes: readonly LivingNode[] | undefined;
  readonly certs: readonly HostCert[];
  readonly drift: Drift;
  /** Whether the cluster has the dashboard without login, whatever the inventory says. undefined: no API server answers. */
  readonly openDashboard: boolean | undefined;
}

/** One exec on each host, on all at once: the facts that `provision` reads before a run have all of it. */
export async function lookAtCluster(source: ClusterSource, asker: Asker): Promise<SeenCluster> {
  const { cluster } = source;
  try {
    const living = livingCluster(await new FactsGatherer(cluster).all(asker.sessions, asker.reconnect));
    return {
      nodes:
        living?.api?.nodes.map(nodeOf) ??
        (await livingNodes(
          asker,
          cluster.hosts.filter((h) => !h.controlPlane),
        )),
      certs: certsOf(cluster, living),
      drift: driftOf(source, living),
      openDashboard: living?.api?.services.includes(INSECURE_DASHBOARD),
    };
  } catch (error) {
    // A host that cannot say what it is must not hide what the others say.
    if (!(error instanceof KubewrightError)) throw error;
    const [nodes, { certs }] = await Promise.all([livingNodes(asker, cluster.hosts), lookAtCerts(cluster, asker)]);
    return { nodes, certs, drift: error.message, openDashboard: undefined };
  }
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
