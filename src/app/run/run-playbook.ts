import { dirname, resolve } from 'node:path';
import { UnreachableErrors } from '../../base/errors.js';
import { hasColor } from '../../base/text/color.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { formatParts } from '../../base/text/render-error.js';
import { endingCertificates } from '../../cluster/checks/ending-certificates.js';
import { runPlays } from '../../engine/plays/run-plays.js';
import type { PushFile, RunResult } from '../../engine/types.js';
import type { Inventory } from '../../inventory/model/model.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import type { Play } from '../../playbook/model.js';
import { loadPlaybook } from '../../playbook/playbook.js';
import type { Role } from '../../roles/role.js';
import { putFile } from '../../transport/session/put-file.js';
import type { Session } from '../../transport/types.js';
import { createView } from '../../ui/run/create-view.js';
import type { View } from '../../ui/run/view.js';
import { withAnsibleConfig } from '../connect/ansible-config.js';
import { type Connections, openConnections } from '../connect/connections.js';
import { interruptions, throwIfInterrupted } from '../connect/interrupt.js';
import type { ConnectionOptions, VaultOptions } from '../connect/options.js';
import { readInventory } from '../inventory/read.js';
import { type ClusterSource, readCluster } from '../inventory/read-cluster.js';
import { inventorySecrets } from '../inventory/secrets.js';
import { bundlePaths } from '../plan/artifact-source.js';
import { assumedFacts } from '../plan/assumed-facts.js';
import { findStart, neededExports, startAt } from '../plan/borrowed-tasks.js';
import { checkUserTasks } from '../plan/check-user-tasks.js';
import { hostsOf, planPlays } from '../plan/plan-plays.js';
import { type PlanContext, type ResolvedPlay, resolvePlays, usesRoles } from '../plan/resolve-plays.js';
import { requireWork, type TaskListOptions, taskList, taskListText } from '../plan/task-list.js';
import { UserTasks } from '../plan/user-tasks.js';
import { runAbout } from './about.js';
import { FactsGatherer } from './gather-facts.js';
import { type Compares, installs, settle } from './living.js';
import { factsOfOthers, preflight } from './preflight.js';
import { newRunSecrets } from './run-secrets.js';
import { stepPrompt } from './step-prompt.js';

/** `auto`: a live view on a terminal, plain lines elsewhere. */
export type ViewKind = 'auto' | 'terminal' | 'plain' | 'json';

/** What `provision` and `run` have in common. */
export interface PlaybookOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly limit?: string;
  readonly connection: ConnectionOptions;
  readonly view: ViewKind;
  /** 0: changed and failed tasks; 1: all tasks; 2: their output too. */
  readonly verbosity?: number;
  readonly bundle?: string;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Id or title of the first task to run. */
  readonly startAt?: string;
  /** Ask before each play and task. */
  readonly step?: boolean;
  /** Print this instead of running anything. */
  readonly list?: TaskListOptions;
  readonly check: boolean;
  readonly diff: boolean;
  /** Default: `.kubewright/runs` in the working directory. */
  readonly journalDir?: string;
  readonly forceUnlock?: boolean;
}

export interface PlaybookRun extends PlaybookOptions {
  /** Path of the playbook. */
  readonly playbook: string;
  /** The command of the user: `provision`. */
  readonly title: string;
  /** The inventory describes a cluster, even if no play has roles. */
  readonly cluster: boolean;
  /** See `ResolveOptions`. */
  readonly evenEtcd?: boolean;
  /** Roles that its plays may name; default: all of the registry. Those of an operation know what the operator asked for. */
  readonly roles?: ReadonlyMap<string, Role>;
  /** An operation that does not touch etcd, or takes it as it finds it. */
  readonly anyEtcd?: boolean;
  /** Hosts of the run, by name; undefined: all. */
  readonly only?: ReadonlySet<string>;
  /** The run brings newer versions: these are allowed, and follow what belongs to the wanted Kubernetes. */
  readonly upgrades?: boolean;
  /** The plays to run in place of those in the file. */
  readonly plays?: (plays: readonly Play[]) => readonly Play[];
  /** Secret files that tasks may take with `kw_artifact`: sha256 to path on this machine. Only root can read them on a host. */
  readonly secretFiles?: ReadonlyMap<string, string>;
  /** Called after a run, except in check mode. */
  readonly finish?: (ended: EndedRun) => Promise<void>;
}

/** A run whose connections are still open. */
export interface EndedRun {
  readonly source: ClusterSource;
  readonly result: RunResult;
  readonly sessions: ReadonlyMap<string, Session>;
  /** Aborted by Ctrl-C: nothing more is asked of a host. */
  readonly signal: AbortSignal;
}

type PlaySource = Pick<ClusterSource, 'bundle' | 'warnings'> & {
  readonly inventory: Inventory;
  readonly cluster: ClusterSource | undefined;
};

/**
 * Runs a playbook, or lists what a run would do.
 *
 * @returns the exit code.
 * @throws KubewrightError for bad input before any host is contacted, and for unreachable hosts and preflight problems before
 *   anything is changed.
 */
export async function runPlaybook(o: PlaybookRun): Promise<number> {
  // Not the start of the process: `demo` makes lab machines and bundles before.
  const began = Date.now();
  const written = await loadPlaybook(o.playbook);
  const playbook = o.plays ? { ...written, plays: o.plays(written.plays) } : written;
  const source = await readSource(o, o.cluster || usesRoles(playbook));
  try {
    const { inventory, bundle } = source;
    const cluster = source.cluster?.cluster;
    const limit = o.limit === undefined ? o.only : new Set(resolvePattern(inventory, o.limit));
    let plays = resolvePlays(playbook, inventory, cluster, { tags: o.tags, skipTags: o.skipTags, limit }, o.roles);
    const userTasks = new UserTasks(inventory, playbook.dir);
    checkUserTasks(plays, userTasks);
    const allFacts = assumedFacts(cluster, bundle?.index.arch);
    const fresh: PlanContext = { ...contextOf(source, userTasks, o.check), allFacts };
    if (o.startAt !== undefined) plays = startAt(plays, findStart(o.startAt, plays, fresh));
    if (o.list && (o.list.hosts || o.list.tasks || o.list.tags)) return list(o, o.list, plays, fresh);
    return await run({ ...o, began }, source, plays, fresh);
  } finally {
    await source.bundle?.close();
  }
}

async function readSource(o: PlaybookRun, withCluster: boolean): Promise<PlaySource> {
  // group_vars and host_vars beside the playbook are read too, as in Ansible.
  const options = { ...o, playbookDir: dirname(resolve(o.playbook)) };
  if (!withCluster) {
    const inventory = await readInventory(options);
    return { inventory, cluster: undefined, bundle: undefined, warnings: [] };
  }
  const cluster = await readCluster(options);
  return { inventory: cluster.inventory, cluster, bundle: cluster.bundle, warnings: cluster.warnings };
}

function contextOf(source: PlaySource, userTasks: UserTasks, check: boolean): PlanContext {
  const { bundle } = source;
  const cluster = source.cluster?.cluster;
  return {
    cluster,
    bundle,
    userTasks,
    check,
    secrets: newRunSecrets(),
    allFacts: new Map(),
    droppedOut: new Set(),
    failed: new Map(),
  };
}

function list(o: PlaybookRun, what: TaskListOptions, plays: readonly ResolvedPlay[], fresh: PlanContext): number {
  const found = taskList(plays, fresh);
  requireWork(found, o.playbook);
  process.stdout.write(
    o.view === 'json' ? `${JSON.stringify({ playbook: o.playbook, plays: found })}\n` : taskListText(o.playbook, found, what),
  );
  return 0;
}

async function run(
  o: PlaybookRun & { readonly began: number },
  source: PlaySource,
  plays: readonly ResolvedPlay[],
  fresh: PlanContext,
): Promise<number> {
  const { bundle, inventory } = source;
  const { cluster, userTasks } = fresh;
  const chosen = new Set(plays.flatMap((p) => (p.items.some((u) => u.selected) ? p.hosts : [])));
  requireWork([...chosen], o.playbook);
  // Planned for fresh hosts, so this may include more hosts than needed in the end.
  const helpers = [...hostsOf(planPlays(plays, fresh, neededExports(plays, fresh)))].filter((h) => !chosen.has(h));
  const step = o.step ? stepPrompt() : undefined;
  const view = await openView(o);
  const tell = (text: string): void => view.event({ at: Date.now(), type: 'warning', text });
  for (const w of source.warnings)
    view.event({ at: Date.now(), type: 'warning', text: formatParts(w), ...(w.danger ? { danger: true } : {}) });

  let instead: string | undefined = 'Interrupted: nothing has been changed.';
  const interrupt = interruptions(tell, () => instead);
  const gatherer = cluster ? new FactsGatherer(cluster) : undefined;
  let connections: Connections | undefined;
  try {
    connections = await openConnections(
      [...inventory.hosts.values()].filter((h) => chosen.has(h.name) || helpers.includes(h.name)),
      {
        connection: o.connection,
        lookup: (name) => inventory.hosts.get(name),
        firstExec: gatherer && ((session, signal) => gatherer.firstExec(session, signal)),
        signal: interrupt.stop,
        onConnected: (host, ms) => view.event({ at: Date.now(), type: 'host-connected', host, ms }),
      },
    ).catch((error: unknown) => {
      const away = error instanceof UnreachableErrors ? error.all.map((e) => e.host).filter((h) => helpers.includes(h)) : [];
      if (away.length > 0) tell(`${hostsText(away)}: asked too, though not chosen, because the chosen hosts need what is there`);
      throw error;
    });
    const { reconnect, sessions } = connections;
    const allFacts = gatherer ? await gatherer.all(sessions, reconnect, interrupt.stop) : new Map();
    // Tasks must not wait for hosts that only help.
    const droppedOut = new Set((cluster?.hosts ?? []).map((h) => h.name).filter((name) => !chosen.has(name)));
    const others = await factsOfOthers(plays, { ...fresh, allFacts }, inventory, o.connection, interrupt.stop);
    throwIfInterrupted(interrupt.stop);
    const settled = cluster && settle(cluster, inventory, bundle, new Map([...others, ...allFacts]), comparing(o, plays));
    for (const warning of settled?.warnings ?? []) tell(formatParts(warning));
    for (const warning of endingCertificates(allFacts, Date.now())) tell(formatParts(warning));
    if (o.check) for (const change of settled?.changes ?? []) tell(change);
    const context: PlanContext = {
      ...fresh,
      cluster: settled?.cluster,
      ...(settled?.living ? { living: settled.living } : {}),
      allFacts,
      droppedOut,
    };
    preflight(plays, context, others);
    const planned = planPlays(plays, context, neededExports(plays, context));
    // Errors of roles, such as a file missing from the bundle, must come now and not midway.
    for (const play of planned) for (const host of play.hosts) play.tasks(host, new Map(), new Map());
    const secretFiles = o.secretFiles ?? new Map<string, string>();
    const paths = new Map([...bundlePaths(bundle), ...userTasks.pushed, ...secretFiles]);
    const push: PushFile = (session, file) => putFile(session, secretFiles.has(file.sha256) ? { ...file, mode: '0600' } : file);
    instead = undefined;
    const result = await runPlays({
      title: o.title,
      plays: planned,
      sessions,
      reconnect,
      artifacts: { localPath: (sha256) => paths.get(sha256), push, nodeMayDownload: () => bundle === undefined },
      forks: withAnsibleConfig(o.connection).forks,
      check: o.check,
      diff: o.diff,
      journalDir: o.journalDir,
      about: runAbout(o.began, o),
      secrets: inventorySecrets(inventory),
      step,
      forceUnlock: o.forceUnlock,
      cacheDir: cluster?.settings.kubewright_cache_dir,
      signal: interrupt.stop,
      kill: interrupt.kill,
      view: (event) => view.event(event),
    });
    instead = 'Interrupted: the run itself is done.';
    if (!o.check && source.cluster)
      await o.finish?.({
        source: { ...source.cluster, cluster: settled?.cluster ?? source.cluster.cluster },
        result,
        sessions,
        signal: interrupt.stop,
      });
    return result.exitCode;
  } finally {
    await view.end();
    await connections?.close();
    interrupt.done();
  }
}

function comparing(o: PlaybookRun, plays: readonly ResolvedPlay[]): Compares | undefined {
  if (o.upgrades) return 'upgrade';
  if (installs(plays)) return 'install';
  return o.roles && !o.anyEtcd ? 'operation' : undefined;
}

function openView(o: PlaybookRun): Promise<View> {
  // Prompts and a live view would overwrite each other.
  return createView(o.view === 'auto' ? (o.step ? 'plain' : 'terminal') : o.view, {
    stdout: process.stdout,
    stderr: process.stderr,
    verbosity: o.verbosity ?? 0,
    color: hasColor(process.stdout),
  });
}
