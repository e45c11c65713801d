import { InputError } from '../../base/errors.js';
import { nearestName } from '../../base/nearest.js';
import type { Exports } from '../../engine/types.js';
import { joinShell, type Shell, sh } from '../../shell/shell.js';
import type { Task } from '../../tasks/task.js';
import { type PlanContext, type PlayItem, type ResolvedPlay, tasksOf } from './resolve-plays.js';

/** host → names of its exports that the selected tasks read. */
export type NeededExports = ReadonlyMap<string, ReadonlySet<string>>;

const NOTHING: Exports = new Map();

/** The exports that the selected tasks of the selected hosts read. */
export function neededExports(plays: readonly ResolvedPlay[], p: PlanContext): NeededExports {
  const needs = new Map<string, Set<string>>();
  const noted: PlanContext = {
    ...p,
    onExportRead: (host, name) => needs.set(host, (needs.get(host) ?? new Set()).add(name)),
  };
  for (const { hosts, items } of plays) {
    for (const item of items.filter((u) => u.selected)) for (const host of hosts) tasksOf(item, host, NOTHING, noted);
  }
  return needs;
}

/**
 * Among the tasks left out of the run, those whose exports are needed. They are only checked, unless they change nothing on
 * their own host.
 */
export function borrowedTasks(tasks: readonly Task[], host: string, needs: NeededExports, p: PlanContext): Task[] {
  const names = needs.get(host);
  if (!names) return [];
  return tasks
    .filter((t) => Object.keys(t.exports ?? {}).some((name) => names.has(name)))
    .map((t) => (t.forOthers || t.readOnly ? t : checkOnly(t, p.check)));
}

/** A task that gives its exports without being applied. In check mode a host that is not ready exports nothing. */
function checkOnly(task: Task, check: boolean): Task {
  if (!check) {
    return {
      ...task,
      apply: sh`
        echo ${`"${task.title}" is out of date on this host, and this run does not include that task`} >&2
        exit 1`,
      hint: 'Other hosts of this run need the result of this task: run again without --limit, --tags or --start-at',
    };
  }
  const guarded = (text: Shell): Shell =>
    joinShell([
      sh`as_wanted() {`,
      task.check,
      sh`}`,
      sh`set +e`,
      sh`( set -eu; as_wanted ) >/dev/null 2>&1; rc=$?`,
      sh`set -e`,
      sh`[ $rc -eq 0 ] || exit 0`,
      text,
    ]);
  const exports = Object.entries(task.exports ?? {}).map(([name, text]) => [name, guarded(text)] as const);
  return { ...task, check: sh`:`, exports: Object.fromEntries(exports) };
}

/** Where `--start-at` begins. */
export interface Start {
  readonly play: ResolvedPlay;
  readonly item: PlayItem;
  readonly id: string;
}

/**
 * Finds the first selected task whose id or title is `wanted`; `*` and `?` match any characters.
 * @throws InputError with the nearest name if there is none.
 */
export function findStart(wanted: string, plays: readonly ResolvedPlay[], p: PlanContext): Start {
  const pattern = new RegExp(
    `^${wanted
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );
  const names = new Set<string>();
  for (const play of plays) {
    for (const item of play.items.filter((u) => u.selected)) {
      for (const host of play.hosts) {
        for (const task of tasksOf(item, host, NOTHING, p)) {
          // Also its name in the playbook, which --list-tasks shows.
          const titles = item.kind === 'user-task' ? [task.title, item.userTask.name] : [task.title];
          if ([task.id, ...titles].some((name) => pattern.test(name))) return { play, item, id: task.id };
          for (const name of [task.id, ...titles]) names.add(name);
        }
      }
    }
  }
  const near = nearestName(wanted, [...names]);
  throw new InputError({
    what: `No task of this run is named ${wanted}`,
    where: '--start-at',
    fix: `${near ? `Did you mean ${near}? ` : ''}--list-tasks shows all ids and titles`,
  });
}

/** The plays without the tasks before the start. */
export function startAt(plays: readonly ResolvedPlay[], start: Start): ResolvedPlay[] {
  const from = plays.indexOf(start.play);
  return plays.map((play, i) => {
    if (i > from) return play;
    const first = i < from ? play.items.length : play.items.indexOf(start.item);
    const items = play.items.map((item, u) => {
      if (u < first) return { ...item, selected: false };
      return u === first ? { ...item, startId: start.id } : item;
    });
    return { ...play, items };
  });
}

/** Splits the tasks of the item in which a run starts. A host without the start task runs all of them. */
export function fromStart(
  tasks: readonly Task[],
  startId: string | undefined,
): { before: readonly Task[]; rest: readonly Task[] } {
  const at = startId === undefined ? -1 : tasks.findIndex((t) => t.id === startId);
  return at <= 0 ? { before: [], rest: tasks } : { before: tasks.slice(0, at), rest: tasks.slice(at) };
}
