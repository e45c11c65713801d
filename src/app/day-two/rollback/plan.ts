import { type ErrorParts, UNREACHABLE } from '../../../base/errors.js';
import { compareVersions } from '../../../cluster/catalogue.js';
import type { Cluster } from '../../../cluster/cluster.js';
import { minorOf } from '../../../cluster/versions.js';
import type { Seen } from '../upgrade/look.js';

/** What would go back of an upgrade, and what would not. */
export interface RollbackPlan {
  /** The newest version that an API server runs; of kubelets, where none answers. */
  readonly from: string;
  readonly to: string;
  /** Nodes whose kubelet and runtime go back. */
  readonly nodes: readonly string[];
  /** Control planes with the note of an upgrade that has changed nothing of them. */
  readonly begun: readonly string[];
  /** What stays, with the reason and the way, a sentence each. */
  readonly stays: readonly string[];
  /** A control plane whose API server is ready; empty: none. */
  readonly coordinator: string;
}

/** A kubelet may be this many minor versions older than an API server. Source: https://kubernetes.io/releases/version-skew-policy/ */
const KUBELET_SKEW = 3;

/** The version before: what was applied last, since an upgrade notes its own at its end; else the oldest that runs. */
export function versionBefore({ living }: Seen): string | undefined {
  const all = living?.versions.all ?? [];
  const noted = living?.record?.settings.kube_version;
  const newest = all.at(-1);
  if (typeof noted === 'string' && newest !== undefined && compareVersions(noted, newest) < 0) return noted;
  return all[0];
}

/** @param node only this one; default: those that an upgrade has cordoned. */
export function rollbackPlan(cluster: Cluster, seen: Seen, to: string, node?: string): RollbackPlan {
  const versions = seen.living?.versions;
  const newer = (v: string | undefined): boolean => v !== undefined && v !== '' && compareVersions(v, to) > 0;
  const apis = [...(versions?.apiServers.values() ?? [])].filter((v) => v !== '');
  const from = [...(apis.length > 0 ? apis : (versions?.all ?? []))].toSorted(compareVersions).at(-1) ?? to;
  const wanted = node === undefined ? seen.marked : [node];
  const changed = cluster.controlPlane.filter((h) => newer(versions?.apiServers.get(h.name))).map((h) => h.name);
  const begun = node === undefined ? [...seen.begun].filter((name) => versions?.apiServers.get(name) === to) : [];
  const nodes = cluster.hosts.map((h) => h.name).filter((name) => wanted.includes(name));
  const running = seen.etcd.members.flatMap((m) => (m.status ? [m.status.version] : []));
  return {
    from,
    to,
    nodes,
    begun,
    coordinator: cluster.controlPlane.find((h) => seen.ready.has(h.name))?.name ?? '',
    stays: [
      ...(changed.length > 0
        ? [
            `${changed.join(', ')}: ${changed.length === 1 ? 'its API server runs' : 'their API servers run'} ${from} and may have written what ${to} does not know. Go on with kubewright upgrade --to ${from}, or give up all that was written since a snapshot of before: kubewright rollback --snapshot FILE`,
          ]
        : []),
      ...(running.length > 0
        ? [
            `etcd ${[...new Set(running)].toSorted(compareVersions).join(', ')}: a newer etcd serves an older Kubernetes, and its data do not go back to an older minor version`,
          ]
        : []),
    ],
  };
}

/** Everything that speaks against it; nothing has been changed. */
export function rollbackRefusals(cluster: Cluster, seen: Seen, plan: RollbackPlan, node?: string): ErrorParts[] {
  const problems: ErrorParts[] = [];
  const away = [...new Set([...plan.nodes, ...plan.begun])].filter((name) => seen.failures.has(name));
  for (const name of away) {
    problems.push({
      what: 'The host cannot be reached',
      where: name,
      why: seen.failures.get(name)?.message,
      fix: `Start it; if it is off for good, take it out: kubewright remove ${name} --force`,
      code: UNREACHABLE,
    });
  }
  if (node !== undefined && !cluster.hosts.some((h) => h.name === node)) {
    problems.push({ what: `The inventory's cluster has no host ${node}`, fix: 'Run kubewright status to see the nodes' });
  }
  if (plan.nodes.length > 0 && plan.coordinator === '') {
    problems.push({
      what: 'No API server is ready, so no node can be drained',
      why: [...(seen.living?.silentApis ?? [])].map(([host, why]) => `${host}: ${why}`).join('; '),
      fix: '`journalctl -u kubelet` on a control plane says why. Where they cannot be repaired, kubewright rollback --snapshot FILE brings back the cluster of before',
    });
  }
  if (minorOf(plan.from) - minorOf(plan.to) > KUBELET_SKEW) {
    problems.push({
      what: `A kubelet of ${plan.to} must not work with API servers of ${plan.from}`,
      why: `It may be ${KUBELET_SKEW} minor versions older, not more`,
      fix: `Give a newer version with --to, or go on: kubewright upgrade --to ${plan.from}`,
    });
  }
  if (compareVersions(plan.to, plan.from) > 0) {
    problems.push({
      what: `${plan.to} is newer than what runs, ${plan.from}`,
      fix: `Give an older version with --to, or go on: kubewright upgrade --to ${plan.to}`,
    });
  }
  const oldest = [...(seen.living?.versions.apiServers.values() ?? [])].filter((v) => v !== '').toSorted(compareVersions)[0];
  if (
    plan.nodes.length > 0 &&
    oldest !== undefined &&
    compareVersions(plan.to, plan.from) <= 0 &&
    compareVersions(plan.to, oldest) > 0
  ) {
    problems.push({
      what: `A kubelet of ${plan.to} must not work with the API server of ${oldest}`,
      fix: `Give ${oldest} or an older version with --to`,
    });
  }
  return problems;
}

export function rollbackText(plan: RollbackPlan, seen: Seen): string {
  const kubelet = (name: string): string => seen.living?.versions.kubelets.get(name) ?? '?';
  return [
    `Back to Kubernetes ${plan.to}, from an upgrade to ${plan.from}`,
    ...plan.nodes.map(
      (n) =>
        `  ${n}: ${kubelet(n) === plan.to ? `the kubelet of ${plan.to}` : `kubelet ${kubelet(n)} → ${plan.to}`}, with containerd, runc and CNI plugins; drained before, then let back`,
    ),
    ...plan.begun.map((n) => `  ${n}: kubeadm ${plan.to}; the upgrade of its control plane has changed nothing yet`),
    ...(plan.nodes.length + plan.begun.length === 0 ? ['  nothing: no node has been left by an upgrade'] : []),
    'Stays as it is',
    ...plan.stays.map((s) => `  ${s}`),
    '',
  ].join('\n');
}
