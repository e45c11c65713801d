import type { Exports, PlannedPlay } from '../../engine/types.js';
import type { Task } from '../../tasks/task.js';
import { borrowedTasks, fromStart, type NeededExports } from './borrowed-tasks.js';
import { type PlanContext, type ResolvedPlay, tasksOf } from './resolve-plays.js';

/** The plays as the engine runs them: the selected tasks of the selected hosts, and the tasks borrowed from others. */
export function planPlays(plays: readonly ResolvedPlay[], p: PlanContext, needs: NeededExports = new Map()): PlannedPlay[] {
  return plays.flatMap((r) => {
    const chosen = new Set(r.items.some((u) => u.selected) ? r.hosts : []);
    const tasks: PlannedPlay['tasks'] = (host, exports, droppedOut) =>
      tasksOn(r, host, chosen.has(host), exports, without(p, droppedOut), needs);
    const taking = r.all.filter(
      (h) => chosen.has(h) || (needs.has(h) && p.allFacts.has(h) && tasks(h, new Map(), new Map()).length > 0),
    );
    if (taking.length === 0) return [];
    const { hosts, serial } = inTurns(r, taking, p);
    const { name, tags, anyErrorsFatal, maxFailPercentage } = r.play;
    return [{ name, tags, hosts, serial, anyErrorsFatal, vital: r.vital, maxFailPercentage, tasks }];
  });
}

/** A running node takes its turn; a host that is new takes nothing away from anybody. */
function inTurns(r: ResolvedPlay, hosts: readonly string[], p: PlanContext): Pick<PlannedPlay, 'hosts' | 'serial'> {
  const first = hosts.filter((h) => r.turns.has(h) && p.allFacts.get(h)?.isNode);
  if (first.length === 0) return { hosts, serial: r.play.serial };
  const rest = hosts.filter((h) => !first.includes(h));
  return { hosts: [...first, ...rest], serial: [...first.map(() => 1), Math.max(1, rest.length)] };
}

/** The context without the hosts that dropped out of the run. */
function without(p: PlanContext, droppedOut: ReadonlyMap<string, string>): PlanContext {
  if (droppedOut.size === 0) return p;
  return {
    ...p,
    droppedOut: new Set([...p.droppedOut, ...droppedOut.keys()]),
    failed: new Map([...p.failed, ...droppedOut]),
  };
}

function tasksOn(
  r: ResolvedPlay,
  host: string,
  chosen: boolean,
  exports: Exports,
  p: PlanContext,
  needs: NeededExports,
): readonly Task[] {
  return r.items.flatMap((item) => {
    if (!chosen || !item.selected) return needs.has(host) ? borrowedTasks(tasksOf(item, host, exports, p), host, needs, p) : [];
    const { before, rest } = fromStart(tasksOf(item, host, exports, p), item.startId);
    return [...borrowedTasks(before, host, needs, p), ...rest];
  });
}

/** All hosts of the plays, including helpers. */
export function hostsOf(plays: readonly PlannedPlay[]): Set<string> {
  return new Set(plays.flatMap((p) => p.hosts));
}
