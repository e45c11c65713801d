import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/roles/index.js';
import type { Task } from '../../src/tasks/task.js';
import { roleContext } from '../support/cluster.js';
import { EXPORTS, GOLDEN_CLUSTER, GOLDEN_HOSTS } from './support.js';

const FILES = join(import.meta.dirname, 'files/lab');
mkdirSync(FILES, { recursive: true });

/** What a role does to a host, as reviewers read it. Secrets show as names only. */
function render(tasks: readonly Task[]): string {
  return tasks
    .map((t) => {
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
      if (t.needs) parts.push(`## needs\n${t.needs.map((n) => n.name).join('\n')}`);
      return parts.join('\n');
    })
    .join('\n\n');
}

describe('programs of the roles', () => {
  it('are reviewed for every role', () => {
    expect(Object.keys(GOLDEN_HOSTS).toSorted()).toEqual([...ROLES.keys()].filter((name) => name !== 'preflight').toSorted());
  });

  for (const [name, role] of ROLES) {
    for (const host of GOLDEN_HOSTS[name] ?? []) {
      it(`${name} on ${host}`, async () => {
        const text = render(role.tasks(roleContext(GOLDEN_CLUSTER, host, { exports: EXPORTS })));
        if (text === '') return expect(role.tasks(roleContext(GOLDEN_CLUSTER, host, { exports: EXPORTS }))).toHaveLength(0);
        await expect(`${text}\n`).toMatchFileSnapshot(join(FILES, `${name}.${host}.sh`));
        expect(text).not.toContain('abcdef.0123456789abcdef');
        expect(text).not.toContain('f'.repeat(64));
      });
    }
  }

  it('gives every task of a host an id of its own', () => {
    for (const host of GOLDEN_CLUSTER.hosts) {
      const ids = [...ROLES.values()].flatMap((r) =>
        r.tasks(roleContext(GOLDEN_CLUSTER, host.name, { exports: EXPORTS })).map((t) => t.id),
      );
      // os … nodes run in several plays; within a role the id is unique, and shared tasks belong to one role a host.
      for (const role of ROLES.values()) {
        const own = role.tasks(roleContext(GOLDEN_CLUSTER, host.name, { exports: EXPORTS })).map((t) => t.id);
        expect(new Set(own).size).toBe(own.length);
      }
      expect(ids.length).toBeGreaterThan(20);
    }
  });
});
