import type { Cluster } from '../../../cluster/cluster.js';
import type { Change } from '../../../cluster/living/changes.js';
import type { Seen } from './look.js';
import type { Step } from './path.js';

/** What an upgrade would do from here. */
export interface Plan {
  readonly seen: Seen;
  /** The newest version that an API server runs. */
  readonly from: string;
  readonly target: string;
  /** Empty: nothing is left to do. */
  readonly steps: readonly Step[];
  /** Of the first step. */
  readonly cluster: Cluster;
  /** Versions that the first step changes. */
  readonly versions: readonly Change[];
  /** Settings of the inventory that the first step applies, in words. */
  readonly settings: readonly string[];
  readonly batches: readonly (readonly string[])[];
  /** Version → path of its bundle. */
  readonly bundles: ReadonlyMap<string, string>;
}

export function planText(p: Plan): string {
  const walk = [p.from, ...p.steps.map((s) => s.version).filter((v) => v !== p.from)];
  const lines = [
    walk.length > 1 ? `Upgrade of Kubernetes: ${walk.join(' → ')}` : `Kubernetes ${p.from}: an upgrade to be finished`,
  ];
  for (const [i, step] of p.steps.entries()) {
    const bundle = p.bundles.get(step.version);
    lines.push(
      `  ${i + 1}. ${step.version}${bundle === undefined ? '' : ` from ${bundle}`}${step.begun ? ', which has begun' : ''}`,
    );
    if (i > 0) continue;
    const others = p.versions.filter((c) => c.setting !== 'kube_version');
    if (others.length > 0) lines.push(`     ${others.map((c) => `${c.setting} ${c.from} → ${c.to}`).join(', ')}`);
    lines.push(`     ${order(p, step).join('\n     ')}`);
    for (const change of p.settings) lines.push(`     ${change}`);
  }
  return `${lines.join('\n')}\n`;
}

function order(p: Plan, step: Step): string[] {
  const api = p.seen.living?.versions.apiServers;
  const kubelets = p.seen.living?.versions.kubelets;
  const done = (name: string): boolean =>
    kubelets?.get(name) === step.version && (api?.get(name) ?? step.version) === step.version;
  const mark = (name: string): string => (done(name) ? `${name} (done)` : name);
  const { cluster, batches } = p;
  return [
    ...(step.begun ? [] : ['a snapshot of etcd, kept on a member']),
    'programs and images on all hosts',
    `etcd, one member after the other: ${cluster.etcd.map((h) => h.name).join(', ')}`,
    `control planes, one after the other: ${cluster.controlPlane.map((h) => mark(h.name)).join(', ')}`,
    ...(batches.length > 0 ? [`workers, drained first: ${batches.map((b) => b.map(mark).join(' with ')).join(', ')}`] : []),
  ];
}

export function planJson(p: Plan): string {
  return JSON.stringify({
    type: 'upgrade-plan',
    from: p.from,
    target: p.target,
    steps: p.steps.map((s) => ({ ...s, bundle: p.bundles.get(s.version) ?? null })),
    versions: p.versions.map(({ setting, from, to }) => ({ setting, from, to })),
    settings: p.settings,
    etcd: p.cluster.etcd.map((h) => h.name),
    controlPlanes: p.cluster.controlPlane.map((h) => h.name),
    workers: p.batches,
  });
}
