import type { RunEvent } from '../engine/events.js';
import { runPlays } from '../engine/run-plays.js';
import type { RunResult } from '../engine/types.js';
import { type ErrorParts, InputError, InputErrors, PreflightError } from '../errors.js';
import type { Inventory } from '../inventory/model.js';
import { resolvePattern } from '../inventory/pattern.js';
import { loadPlaybook } from '../playbook/playbook.js';
import { putFile } from '../transport/put-file.js';
import { createView, type View } from '../ui/view.js';
import { bundlePaths } from './artifact-source.js';
import { type ClusterSource, readCluster, readInventory } from './cluster-source.js';
import { type Connections, openConnections } from './connections.js';
import type { ConnectionOptions } from './credentials.js';
import { gatherFacts } from './gather.js';
import { interruptions } from './interrupt.js';
import { gateProblems, type PlanContext, planPlays, type ResolvedPlay, resolvePlays, usesRoles } from './plan.js';
import { runAbout } from './run-about.js';
import { newRunSecrets } from './run-secrets.js';
import { UserTasks } from './user-tasks.js';

/** `auto`: a live picture on a terminal, plain lines elsewhere. */
export type ViewKind = 'auto' | 'terminal' | 'plain' | 'json';

/** What `provision` and `run` have in common. */
export interface PlaybookOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly limit?: string;
  readonly connection: ConnectionOptions;
  readonly view: ViewKind;
  /** 0: what changed or failed; 1: every task; 2: their output as well. */
  readonly verbosity?: number;
  readonly bundle?: string;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
  /** Default: `.kubewright/runs` below the working folder. */
  readonly journalDir?: string;
}

export interface PlaybookRun extends PlaybookOptions {
  /** Path of the playbook. */
  readonly playbook: string;
  /** What the user asked for: `provision`. */
  readonly title: string;
  /** The inventory describes a cluster, whatever the plays say. */
  readonly cluster: boolean;
  /** Called after a run that changed things. */
  readonly finish?: (source: ClusterSource, result: RunResult) => Promise<void>;
}

type PlaySource = Pick<ClusterSource, 'bundle' | 'warnings'> & {
  readonly inventory: Inventory;
  readonly cluster: ClusterSource | undefined;
};

/**
 * Runs a playbook.
 *
 * @returns the exit code. Bad input is thrown before any machine is touched; unreachable machines and what preflight finds
 * are thrown before anything is changed.
 */
export async function runPlaybook(o: PlaybookRun): Promise<number> {
  const playbook = await loadPlaybook(o.playbook);
  const source = await readSource(o, o.cluster || usesRoles(playbook));
  try {
    const { inventory } = source;
    const limit = o.limit === undefined ? undefined : new Set(withHelpers(source, resolvePattern(inventory, o.limit)));
    const plays = resolvePlays(playbook, inventory, source.cluster?.cluster, { tags: o.tags, skipTags: o.skipTags, limit });
    return await run(o, source, plays, new UserTasks(playbook.dir));
  } finally {
    await source.bundle?.close();
  }
}

async function readSource(o: PlaybookRun, withCluster: boolean): Promise<PlaySource> {
  if (!withCluster) return { inventory: await readInventory(o), cluster: undefined, bundle: undefined, warnings: [] };
  const cluster = await readCluster(o);
  return { inventory: cluster.inventory, cluster, bundle: cluster.bundle, warnings: cluster.warnings };
}

async function run(o: PlaybookRun, source: PlaySource, plays: readonly ResolvedPlay[], userTasks: UserTasks): Promise<number> {
  const { bundle, inventory } = source;
  const cluster = source.cluster?.cluster;
  checkSteps(plays, userTasks);
  const wanted = new Set(plays.filter((p) => p.units.some((u) => u.selected)).flatMap((p) => p.hosts));
  if (wanted.size === 0) {
    throw new InputError({
      what: 'No play has a host to work on',
      where: o.playbook,
      todo: 'Look at hosts: of the plays, and at --limit, --tags and --skip-tags',
    });
  }
  const view = openView(o);
  const tell = (text: string): void => view.event({ at: Date.now(), type: 'warning', text });
  for (const warning of source.warnings) tell(warning);

  const interrupt = interruptions(tell);
  let connections: Connections | undefined;
  try {
    connections = await openConnections(
      [...inventory.hosts.values()].filter((h) => wanted.has(h.name)),
      {
        connection: o.connection,
        signal: interrupt.stop,
        onConnected: (host, ms) => view.event({ at: Date.now(), type: 'host-connected', host, ms }),
      },
    );
    const { reconnect, sessions } = connections;
    const allFacts = cluster ? await gatherFacts(cluster, sessions) : new Map();
    const out = new Set((cluster?.hosts ?? []).map((h) => h.name).filter((name) => !allFacts.has(name)));
    const context: PlanContext = { cluster, allFacts, bundle, secrets: newRunSecrets(), out, userTasks };
    preflight(plays, context);
    const paths = new Map([...bundlePaths(bundle), ...userTasks.pushed]);
    const result = await runPlays({
      title: o.title,
      plays: planPlays(plays, context),
      sessions,
      reconnect,
      artifacts: { localPath: (sha256) => paths.get(sha256), push: putFile, nodeMayDownload: () => bundle === undefined },
      forks: o.connection.forks,
      check: o.check,
      diff: o.diff,
      journalDir: o.journalDir,
      about: runAbout(o),
      cacheDir: cluster?.settings.kubewright_cache_dir,
      signal: interrupt.stop,
      kill: interrupt.kill,
      view: (event: RunEvent) => {
        if (event.type === 'host-failed' || event.type === 'host-unreachable') out.add(event.host);
        view.event(event);
      },
    });
    if (!o.check && source.cluster) await o.finish?.(source.cluster, result);
    return result.exitCode;
  } finally {
    await view.end();
    await connections?.close();
    interrupt.done();
  }
}

/** Files that are missing and text that cannot be rendered: all of it is said before any machine is touched. */
function checkSteps(plays: readonly ResolvedPlay[], userTasks: UserTasks): void {
  const problems: ErrorParts[] = [];
  for (const unit of plays.flatMap((p) => p.units)) {
    if (unit.kind !== 'step') continue;
    try {
      userTasks.task(unit.step);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.parts);
    }
  }
  if (problems.length > 0) throw new InputErrors(problems);
}

function openView(o: PlaybookRun): View {
  return createView(o.view === 'auto' ? 'terminal' : o.view, {
    stdout: process.stdout,
    stderr: process.stderr,
    verbosity: o.verbosity ?? 0,
    color: process.stdout.isTTY && !process.env.NO_COLOR,
  });
}

function preflight(plays: readonly ResolvedPlay[], context: PlanContext): void {
  const problems = gateProblems(plays, context);
  if (problems.length > 0) throw new PreflightError(problems);
  // Everything that a role refuses by itself (a file that the bundle lacks) shall be said now, not half-way.
  for (const play of planPlays(plays, context)) {
    for (const host of play.hosts) play.tasks(host, new Map());
  }
}

/** The hosts of `--limit`, and those whose exports everybody needs: the first control plane and the first etcd member. */
function withHelpers({ cluster }: PlaySource, hosts: readonly string[]): string[] {
  const helpers = cluster ? [cluster.cluster.controlPlane[0], cluster.cluster.etcd[0]] : [];
  return [...helpers.flatMap((h) => (h ? [h.name] : [])), ...hosts];
}
