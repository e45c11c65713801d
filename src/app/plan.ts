import type { Bundle } from '../artifacts/bundle.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Exports, PlannedPlay } from '../engine/types.js';
import { type ErrorParts, InputError } from '../errors.js';
import type { HostFacts } from '../facts/facts.js';
import type { Inventory } from '../inventory/model.js';
import { nearestName } from '../inventory/nearest.js';
import { resolvePattern } from '../inventory/pattern.js';
import type { Play } from '../playbook/playbook.js';
import { ROLES } from '../roles/index.js';
import type { Role, RoleContext, RunSecrets } from '../roles/role.js';
import type { Task } from '../tasks/task.js';
import { artifactsFor } from './artifact-source.js';

/** A play with the machines and roles that its names stand for. */
export interface ResolvedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
  readonly roles: readonly Role[];
}

export interface Selection {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Hosts of the run; undefined: all. */
  readonly limit: ReadonlySet<string> | undefined;
}

/** @throws InputError for a role or a tag that does not exist, and for a pattern that names nothing known. */
export function resolvePlays(plays: readonly Play[], inventory: Inventory, cluster: Cluster, s: Selection): ResolvedPlay[] {
  const known = new Set(plays.flatMap((p) => p.tags));
  for (const tag of [...s.tags, ...s.skipTags]) {
    if (!known.has(tag))
      throw new InputError({ what: `No play has the tag ${tag}`, todo: `Tags are: ${[...known].sort().join(', ')}` });
  }
  const members = new Set(cluster.hosts.map((h) => h.name));
  return plays
    .filter((p) => (s.tags.length === 0 || p.tags.some((t) => s.tags.includes(t))) && !p.tags.some((t) => s.skipTags.includes(t)))
    .map((play) => ({
      play,
      roles: play.roles.map((name) => role(name, play)),
      hosts: resolvePattern(inventory, play.hosts, { allowEmpty: true }).filter(
        (h) => members.has(h) && (s.limit === undefined || s.limit.has(h)),
      ),
    }));
}

function role(name: string, play: Play): Role {
  const found = ROLES.get(name);
  if (found) return found;
  const near = nearestName(name, [...ROLES.keys()]);
  throw new InputError({
    what: `There is no role ${name}`,
    where: `${play.source.file}:${play.source.line}:${play.source.column}`,
    todo: near ? `Did you mean ${near}?` : `Roles are: ${[...ROLES.keys()].join(', ')}`,
  });
}

export interface PlanContext {
  readonly cluster: Cluster;
  readonly allFacts: ReadonlyMap<string, HostFacts>;
  readonly bundle: Bundle | undefined;
  readonly secrets: RunSecrets;
  /** Machines that take no part, or no more, in the run. The caller adds to it while the run goes on. */
  readonly out: ReadonlySet<string>;
}

/** What the gates of the chosen plays object to. */
export function gateProblems(plays: readonly ResolvedPlay[], p: PlanContext): ErrorParts[] {
  const roles = new Set(plays.flatMap((r) => r.roles));
  return [...roles].flatMap((r) => [...(r.gate?.({ cluster: p.cluster, allFacts: p.allFacts }) ?? [])]);
}

/** The plays as the engine runs them. */
export function planPlays(plays: readonly ResolvedPlay[], p: PlanContext): PlannedPlay[] {
  return plays
    .filter(({ hosts }) => hosts.length > 0)
    .map(({ play, hosts, roles }) => ({
      name: play.name,
      tags: play.tags,
      hosts,
      serial: play.serial,
      anyErrorsFatal: play.anyErrorsFatal,
      tasks: (host, exports) => tasksOf(roles, host, exports, p),
    }));
}

function tasksOf(roles: readonly Role[], name: string, exports: Exports, p: PlanContext): Task[] {
  const host = p.cluster.hosts.find((h) => h.name === name);
  const facts = p.allFacts.get(name);
  if (!host || !facts) throw new InputError({ what: 'Nothing is known about this machine', where: name });
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
  return roles.flatMap((r) => [...r.tasks(ctx)]);
}
