import { resolve } from 'node:path';
import { type ErrorParts, InputError, PreflightError, UNREACHABLE } from '../../../base/errors.js';
import { asCalled } from '../../../base/text/tool-name.js';
import { compareVersions } from '../../../cluster/catalogue.js';
import type { Cluster } from '../../../cluster/cluster.js';
import { COMPONENT_SETTINGS } from '../../../cluster/living/changes.js';
import { rollbackAll } from '../../../roles/day-two/rollback/rollback-all.js';
import { rollbackNodes } from '../../../roles/day-two/rollback/rollback-nodes.js';
import { readInventory } from '../../inventory/read.js';
import { withHosts } from '../ask.js';
import { confirm } from '../confirm.js';
import { readSnapshot } from '../etcd/snapshot-file.js';
import { refuseForeign } from '../etcd/snapshot-origin.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';
import { look, type Seen } from '../upgrade/look.js';
import { type Sources, sourcesOf } from '../upgrade/sources.js';
import { rollbackPlan, rollbackRefusals, rollbackText, versionBefore } from './plan.js';
import { otherVersion } from './snapshot-version.js';

export interface RollbackCommandOptions extends OperationOptions {
  /** Only this node; default: those at which an upgrade has stopped. */
  readonly node?: string;
  /** Default: the version before the upgrade. */
  readonly to?: string;
  /** Snapshot on this machine, of before the upgrade: the whole cluster goes back. */
  readonly snapshot?: string;
  /** Seconds. */
  readonly drainTimeout: number;
  readonly yes: boolean;
}

/**
 * `rollback`: what can be undone of an upgrade. Without a snapshot nothing is given up, so only nodes go back; with one all objects and programs do.
 *
 * @returns exit code
 * @throws InputError for a version that cannot be had, PreflightError where it would do harm; nothing was changed.
 */
export async function rollbackCommand(o: RollbackCommandOptions): Promise<number> {
  const { snapshot } = o;
  if (snapshot !== undefined && o.node !== undefined) {
    throw new InputError({
      what: 'A snapshot takes the whole cluster back, not one node',
      where: '--snapshot',
      fix: 'Leave out the node, or the snapshot',
    });
  }
  const file = snapshot === undefined ? undefined : await readSnapshot(snapshot);
  const sources = await sourcesOf(o.bundle === undefined ? [] : [o.bundle], await readInventory(o));
  const { cluster, seen } = await lookAt(o, sources);
  const to = targetOf(o, sources, seen);
  const at = optionsAt(o, sources, to, seen);
  if (snapshot === undefined || file === undefined) return back(at, cluster, seen, to);
  const problems = await wholeRefusals(snapshot, cluster, seen, to);
  if (problems.length > 0) throw new PreflightError(problems);
  const plan = wholeText(cluster, seen, to, snapshot);
  process.stdout.write(
    o.view === 'json' ? `${JSON.stringify({ type: 'rollback-plan', to, snapshot: resolve(snapshot) })}\n` : plan,
  );
  if (o.check) return 0;
  await confirm([`All that was written since the snapshot is given up, on ${cluster.hosts.length} hosts.`], o.yes);
  return runOperation(at, {
    title: `rollback to ${to} with a snapshot`,
    playbook: 'rollback.yml',
    roles: rollbackAll({ snapshot: file, stamp: new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '') }),
    secretFiles: new Map([[file.sha256, resolve(snapshot)]]),
    finish: async ({ result }) => {
      const next =
        result.exitCode === 0
          ? `All hosts run Kubernetes ${to} with the objects of the snapshot. Write kube_version: '${to}' into the inventory where it says another one, and run kubewright verify.`
          : 'It has not been finished: run the same command again, with the same snapshot. It goes on where it stopped.';
      process.stderr.write(`${asCalled(next)}\n`);
    },
  });
}

async function lookAt(o: RollbackCommandOptions, sources: Sources): Promise<{ readonly cluster: Cluster; readonly seen: Seen }> {
  const source = await readForLook(optionsAt(o, sources, sources.any));
  const { cluster } = source;
  const seen = await withHosts(source, cluster.hosts, o.connection, async (asker) => {
    if (o.snapshot !== undefined) await refuseForeign(o.snapshot, cluster, asker);
    return look(cluster, asker);
  });
  if (!seen.living) throw new InputError({ what: 'No cluster runs on these hosts', fix: 'kubewright provision makes one' });
  return { cluster, seen };
}

/** @throws InputError for a version that cannot be had, or where it must be said. */
function targetOf(o: RollbackCommandOptions, { from, versions }: Sources, seen: Seen): string {
  const said = o.to?.replace(/^v/, '') ?? (from === 'bundles' && o.bundle !== undefined ? versions[0] : undefined);
  const ofMinor = versions.filter((v) => v.startsWith(`${said}.`)).toSorted(compareVersions);
  const to = ofMinor.at(-1) ?? said ?? versionBefore(seen);
  if (to !== undefined && versions.includes(to)) return to;
  throw new InputError(
    from === 'bundles'
      ? {
          what: `No bundle holds Kubernetes ${to ?? 'of before'}`,
          why: `The bundle holds ${versions.join(', ')}`,
          fix: 'Give the bundle that the cluster was installed from with --bundle',
        }
      : {
          what: `Kubernetes ${to ?? 'of before'} is not known`,
          fix: 'Choose one that kubewright versions lists, or give a bundle with --bundle',
        },
  );
}

/** The inventory as it is for one version; where files are downloaded, with the components that were noted with that version. */
function optionsAt(o: RollbackCommandOptions, sources: Sources, version: string, seen?: Seen): RollbackCommandOptions {
  const path = sources.bundles.get(version);
  const noted = seen?.living?.record?.settings ?? {};
  const components =
    path === undefined && noted.kube_version === version
      ? Object.values(COMPONENT_SETTINGS).flatMap((name) =>
          name !== 'kube_version' && typeof noted[name] === 'string' ? [`${name}=${noted[name]}`] : [],
        )
      : [];
  return {
    ...o,
    extraVars: [...components, ...o.extraVars, `kube_version=${version}`],
    ...(path === undefined ? {} : { bundle: path }),
  };
}

async function back(o: RollbackCommandOptions, cluster: Cluster, seen: Seen, to: string): Promise<number> {
  const plan = rollbackPlan(cluster, seen, to, o.node);
  const problems = rollbackRefusals(cluster, seen, plan, o.node);
  if (problems.length > 0) throw new PreflightError(problems);
  process.stdout.write(o.view === 'json' ? `${JSON.stringify({ type: 'rollback-plan', ...plan })}\n` : rollbackText(plan, seen));
  const hosts = [...new Set([...plan.nodes, ...plan.begun])];
  if (o.check || hosts.length === 0) return 0;
  await confirm([`${hosts.join(', ')}: back to ${to}.`], o.yes);
  return runOperation(o, {
    title: `rollback to ${to}`,
    playbook: 'rollback-nodes.yml',
    roles: rollbackNodes({ ...plan, drainTimeout: o.drainTimeout }),
    hosts: [...new Set([...hosts, ...(plan.nodes.length > 0 ? [plan.coordinator] : [])])],
    finish: async ({ result }) => {
      const next =
        result.exitCode === 0
          ? `${hosts.join(', ')}: back at ${to}. When the cause is repaired, kubewright upgrade --to ${plan.from} goes on.`
          : 'Run the same command again: it goes on where it stopped.';
      process.stderr.write(`${asCalled(next)}\n`);
    },
  });
}

/** Before all objects and programs go back; nothing has been changed. */
async function wholeRefusals(path: string, cluster: Cluster, seen: Seen, to: string): Promise<ErrorParts[]> {
  const { living } = seen;
  const all = living?.versions.all ?? [];
  const newer = all.filter((v) => compareVersions(v, to) > 0);
  const away = cluster.hosts.filter((h) => seen.failures.has(h.name));
  const problems: ErrorParts[] = away.map((h) => ({
    what: 'The host cannot be reached',
    where: h.name,
    why: seen.failures.get(h.name)?.message,
    fix: `Start it: with its newer programs it must not come back later. If it is off for good, take it out first: kubewright remove ${h.name} --force`,
    code: UNREACHABLE,
  }));
  if (all.some((v) => compareVersions(v, to) < 0)) {
    problems.push({
      what: `${to} is newer than what runs, ${all[0]}`,
      fix: 'Give an older version with --to',
    });
  }
  if (living && !living.record) {
    problems.push({
      what: 'It is not noted anywhere what this cluster was made with',
      why: 'The manifests of the older version are written again from that',
      fix: 'Note it first: kubewright adopt',
    });
  }
  const ignored = cluster.settings.kubewright_preflight_ignore.includes('snapshot-of-another-version');
  const other = ignored ? undefined : await otherVersion(path, to, newer);
  if (other) problems.push(other);
  return problems;
}

function wholeText(cluster: Cluster, seen: Seen, to: string, snapshot: string): string {
  const all = seen.living?.versions.all ?? [];
  return [
    `Back to Kubernetes ${to} on all hosts, which run ${all.join(', ')}`,
    `  all objects: those of ${resolve(snapshot)}; what was written since is given up, the old data are kept on the members`,
    `  etcd, with the program of then: ${cluster.etcd.map((h) => h.name).join(', ')}`,
    `  control planes, all at once: ${cluster.controlPlane.map((h) => h.name).join(', ')}; the API is away for some minutes`,
    `  kubelets and runtimes of all nodes, without a drain: pods go on`,
    '',
  ].join('\n');
}
