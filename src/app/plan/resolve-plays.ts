import type { Bundle } from '../../artifacts/bundle.js';
import { type ErrorParts, InputError, InputErrors, KubewrightError } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { LivingCluster } from '../../cluster/living/living-cluster.js';
import type { Exports } from '../../engine/types.js';
import type { HostFacts } from '../../facts/facts.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Variable } from '../../inventory/model/values.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import type { Play, Playbook, UserTask } from '../../playbook/model.js';
import { didYouMean } from '../../playbook/playbook.js';
import { checkTags, tagsSelect } from '../../playbook/tags.js';
import { ROLES } from '../../roles/registry.js';
import type { Role, RoleContext, RunSecrets } from '../../roles/role.js';
import type { Task } from '../../tasks/task.js';
import { artifactsFor } from './artifact-source.js';
import type { UserTasks } from './user-tasks.js';

/** A play with its hosts and roles looked up by name. */
export interface ResolvedPlay {
  readonly play: Play;
  /** Hosts that match its pattern. */
  readonly all: readonly string[];
  /** Those within `--limit`. */
  readonly hosts: readonly string[];
  /** Those of `play.turns`. */
  readonly turns: ReadonlySet<string>;
  /** Those of `play.vital`. */
  readonly vital: ReadonlySet<string>;
  /** What it does, in order. */
  readonly items: readonly PlayItem[];
}

/** A role or a task of a play, with all its tags. */
export type PlayItem = {
  readonly tags: readonly string[];
  readonly selected: boolean;
  /** Id of the task at which `--start-at` begins. */
  readonly startId?: string;
  /** Only on these hosts; absent: all of the play's. */
  readonly only?: ReadonlySet<string>;
} & (
  | { readonly kind: 'role'; readonly role: Role }
  | { readonly kind: 'user-task'; readonly userTask: UserTask; readonly vars: ReadonlyMap<string, Variable> }
);

export interface Selection {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Hosts of the run; undefined: all. */
  readonly limit: ReadonlySet<string> | undefined;
}

/**
 * @param known roles by the names that plays use.
 * @throws InputErrors for unknown roles and tags, and for patterns with unknown names.
 */
export function resolvePlays(
  playbook: Playbook,
  inventory: Inventory,
  cluster: Cluster | undefined,
  s: Selection,
  known: ReadonlyMap<string, Role> = ROLES,
): ResolvedPlay[] {
  const problems: ErrorParts[] = [];
  const members = new Set(cluster?.hosts.map((h) => h.name));
  const resolved = playbook.plays.map((play) => {
    const items = itemsOf(play, s, known, inventory, problems);
    // Roles are for hosts of the cluster; a play of roles only does not concern other hosts.
    const rolesOnly = items.every((u) => u.kind === 'role');
    const all = hostsOf(play.hosts, play.source, inventory, problems).filter((h) => !rolesOnly || members.has(h));
    const named = (pattern: string | undefined) =>
      new Set(pattern === undefined ? [] : hostsOf(pattern, play.source, inventory, problems));
    const [turns, vital] = [named(play.turns), named(play.vital)];
    return { play, items, all, turns, vital, hosts: all.filter((h) => s.limit === undefined || s.limit.has(h)) };
  });
  if (problems.length > 0) throw new InputErrors(problems);
  checkTags(
    s,
    resolved.flatMap((r) => r.items.flatMap((u) => u.tags)),
  );
  return resolved;
}

/** Whether any play needs the groups of a cluster. */
export function usesRoles(playbook: Playbook): boolean {
  return playbook.plays.some((p) => p.roles.length > 0);
}

function itemsOf(
  play: Play,
  s: Selection,
  known: ReadonlyMap<string, Role>,
  inventory: Inventory,
  problems: ErrorParts[],
): PlayItem[] {
  const tagged = (own: readonly string[]) => {
    const tags = [...new Set([...play.tags, ...own])];
    return { tags, selected: tagsSelect(tags, s) };
  };
  const userTasks = (list: readonly UserTask[]): PlayItem[] =>
    list.map((t) => ({ kind: 'user-task', userTask: t, vars: new Map([...play.vars, ...t.vars]), ...tagged(t.tags) }));
  const roles = play.roles.flatMap((use): PlayItem[] => {
    const role = known.get(use.name);
    const only = use.hosts === undefined ? undefined : new Set(hostsOf(use.hosts, use.source, inventory, problems));
    if (role) return [{ kind: 'role', role, ...tagged(use.tags), ...(only ? { only } : {}) }];
    problems.push({
      what: `There is no role ${use.name}`,
      where: use.source,
      fix: didYouMean(use.name, [...known.keys()], 'Roles are'),
    });
    return [];
  });
  return [...userTasks(play.preTasks), ...roles, ...userTasks(play.tasks), ...userTasks(play.postTasks)];
}

function hostsOf(pattern: string, where: Place, inventory: Inventory, problems: ErrorParts[]): string[] {
  try {
    return resolvePattern(inventory, pattern, { allowEmpty: true });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push({ ...error.parts, where });
    return [];
  }
}

export interface PlanContext {
  /** Absent: no play has a role. */
  readonly cluster: Cluster | undefined;
  readonly allFacts: ReadonlyMap<string, HostFacts>;
  /** The cluster that runs; absent: there is none. */
  readonly living?: LivingCluster;
  readonly bundle: Bundle | undefined;
  readonly secrets: RunSecrets;
  readonly userTasks: UserTasks;
  /** Hosts that do not take part in the run, or no longer do. */
  readonly droppedOut: ReadonlySet<string>;
  /** Hosts among them that failed in this run, and how. */
  readonly failed: ReadonlyMap<string, string>;
  readonly check: boolean;
  /** Called for every export that a role reads. */
  readonly onExportRead?: (host: string, name: string) => void;
}

/** Problems found by the preflight checks of the selected roles. */
export function preflightProblems(plays: readonly ResolvedPlay[], p: PlanContext): ErrorParts[] {
  const { cluster, allFacts } = p;
  if (!cluster) return [];
  const roles = new Set(plays.flatMap((r) => r.items.flatMap((u) => (u.kind === 'role' && u.selected ? [u.role] : []))));
  return [...roles].flatMap((r) => [...(r.gate?.({ cluster, allFacts }) ?? [])]);
}

/**
 * The tasks of one role or user task on one host.
 * @throws KubewrightError if it needs an export of a host that failed in this run.
 */
export function tasksOf(item: PlayItem, name: string, exports: Exports, p: PlanContext): readonly Task[] {
  if (item.kind === 'user-task') {
    const task = p.userTasks.task(item.userTask, name, item.vars);
    return task ? [task] : [];
  }
  if (item.only && !item.only.has(name)) return [];
  const host = p.cluster?.hosts.find((h) => h.name === name);
  if (!p.cluster || !host) return [];
  const facts = p.allFacts.get(name);
  if (!facts) throw new InputError({ what: 'There are no facts of this host', where: name });
  const ctx: RoleContext = {
    cluster: p.cluster,
    host,
    facts,
    allFacts: p.allFacts,
    ...(p.living ? { living: p.living } : {}),
    exported(from, what) {
      p.onExportRead?.(from, what);
      const value = exports.get(from)?.get(what);
      const why = p.failed.get(from);
      if (value !== undefined || why === undefined) return value;
      throw new KubewrightError({
        what: `${name} needs ${what} of ${from}, which ${why}`,
        where: name,
        fix: `Repair ${from} and run the same command again`,
      });
    },
    artifacts: artifactsFor(p.cluster, host, facts.arch, p.bundle),
    secrets: p.secrets,
    droppedOut: p.droppedOut,
  };
  return item.role.tasks(ctx);
}
