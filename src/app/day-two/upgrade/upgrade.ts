import { InputError, KubewrightError, PreflightError } from '../../../base/errors.js';
import { placeText } from '../../../base/place.js';
import { writeWarning } from '../../../base/text/render-error.js';
import { asCalled } from '../../../base/text/tool-name.js';
import { compareVersions, defaultKubeVersion } from '../../../cluster/catalogue.js';
import type { Cluster } from '../../../cluster/cluster.js';
import { batches } from '../../../engine/plays/play-runner.js';
import type { Inventory } from '../../../inventory/model/model.js';
import { upgrade } from '../../../roles/day-two/upgrade/upgrade.js';
import { isNode } from '../../../roles/role.js';
import { imagesFor } from '../../../roles/runtime/images.js';
import { readInventory } from '../../inventory/read.js';
import type { ClusterSource } from '../../inventory/read-cluster.js';
import { artifactsFor } from '../../plan/artifact-source.js';
import { settle } from '../../run/living.js';
import { withHosts } from '../ask.js';
import { confirm } from '../confirm.js';
import { isHealthy } from '../etcd/model.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';
import { type Blocker, check } from './checks.js';
import { look, type Seen } from './look.js';
import { type Step, upgradePath } from './path.js';
import { withBatches } from './plays.js';
import { type Plan, planJson, planText } from './report.js';
import { type Sources, sourcesOf } from './sources.js';

export interface UpgradeCommandOptions extends Omit<OperationOptions, 'bundle'> {
  /** A version, or a minor version; default: the inventory's, else the newest that can be had. */
  readonly to?: string;
  /** One for each version on the way; default: the inventory's. */
  readonly bundle: readonly string[];
  /** Workers at a time: a number, or a percentage of them. */
  readonly serial: string;
  /** Seconds. */
  readonly drainTimeout: number;
  readonly yes: boolean;
}

/** Seconds in which what an earlier run has left, such as an API server that restarts, may become well. */
const PATIENCE_SEC = 150;
/** While a program of that run goes on: kubeadm gives up by itself. */
const BUSY_SEC = 1800;

/**
 * `upgrade`: a cluster to a newer version of Kubernetes, one minor version after the other. What is to be done is decided by what runs,
 * before each of them again: a run that was cut off goes on when it is started again.
 *
 * @returns exit code
 * @throws InputError for a version that cannot be reached, PreflightError for a cluster that is not well; nothing was changed.
 */
export async function upgradeCommand(o: UpgradeCommandOptions): Promise<number> {
  const inventory = await readInventory(o);
  const sources = await sourcesOf(o.bundle, inventory);
  const walked: string[] = [];
  for (;;) {
    const first = walked.length === 0;
    const { plan, blockers } = await ready(o, inventory, sources, first);
    const [step] = plan.steps;
    if (first) process.stdout.write(o.view === 'json' ? `${planJson(plan)}\n` : step ? planText(plan) : '');
    if (blockers.length > 0) throw new PreflightError(blockers);
    if (!step) {
      if (first)
        process.stderr.write(`All hosts run Kubernetes ${plan.from}: nothing to do. kubewright verify tests the cluster.\n`);
      break;
    }
    if (o.check) return 0;
    if (first)
      await confirm([`${plan.cluster.hosts.length} hosts are upgraded to ${plan.target}; Kubernetes cannot go back.`], o.yes);
    if (walked.includes(step.version)) throw notThere(step.version);
    const code = await runStep(o, sources, plan, step);
    if (code === 1)
      process.stderr.write(
        `${asCalled('To go on, repair the cause and run the same command again. kubewright rollback --check says what of it can be undone.')}\n`,
      );
    if (code !== 0) return code;
    walked.push(step.version);
    if (plan.steps.length === 1) break;
  }
  if (walked.length === 0) return 0;
  for (const line of whatNext(inventory, walked.at(-1) ?? '', sources)) process.stderr.write(`${line}\n`);
  const { runVerify } = await import('../../verify/verify.js');
  return runVerify({ ...o, network: false, json: o.view === 'json' });
}

/** The plan as of now. What may pass by itself is waited for, except in check mode. */
async function ready(
  o: UpgradeCommandOptions,
  inventory: Inventory,
  sources: Sources,
  first: boolean,
): Promise<{ readonly plan: Plan; readonly blockers: readonly Blocker[] }> {
  const began = Date.now();
  let end = began + PATIENCE_SEC * 1000;
  for (let told = false; ; told = true) {
    const found = await planNow(o, inventory, sources);
    const passing = found.blockers.length > 0 && found.blockers.every((b) => b.passing);
    const { busy } = found.plan.seen;
    if (busy.length > 0) end = Math.min(began + BUSY_SEC * 1000, Date.now() + PATIENCE_SEC * 1000);
    if (!passing || (o.check && first) || Date.now() > end) {
      for (const warning of found.warnings) if (first) writeWarning(warning);
      return found;
    }
    if (!told) {
      const what = found.blockers.map((b) => (b.where === undefined ? b.what : `${b.what} (${String(b.where)})`)).join('; ');
      const who = busy.length > 0 ? `; a run goes on there (${busy.join(', ')})` : '';
      process.stderr.write(`Waiting up to ${busy.length > 0 ? BUSY_SEC : PATIENCE_SEC} s: ${what}${who}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}

async function planNow(o: UpgradeCommandOptions, inventory: Inventory, sources: Sources) {
  const source = await readAt(o, sources, sources.any);
  const seen = await withHosts(source, source.cluster.hosts, o.connection, (asker) => look(source.cluster, asker));
  const { living } = seen;
  if (!living) {
    throw new InputError({ what: 'No cluster runs on these hosts', fix: 'kubewright provision makes one' });
  }
  const apiServers = [...living.versions.apiServers.values()].filter((v) => v !== '');
  const running = apiServers.length > 0 ? apiServers : [living.versions.cluster ?? ''];
  const names = new Set(source.cluster.hosts.map((h) => h.name));
  const kubelets = [...living.versions.kubelets].flatMap(([node, v]) => (names.has(node) && v !== '' ? [v] : []));
  const from = running.toSorted(compareVersions).at(-1) ?? '';
  if (from === '') {
    throw new KubewrightError({
      what: 'The version of the cluster is not known',
      why: [...living.silentApis].map(([host, why]) => `${host}: ${why}`).join('; ') || 'No API server answers',
      fix: 'Start the control planes first: `journalctl -u kubelet` on them says why they are down',
    });
  }
  const to = o.to ?? wantedBy(inventory, source.cluster, from) ?? newest(sources, from);
  let steps = upgradePath({ apiServers: running, kubelets }, to, sources);
  const target = steps.at(-1)?.version ?? from;
  const next = steps[0]?.version ?? from;
  // Without a source for what runs there is nothing to compare it with.
  const known = sources.versions.includes(next);
  const at = await readAt(o, sources, known ? next : sources.any);
  const settled = known
    ? settle(at.cluster, at.inventory, at.bundle, seen.facts, 'upgrade')
    : { cluster: at.cluster, versions: [], changes: [] };
  const components = settled.versions.filter((c) => c.setting !== 'kube_version');
  if (steps.length === 0 && known && (components.length > 0 || leftOver(seen, from)))
    steps = [{ version: from, begun: components.length === 0 }];
  const { cluster } = settled;
  const plan: Plan = {
    seen,
    from,
    target,
    steps,
    cluster,
    versions: settled.versions,
    settings: settled.changes,
    batches: batches(
      cluster.workers.filter((h) => !h.controlPlane).map((h) => h.name),
      /%$/.test(o.serial) ? (o.serial as `${number}%`) : Number(o.serial),
    ),
    bundles: sources.bundles,
  };
  if (steps.length === 0) return { plan, blockers: [], warnings: [] };
  return { plan, ...check(seen, checked(plan, at, cluster), Date.now()) };
}

/** The inventory as it is for one version. */
function readAt(o: UpgradeCommandOptions, sources: Sources, version: string): Promise<ClusterSource> {
  return readForLook(optionsAt(o, sources, version));
}

function optionsAt(o: UpgradeCommandOptions, sources: Sources, version: string): OperationOptions {
  const { bundle: _, ...rest } = o;
  const path = sources.bundles.get(version);
  return {
    ...rest,
    extraVars: [...o.extraVars, `kube_version=${version}`],
    ...(path === undefined ? {} : { bundle: path }),
  };
}

function checked(plan: Plan, { bundle }: ClusterSource, cluster: Cluster): Parameters<typeof check>[1] {
  return {
    cluster,
    version: plan.target,
    etcdVersion: bundle?.findFile('etcd')?.version ?? cluster.versions.components.etcd ?? '',
    imageBytes: (host) => {
      const facts = plan.seen.facts.get(host.name);
      // Pulled ones have no size here: about what a control plane needs.
      if (!bundle || !facts) return isNode(host) ? 400e6 : 0;
      const artifacts = artifactsFor(cluster, host, facts.arch, bundle);
      const list = imagesFor({ artifacts, cluster, host });
      return [...new Map(list.map((i) => [i.sha256, i.size ?? 0])).values()].reduce((sum, size) => sum + size, 0);
    },
  };
}

/** The inventory's `kube_version`, where it is newer than what runs. */
function wantedBy(inventory: Inventory, cluster: Cluster, from: string): string | undefined {
  const first = cluster.controlPlane[0]?.name ?? '';
  const value = inventory.hosts.get(first)?.vars.get('kube_version')?.value;
  if (typeof value !== 'string' || !/^v?1\.\d+(\.\d+)?$/.test(value)) return undefined;
  return compareVersions(value.replace(/^v/, ''), from) > 0 ? value : undefined;
}

function newest(sources: Sources, from: string): string {
  const all = sources.from === 'catalogue' ? [defaultKubeVersion()] : sources.versions;
  return [...all, from].toSorted(compareVersions).at(-1) ?? from;
}

/** What is left to do where all hosts run the version: the end of a run that was cut off. */
function leftOver({ marked, living, kubeProxy }: Seen, version: string): boolean {
  const recorded = living?.record?.settings.kube_version;
  const configured = living?.configuration?.kubernetesVersion;
  return (
    marked.length > 0 ||
    (recorded !== undefined && recorded !== version) ||
    (configured !== undefined && configured !== version) ||
    (kubeProxy !== undefined && !kubeProxy.endsWith(`:v${version}`))
  );
}

function runStep(o: UpgradeCommandOptions, sources: Sources, plan: Plan, step: Step): Promise<number> {
  const { members } = plan.seen.etcd;
  const healthy = members.filter((m) => m.host !== undefined && isHealthy(m) && !m.learner);
  const member = (healthy.find((m) => !m.status?.leader) ?? healthy[0])?.host;
  return runOperation(optionsAt(o, sources, step.version), {
    title: `upgrade to ${step.version}`,
    playbook: 'upgrade.yml',
    roles: upgrade({
      ...(step.begun || member === undefined ? {} : { snapshotOf: member }),
      stamp: new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
      coordinator: plan.cluster.controlPlane[0]?.name ?? '',
      batches: plan.batches,
      drainTimeout: o.drainTimeout,
    }),
    upgrades: true,
    plays: (plays) => withBatches(plays, plan.batches),
  });
}

function notThere(version: string): KubewrightError {
  return new KubewrightError({
    what: `The run has ended, and the cluster does not run ${version} everywhere`,
    fix: 'kubewright status shows the versions of the nodes; run the same command again',
  });
}

/** What only the operator can do: the inventory is theirs. */
function whatNext(inventory: Inventory, version: string, sources: Sources): string[] {
  const hosts = [...inventory.hosts.values()];
  const place = (name: string): string => {
    const found = hosts.map((h) => h.vars.get(name)?.source).find((s) => s !== undefined);
    return found ? ` (${placeText(found)})` : '';
  };
  const lines: string[] = [];
  const said = hosts.map((h) => h.vars.get('kube_version')?.value).find((v) => v !== undefined);
  if (said !== undefined && said !== version)
    lines.push(`Write kube_version: '${version}' into the inventory${place('kube_version')}.`);
  const bundle = sources.bundles.get(version);
  const setting = hosts.map((h) => h.vars.get('kubewright_bundle')?.value).find((v) => v !== undefined);
  if (bundle !== undefined && setting !== bundle)
    lines.push(
      setting === undefined
        ? `Give --bundle ${bundle} to provision from now on.`
        : `Write kubewright_bundle: ${bundle} into the inventory${place('kubewright_bundle')}, or give --bundle to provision.`,
    );
  return lines;
}
