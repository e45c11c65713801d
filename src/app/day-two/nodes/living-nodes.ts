import type { ClusterHost } from '../../../cluster/cluster.js';
import { KUBELET_CONF } from '../../../roles/node-turn.js';
import { type Shell, sh } from '../../../shell/shell.js';
import type { Answer, Asker } from '../ask.js';

/** A node as the API sees it. */
export interface LivingNode {
  readonly name: string;
  readonly ready: boolean;
  readonly why: string;
  readonly kubelet: string;
  readonly runtime: string;
  readonly cordoned: boolean;
  readonly controlPlane: boolean;
}

interface NodeJson {
  metadata: { name: string; labels?: Record<string, string> };
  spec: { unschedulable?: boolean };
  status: {
    conditions?: { type: string; status: string; message?: string }[];
    nodeInfo: { kubeletVersion: string; containerRuntimeVersion: string };
  };
}

/**
 * The nodes, asked of the first host that gets an answer from the API: control planes first, then nodes through their load
 * balancer. undefined: no API server answers.
 */
export async function livingNodes(asker: Asker, hosts: readonly ClusterHost[]): Promise<readonly LivingNode[] | undefined> {
  const order = [...hosts.filter((h) => h.controlPlane), ...hosts.filter((h) => !h.controlPlane && h.worker)];
  for (const host of order.filter((h) => !asker.failures.has(h.name))) {
    const { answers } = await asker.ask([host], askNodes);
    const nodes = nodesOf(answers.get(host.name));
    if (nodes) return nodes;
  }
  return undefined;
}

function askNodes(host: ClusterHost): Shell {
  const conf = host.controlPlane ? '/etc/kubernetes/admin.conf' : KUBELET_CONF;
  return sh`say nodes "$(${`${host.settings.bin_dir}/kubectl`} --kubeconfig ${conf} --request-timeout=5s get --raw /api/v1/nodes 2>/dev/null | tr '\n' ' ')"`;
}

function nodesOf(answer: Answer | undefined): readonly LivingNode[] | undefined {
  let list: { items?: NodeJson[] };
  try {
    list = JSON.parse(answer?.get('nodes')?.[0] ?? '') as { items?: NodeJson[] };
  } catch {
    return undefined;
  }
  return (list.items ?? []).map((n) => {
    const ready = n.status.conditions?.find((c) => c.type === 'Ready');
    const labels = n.metadata.labels ?? {};
    return {
      name: n.metadata.name,
      ready: ready?.status === 'True',
      why: ready?.status === 'True' ? '' : (ready?.message ?? 'the kubelet has not reported yet'),
      kubelet: n.status.nodeInfo.kubeletVersion.replace(/^v/, ''),
      runtime: n.status.nodeInfo.containerRuntimeVersion,
      cordoned: n.spec.unschedulable ?? false,
      controlPlane: 'node-role.kubernetes.io/control-plane' in labels || 'node-role.kubernetes.io/master' in labels,
    };
  });
}
