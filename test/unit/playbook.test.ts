import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { loadPlaybook } from '../../src/playbook/playbook.js';
import { ROLES } from '../../src/roles/index.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-playbook-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function refusal(text: string): Promise<string> {
  const path = join(dir, 'p.yml');
  writeFileSync(path, text);
  const error = await loadPlaybook(path).catch((e: unknown) => e);
  if (!(error instanceof InputError)) throw new Error(`not refused: ${text}`);
  return `${error.parts.where?.slice(dir.length + 1)} ${error.parts.what}. ${error.parts.todo ?? ''}`;
}

describe('playbooks', () => {
  it('of the package are read, and name only roles that exist', async () => {
    const plays = await loadPlaybook(join(import.meta.dirname, '../../playbooks/cluster.yml'));
    expect(plays.length).toBeGreaterThan(8);
    for (const role of plays.flatMap((p) => p.roles)) expect(ROLES.has(role), role).toBe(true);
    expect(plays.find((p) => p.name === 'Join the other control planes')?.serial).toBe(1);
  });

  it.each([
    ['- name: x\n  host: all\n  roles: [os]\n', /^p\.yml:2:3 A play has no host\. Did you mean hosts\?/],
    ['- hosts: all\n', /^p\.yml:1:3 roles must be a list/],
    ['- hosts: all\n  roles: [os]\n  serial: many\n', /^p\.yml:3:11 serial must be/],
    ['name: x\n', /^p\.yml:1:1 A playbook is a list of plays/],
    ['- hosts: [all\n', /^p\.yml:\d+:\d+ This is not valid YAML/],
    ['- hosts: all\n  roles: [os]\n  any_errors_fatal: perhaps\n', /^p\.yml:3:21 any_errors_fatal must be true or false/],
  ])('%j is refused', async (text, expected) => expect(await refusal(text)).toMatch(expected));
});
