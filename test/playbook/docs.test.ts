import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolvePlays } from '../../src/app/plan/resolve-plays.js';
import { UserTasks } from '../../src/app/plan/user-tasks.js';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';
import { loadPlaybook } from '../../src/playbook/playbook.js';
import { sampleInventory } from '../support/cluster.js';
import { play, runLocal, sandbox, statuses } from '../support/local.js';

const doc = readFileSync(join(PACKAGE_ROOT, 'docs', 'playbooks.md'), 'utf8');
const example = /```yaml\n(.*?)```/s.exec(doc)?.[1] ?? '';

describe('the example of docs/playbooks.md', () => {
  it('does what it says, and the second time only what has no check', async () => {
    const box = sandbox();
    writeFileSync(join(box.root, 'p.yml'), example.replaceAll('/etc/', `${box.root}/`));
    writeFileSync(join(box.root, 'setup.sh'), 'echo "$1" > "$1/done"\n');
    const inventory = sampleInventory();
    const playbook = await loadPlaybook(join(box.root, 'p.yml'));
    const made = new UserTasks(inventory, playbook.dir);
    const run = async (tags: string[]): Promise<string[]> => {
      const [resolved] = resolvePlays(playbook, inventory, undefined, { tags, skipTags: [], limit: undefined });
      const tasks = (resolved?.items ?? []).flatMap((u) =>
        u.kind === 'user-task' && u.selected ? (made.task(u.userTask, 'm11-k8s', u.vars) ?? []) : [],
      );
      return statuses((await runLocal(box, [play('p', ['h'], () => tasks)])).events);
    };
    expect(await run([])).toEqual(['create-the-directory=changed', 'write-the-greeting=changed', 'count=changed']);
    expect(await run([])).toEqual(['create-the-directory=ok', 'write-the-greeting=ok', 'count=changed']);
    expect(await run(['setup'])).toEqual(['set-up-once=changed']);
    expect(readFileSync(`${box.root}/greeting/text`, 'utf8')).toBe('This is m11-k8s, one of 5.\n');
    expect(readFileSync(`${box.root}/greeting/done`, 'utf8')).toBe(`${box.root}/greeting\n`);
  });
});
