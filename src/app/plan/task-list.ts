import { InputError } from '../../base/errors.js';
import type { Task } from '../../tasks/task.js';
import { fromStart } from './borrowed-tasks.js';
import { type PlanContext, type ResolvedPlay, tasksOf } from './resolve-plays.js';

export interface TaskListOptions {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

interface ListedTask {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly hosts: readonly string[];
}

interface ListedPlay {
  readonly name: string;
  readonly pattern: string;
  readonly tags: readonly string[];
  readonly hosts: readonly string[];
  readonly tasks: readonly ListedTask[];
}

/** The plays and tasks of a run. Connects to no host: it assumes fresh Debian hosts. */
export function taskList(plays: readonly ResolvedPlay[], p: PlanContext): ListedPlay[] {
  return plays
    .filter((r) => r.hosts.length > 0 && r.items.some((u) => u.selected))
    .map((r) => ({
      name: r.play.name,
      pattern: r.play.hosts,
      tags: r.play.tags,
      hosts: r.hosts,
      tasks: r.items.filter((u) => u.selected).flatMap((item) => tasksOfItem(r, item, p)),
    }));
}

function tasksOfItem(r: ResolvedPlay, item: ResolvedPlay['items'][number], p: PlanContext): ListedTask[] {
  const found = new Map<string, { task: Task; hosts: string[] }>();
  const order: string[] = [];
  for (const host of r.hosts) {
    let before = -1;
    for (const task of fromStart(tasksOf(item, host, new Map(), p), item.startId).rest) {
      const known = found.get(task.id);
      if (known) {
        known.hosts.push(host);
        before = order.indexOf(task.id);
        continue;
      }
      found.set(task.id, { task, hosts: [host] });
      // In the order of this host: after the task before it.
      order.splice(++before, 0, task.id);
    }
  }
  return order.flatMap((id) => {
    const entry = found.get(id);
    return entry
      ? [{ id, title: item.kind === 'user-task' ? item.userTask.name : entry.task.title, tags: item.tags, hosts: entry.hosts }]
      : [];
  });
}

/** The list as text. */
export function taskListText(title: string, plays: readonly ListedPlay[], o: TaskListOptions): string {
  const lines = [title];
  plays.forEach((play, i) => {
    const tags = play.tags.length > 0 ? `, tags: ${play.tags.join(', ')}` : '';
    lines.push(
      '',
      `play ${i + 1}: ${play.name} (${play.pattern}: ${count(play.hosts.length, 'host')})${o.tags || o.tasks ? tags : ''}`,
    );
    if (o.hosts) lines.push(...play.hosts.map((h) => `  ${h}`));
    if (o.tags)
      lines.push(`  all tags: ${[...new Set([...play.tags, ...play.tasks.flatMap((t) => t.tags)])].sort().join(', ') || 'none'}`);
    if (!o.tasks) return;
    const width = Math.max(0, ...play.tasks.map((t) => t.id.length));
    for (const t of play.tasks) {
      const own = t.tags.filter((tag) => !play.tags.includes(tag));
      const notes = [
        ...(t.hosts.length < play.hosts.length ? [t.hosts.length === 1 ? `${t.hosts[0]}` : `${t.hosts.length} hosts`] : []),
        ...(own.length > 0 ? [`tags: ${own.join(', ')}`] : []),
      ];
      lines.push(`  ${t.id.padEnd(width)}  ${t.title}${notes.length > 0 ? `  (${notes.join('; ')})` : ''}`);
    }
  });
  if (o.tasks) {
    lines.push(
      '',
      'No host was contacted: these are the tasks for fresh Debian hosts. --check shows what would change on yours.',
    );
  }
  return `${lines.join('\n')}\n`;
}

/** @param found plays or hosts. @throws InputError if there are none. */
export function requireWork(found: readonly unknown[], playbook: string): void {
  if (found.length > 0) return;
  throw new InputError({
    what: 'There is nothing to do: no play has both hosts and tasks',
    where: playbook,
    fix: 'Check hosts: and tasks: of the plays, and --limit, --tags and --skip-tags',
  });
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
