import { writeWarning } from '../../../base/text/render-error.js';
import { stdoutColumns, tableLines } from '../../../base/text/table.js';
import { insecureLabDanger } from '../../../cluster/dashboard/insecure-lab.js';
import { type Asker, requireAny, withHosts } from '../ask.js';
import { advice } from '../certs/check.js';
import { daysLeft, endingWithin } from '../certs/model.js';
import { isHealthy, voters } from '../etcd/model.js';
import { etcdJson, etcdProblems } from '../etcd/report.js';
import { type OperationOptions, readForLook } from '../operation.js';
import { driftLines, driftSteps } from './drift.js';
import { lookAtCluster, type SeenCluster } from './look.js';

export type StatusOptions = Pick<OperationOptions, 'inventory' | 'extraVars' | 'vault' | 'bundle' | 'connection'> & {
  readonly json: boolean;
};

/** Days before the end of a certificate from which it is named. */
const CERT_DAYS = 60;

interface ClusterStatus extends SeenCluster {
  readonly failures: Asker['failures'];
  /** Nodes by name that the inventory has and the cluster has not, and the other way round. */
  readonly missing: readonly string[];
  readonly foreign: readonly string[];
}

/** `status`: what runs, and what to do next. Changes nothing. @returns 0; 1: something needs the operator; 3: a host cannot be reached. */
export async function status(o: StatusOptions): Promise<number> {
  const source = await readForLook(o);
  const { cluster } = source;
  const found = await withHosts(source, cluster.hosts, o.connection, async (asker): Promise<ClusterStatus> => {
    requireAny(asker, cluster.hosts.length);
    const seen = await lookAtCluster(source, asker);
    const { nodes } = seen;
    const wanted = cluster.hosts.filter((h) => h.controlPlane || h.worker).map((h) => h.name);
    return {
      ...seen,
      failures: asker.failures,
      missing: nodes ? wanted.filter((name) => !nodes.some((n) => n.name === name)) : [],
      foreign: (nodes ?? []).map((n) => n.name).filter((name) => !wanted.includes(name)),
    };
  });
  if (found.openDashboard) writeWarning(insecureLabDanger);
  const now = Date.now();
  const next = nextSteps(found, now);
  process.stdout.write(o.json ? `${JSON.stringify(json(found, next, now), undefined, 2)}\n` : text(found, next, now));
  return next.length > 0 ? (found.failures.size > 0 ? 3 : 1) : 0;
}

/** What an operator should do, the most urgent first. */
function nextSteps(s: ClusterStatus, now: number): string[] {
  const steps: string[] = [];
  for (const [host, error] of s.failures) steps.push(`${host} cannot be reached: ${error.message}`);
  if (!s.nodes) steps.push('No API server answers: `journalctl -u kubelet` on the control planes says why');
  else for (const [host, why] of s.silentApis) steps.push(`The API server of ${host} is not ready: ${why}`);
  for (const host of s.stoppedKubelets)
    steps.push(`The kubelet of ${host} does not run: \`journalctl -u kubelet\` there says why`);
  steps.push(...etcdProblems(s.etcd).map((p) => p.text));
  for (const n of s.nodes ?? []) {
    if (!n.ready) steps.push(`${n.name} is not Ready: ${n.why}`);
    if (n.cordoned) steps.push(`${n.name} is cordoned: kubectl uncordon ${n.name} lets pods come back`);
  }
  if (s.missing.length > 0)
    steps.push(`${s.missing.join(', ')} ${s.missing.length === 1 ? 'is' : 'are'} in the inventory and no node: run provision`);
  if (s.foreign.length > 0)
    steps.push(`${s.foreign.join(', ')} ${s.foreign.length === 1 ? 'is a node' : 'are nodes'} and not in the inventory`);
  const versions = new Set((s.nodes ?? []).map((n) => n.kubelet));
  if (versions.size > 1) steps.push(`The kubelets have different versions: ${[...versions].toSorted().join(', ')}`);
  const ending = endingWithin(s.certs, CERT_DAYS, now);
  if (ending.length > 0) steps.push(advice(ending, CERT_DAYS));
  steps.push(...driftSteps(s.drift));
  return steps;
}

function text(s: ClusterStatus, next: readonly string[], now: number): string {
  const lines: string[] = [];
  if (s.nodes) {
    const rows = s.nodes.map((n) => [
      n.name,
      n.controlPlane ? 'control plane' : 'worker',
      n.ready ? (n.cordoned ? 'Ready, cordoned' : 'Ready') : 'not Ready',
      n.kubelet,
      n.runtime,
    ]);
    lines.push(...tableLines([['NODE', 'ROLE', 'STATE', 'KUBELET', 'RUNTIME'], ...rows], stdoutColumns()), '');
  }
  const healthy = voters(s.etcd.members).filter(isHealthy);
  const leader = s.etcd.members.find((m) => m.status?.leader);
  const same = s.etcd.hashesAgree === undefined ? '' : s.etcd.hashesAgree ? ', all hold the same data' : ', with different data';
  lines.push(
    `etcd: ${healthy.length} of ${voters(s.etcd.members).length} members healthy${leader ? `, ${leader.host ?? leader.name} leads` : ''}${same}`,
  );
  const first = s.certs.filter((c) => c.kind !== 'kubelet-client').toSorted((a, b) => a.ends - b.ends)[0];
  if (first)
    lines.push(
      `certificates: ${s.certs.length}; the first ends in ${daysLeft(first, now)} days (${first.path} on ${first.host})`,
    );
  lines.push(...driftLines(s.drift), '');
  lines.push(...(next.length > 0 ? ['What to do:', ...next.map((step) => `  - ${step}`)] : ['Nothing needs to be done.']));
  return `${lines.join('\n')}\n`;
}

function json(s: ClusterStatus, next: readonly string[], now: number): object {
  return {
    nodes: s.nodes ?? null,
    missing: s.missing,
    foreign: s.foreign,
    drift: typeof s.drift === 'string' ? { unknown: s.drift } : s.drift,
    openDashboard: s.openDashboard ?? null,
    stoppedKubelets: s.stoppedKubelets,
    apiServersNotReady: Object.fromEntries(s.silentApis),
    etcd: etcdJson(s.etcd),
    certificates: s.certs.map((c) => ({ ...c, ends: new Date(c.ends).toISOString(), daysLeft: daysLeft(c, now) })),
    unreachable: Object.fromEntries([...s.failures].map(([host, error]) => [host, error.message])),
    next,
  };
}
