import type { ErrorParts } from '../base/errors.js';
import type { Cluster, ClusterHost } from '../cluster/cluster.js';
import type { LivingCluster } from '../cluster/living/living-cluster.js';
import type { HostFacts } from '../facts/facts.js';
import type { Secret } from '../shell/secret.js';
import type { Artifact } from '../tasks/artifact.js';
import type { ImageArchive } from '../tasks/image.js';
import type { Task } from '../tasks/task.js';

/** Where verified files come from: the catalogue's URLs, or an offline bundle. */
export interface Artifacts {
  /**
   * `kubelet`, `etcd`, … in the version that the cluster wants, for the host's architecture.
   * @throws InputError when neither the catalogue nor the bundle has it.
   */
  file(name: string): Artifact;
  /** Like `file`, but undefined when there is none: for what the cluster can do without (crictl). */
  optionalFile(name: string): Artifact | undefined;
  /** Images of the bundle; empty without one: then the runtime pulls them. */
  readonly images: readonly ImageArchive[];
  /** True when everything comes from a bundle: nothing may be pulled. */
  readonly offline: boolean;
}

/** Secrets of one run; made again for each, so that another operator can carry on. */
export interface RunSecrets {
  /** kubeadm bootstrap token: `[a-z0-9]{6}.[a-z0-9]{16}`. */
  readonly joinToken: Secret;
  /** 64 hex digits: encrypts the control plane's certificates while they are passed on. */
  readonly certificateKey: Secret;
}

export interface RoleContext {
  readonly cluster: Cluster;
  readonly host: ClusterHost;
  readonly facts: HostFacts;
  /** Facts of every host of the run, by name. */
  readonly allFacts: ReadonlyMap<string, HostFacts>;
  /** The cluster that runs, seen from all hosts that could be asked, also those outside of the run; absent: there is none. */
  readonly living?: LivingCluster;
  /** What an earlier play's task of that host exported under that name. */
  exported(host: string, name: string): string | Secret | undefined;
  readonly artifacts: Artifacts;
  readonly secrets: RunSecrets;
  /** Names of hosts that take no part, or no further part, in this run: roles must not wait for them. */
  readonly droppedOut: ReadonlySet<string>;
}

/** What a gate checks: the whole cluster at once. */
export interface GateContext {
  readonly cluster: Cluster;
  readonly allFacts: ReadonlyMap<string, HostFacts>;
}

/** A pure function from facts, settings and exports to tasks, readable from top to bottom as an install guide. */
export interface Role {
  readonly name: string;
  /** Runs on the operator's machine before the first task anywhere; every problem is reported at once. */
  gate?(ctx: GateContext): readonly ErrorParts[];
  tasks(ctx: RoleContext): readonly Task[];
}

/** An exported text, or undefined when the exporting task did not run (check mode before the first installation). */
export function exportedText(ctx: RoleContext, host: string, name: string): string | undefined {
  const value = ctx.exported(host, name);
  return typeof value === 'string' && value !== '' ? value.trimEnd() : undefined;
}

/** Whether the host becomes a node of the cluster: a host that only runs etcd does not. */
export function isNode(host: ClusterHost): boolean {
  return host.controlPlane || host.worker;
}

/** Whether this run makes the cluster: none of its hosts is a node. */
export function isNew({ allFacts, living }: Pick<RoleContext, 'allFacts' | 'living'>): boolean {
  return living === undefined && [...allFacts.values()].every((f) => !f.isNode);
}
