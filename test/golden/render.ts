import type { Task } from '../../src/tasks/task.js';

/** What a role does to a host, as reviewers read it; empty where it does nothing. Secrets show as names only. */
export function render(tasks: readonly Task[]): string {
  return tasks.map((t) => `${renderTask(t)}\n`).join('\n');
}

function renderTask(t: Task): string {
  const notes = [
    ...(t.readOnly ? ['changes nothing'] : []),
    ...(t.forOthers ? ['for other hosts'] : []),
    ...(t.sensitive ? ['sensitive'] : []),
    ...(t.doneBy ? [`done by ${t.doneBy.join(', ')}`] : []),
    ...(t.writes ? [`writes ${t.writes.join(', ')}`] : []),
    ...(t.reads ? [`reads ${t.reads.join(', ')}`] : []),
  ];
  const parts = [
    `# ${t.id}: ${t.title}`,
    ...notes.map((n) => `# (${n})`),
    `## check\n${t.check.text}`,
    `## apply\n${t.apply.text}`,
  ];
  for (const [name, text] of Object.entries(t.exports ?? {})) parts.push(`## export ${name}\n${text.text}`);
  if (t.needs) parts.push(`## needs\n${t.needs.map((n) => [n.name, ...(n.url ? [n.url] : [])].join(' ')).join('\n')}`);
  return parts.join('\n');
}
