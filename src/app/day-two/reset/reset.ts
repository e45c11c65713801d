import { InputError, KubewrightError, UnreachableError } from '../../../base/errors.js';
import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { resolvePattern } from '../../../inventory/pattern/pattern.js';
import { reset } from '../../../roles/day-two/reset/reset.js';
import type { ClusterSource } from '../../inventory/read-cluster.js';
import { withHosts } from '../ask.js';
import { confirm } from '../confirm.js';
import { lookAtEtcd } from '../etcd/look.js';
import { livingNodes } from '../nodes/living-nodes.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';

export interface ResetOptions extends OperationOptions {
  readonly limit?: string;
  readonly yes: boolean;
}

/**
 * `reset`: everything that Kubewright has installed goes, and nothing else.
 * @returns exit code @throws KubewrightError for hosts that are still part of a cluster which lives on elsewhere.
 */
export async function resetCommand(o: ResetOptions): Promise<number> {
  const { limit, ...rest } = o;
  const source = await readForLook(o);
  const { cluster } = source;
  const chosen = chosenHosts(source, limit);
  const stay = cluster.hosts.filter((h) => !chosen.includes(h));
  if (stay.length > 0) await refuseMembers(o, source, chosen, stay);
  const names = chosen.map((h) => h.name);
  if (!o.check) await confirm(warning(cluster, chosen, stay.length === 0), o.yes);
  return runOperation(rest, { title: 'reset', playbook: 'reset.yml', roles: [reset], hosts: names, anyEtcd: true });
}

function chosenHosts({ cluster, inventory }: ClusterSource, limit: string | undefined): readonly ClusterHost[] {
  if (limit === undefined) return cluster.hosts;
  const names = new Set(resolvePattern(inventory, limit));
  const chosen = cluster.hosts.filter((h) => names.has(h.name));
  if (chosen.length > 0) return chosen;
  throw new InputError({
    what: `No host of the cluster matches --limit ${limit}`,
    fix: 'Run kubewright inventory show to see its hosts',
  });
}

/** A reset host that the rest of its cluster still counts on costs it a node, or its quorum. */
async function refuseMembers(
  o: ResetOptions,
  source: ClusterSource,
  chosen: readonly ClusterHost[],
  stay: readonly ClusterHost[],
): Promise<void> {
  const { cluster } = source;
  const found = await withHosts(source, stay, o.connection, async (asker) => {
    const rest: Cluster = { ...cluster, etcd: cluster.etcd.filter((h) => stay.includes(h)) };
    return {
      nodes: await livingNodes(asker, stay),
      etcd: rest.etcd.length > 0 ? await lookAtEtcd(rest, asker) : undefined,
      failures: asker.failures,
    };
  });
  const names = chosen.map((h) => h.name);
  const nodes = names.filter((name) => found.nodes?.some((n) => n.name === name));
  const members = chosen
    .filter((h) => found.etcd?.members.some((m) => m.peerUrl.includes(`//${h.accessIp}:`)))
    .map((h) => h.name);
  const still = [...new Set([...nodes, ...members])];
  if (still.length > 0) {
    throw new KubewrightError({
      what: `${still.join(', ')} ${still.length === 1 ? 'is' : 'are'} still part of the cluster that the other hosts run; nothing was changed`,
      why: [
        ...(nodes.length > 0 ? [`nodes: ${nodes.join(', ')}`] : []),
        ...(members.length > 0 ? [`etcd members: ${members.join(', ')}`] : []),
      ].join('; '),
      fix: `Run kubewright remove ${still.join(' ')}, which drains and resets, or leave out --limit to reset the whole cluster`,
    });
  }
  const silent = stay.filter((h) => h.controlPlane && found.failures.has(h.name)).map((h) => h.name);
  if (found.nodes === undefined && silent.length > 0) {
    throw new UnreachableError({
      what: `It is not known whether ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} still part of the cluster; nothing was changed`,
      why: `no API server answers, and ${silent.join(', ')} cannot be reached`,
      fix: 'Make a control plane reachable, or leave out --limit to reset the whole cluster',
    });
  }
}

function warning(cluster: Cluster, chosen: readonly ClusterHost[], whole: boolean): string[] {
  const names = chosen.map((h) => h.name).join(', ');
  const data = chosen.filter((h) => h.etcd).length;
  return [
    whole ? `The whole cluster ${cluster.settings.cluster_name} is taken down: ${names}.` : `Reset: ${names}.`,
    ...(data > 0
      ? [
          `The data of etcd on ${data === 1 ? 'one host' : `${data} hosts`} are deleted. Snapshots in ${cluster.settings.etcd_backup_prefix} stay.`,
        ]
      : []),
    'Pods end, and the volumes that they have on the hosts in /var/lib/kubelet are deleted.',
  ];
}
