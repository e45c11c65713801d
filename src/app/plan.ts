import type { Bundle } from '../artifacts/bundle.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Exports, PlannedPlay } from '../engine/types.js';
import { type ErrorParts, InputError, InputErrors } from '../errors.js';
import type { HostFacts } from '../facts/facts.js';
import type { Inventory, Source } from '../inventory/model.js';
import { resolvePattern } from '../inventory/pattern.js';
import type { Play, Playbook, Step } from '../playbook/model.js';
import { didYouMean } from '../playbook/playbook.js';
import { checkTags, tagsSelect } from '../playbook/tags.js';
import { ROLES } from '../roles/index.js';
import type { Role, RoleContext, RunSecrets } from '../roles/role.js';
import type { Task } from '../tasks/task.js';
import { artifactsFor } from './artifact-source.js';
import type { UserTasks } from './user-tasks.js';

/** A play with the machines and roles that its names stand for. */
export interface ResolvedPlay {
  readonly play: Play;
  /** Hosts of its pattern within `--limit`. */
  readonly hosts: readonly string[];
  /** What it does, in order. */
  readonly units: readonly Unit[];
}

/** A role or a task of a play, with all its tags. */
export type Unit = { readonly tags: readonly string[]; readonly selected: boolean } & (
  | { readonly kind: 'role'; readonly role: Role }
  | { readonly kind: 'step'; readonly step: Step }
);

export interface Selection {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Hosts of the run; undefined: all. */
  readonly limit: ReadonlySet<string> | undefined;
}

/** @throws InputErrors for roles and tags that do not exist, and for patterns that name nothing known. */
export function resolvePlays(
  playbook: Playbook,
  inventory: Inventory,
  cluster: Cluster | undefined,
  s: Selection,
): ResolvedPlay[] {
  const problems: ErrorParts[] = [];
  const members = new Set(cluster?.hosts.map((h) => h.name));
  const resolved = playbook.plays.map((play) => {
    const units = unitsOf(play, s, problems);
    // A role is for machines of the cluster; a play of roles alone says nothing to others.
    const rolesOnly = units.every((u) => u.kind === 'role');
    const hosts = hostsOf(play, inventory, problems).filter(
      (h) => (!rolesOnly || members.has(h)) && (s.limit === undefined || s.limit.has(h)),
    );
    return { play, units, hosts };
  });
  if (problems.length > 0) throw new InputErrors(problems);
  checkTags(
    s,
    resolved.flatMap((r) => r.units.flatMap((u) => u.tags)),
  );
  return resolved;
}

/** Whether anything of a play needs the groups of a cluster. */
export function usesRoles(playbook: Playbook): boolean {
  return playbook.plays.some((p) => p.roles.length > 0);
}

function unitsOf(play: Play, s: Selection, problems: ErrorParts[]): Unit[] {
  const tagged = (own: readonly string[]) => {
    const tags = [...new Set([...play.tags, ...own])];
    return { tags, selected: tagsSelect(tags, s) };
  };
  const steps = (list: readonly Step[]): Unit[] => list.map((step) => ({ kind: 'step', step, ...tagged(step.tags) }));
  const roles = play.roles.flatMap((use): Unit[] => {
    const role = ROLES.get(use.name);
    if (role) return [{ kind: 'role', role, ...tagged(use.tags) }];
    problems.push({
      what: `There is no role ${use.name}`,
      where: at(use.source),
      todo: didYouMean(use.name, [...ROLES.keys()], 'Roles are'),
    });
    return [];
  });
  return [...steps(play.preTasks), ...roles, ...steps(play.tasks), ...steps(play.postTasks)];
}

function hostsOf(play: Play, inventory: Inventory, problems: ErrorParts[]): string[] {
  try {
    return resolvePattern(inventory, play.hosts, { allowEmpty: true });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push({ ...error.parts, where: at(play.source) });
    return [];
  }
}

export interface PlanContext {
  /** Absent: no play has a role. */
  readonly cluster: Cluster | undefined;
  readonly allFacts: ReadonlyMap<string, HostFacts>;
  readonly bundle: Bundle | undefined;
  readonly secrets: RunSecrets;
  readonly userTasks: UserTasks;
  /** Machines that take no part, or no more, in the run. The caller adds to it while the run goes on. */
  readonly out: ReadonlySet<string>;
}

/** What the gates of the chosen plays object to. */
export function gateProblems(plays: readonly ResolvedPlay[], p: PlanContext): ErrorParts[] {
  const { cluster, allFacts } = p;
  if (!cluster) return [];
  const roles = new Set(plays.flatMap((r) => r.units.flatMap((u) => (u.kind === 'role' && u.selected ? [u.role] : []))));
  return [...roles].flatMap((r) => [...(r.gate?.({ cluster, allFacts }) ?? [])]);
}

/** The plays as the engine runs them. */
export function planPlays(plays: readonly ResolvedPlay[], p: PlanContext): PlannedPlay[] {
  return plays
    .filter(({ hosts, units }) => hosts.length > 0 && units.some((u) => u.selected))
    .map(({ play, hosts, units }) => ({
      name: play.name,
      tags: play.tags,
      hosts,
      serial: play.serial,
      anyErrorsFatal: play.anyErrorsFatal,
      maxFailPercentage: play.maxFailPercentage,
      tasks: (host, exports) => units.filter((u) => u.selected).flatMap((u) => tasksOf(u, host, exports, p)),
    }));
}

/** The tasks of one role or step on one host. */
export function tasksOf(unit: Unit, name: string, exports: Exports, p: PlanContext): readonly Task[] {
  if (unit.kind === 'step') return [p.userTasks.task(unit.step)];
  const host = p.cluster?.hosts.find((h) => h.name === name);
  if (!p.cluster || !host) return [];
  const facts = p.allFacts.get(name);
  if (!facts) throw new InputError({ what: 'Nothing is known about this machine', where: name });
  const ctx: RoleContext = {
    cluster: p.cluster,
    host,
    facts,
    allFacts: p.allFacts,
    exported: (from, what) => exports.get(from)?.get(what),
    artifacts: artifactsFor(p.cluster, host, facts.arch, p.bundle),
    secrets: p.secrets,
    out: p.out,
  };
  return unit.role.tasks(ctx);
}

function at(source: Source): string {
  return `${source.file}:${source.line}:${source.column}`;
}
