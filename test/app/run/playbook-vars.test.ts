import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { run } from '../../../src/app/run/run.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-playbook-vars-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const hosts = file('inventory/hosts.ini', '[web]\nh1\n[db]\nh2\n');
file('inventory/group_vars/all.yml', 'site: "{{ nowhere }}"\n');
const playbook = file(
  'play/site.yml',
  '- hosts: all\n  tasks:\n    - name: say\n      run: "echo {{ site }} {{ mine }} {{ playbook_dir }}"\n',
);
file('play/group_vars/all.yml', 'site: play\n');
file('play/group_vars/web/vars.yml', 'mine: web\n');

async function listed(): Promise<number> {
  const spy = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    return await run({
      inventory: [hosts],
      extraVars: [],
      connection: {},
      view: 'plain',
      tags: [],
      skipTags: [],
      check: false,
      diff: false,
      list: { hosts: false, tasks: true, tags: false },
      playbook,
    });
  } finally {
    spy.mockRestore();
  }
}

it('group_vars and host_vars beside the playbook override those beside the inventory', async () => {
  await expect(listed()).rejects.toMatchObject({
    parts: { what: expect.stringMatching(/mine is undefined/), why: expect.stringMatching(/h2/) },
  });
  file('play/host_vars/h2.yml', 'mine: h2\n');
  expect(await listed()).toBe(0);
});
