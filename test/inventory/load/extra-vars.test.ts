import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { runPlaybook } from '../../../src/app/run/run-playbook.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-extra-vars-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

describe('variables of the command line', () => {
  it('may lie in an encrypted file, and win over those of a task', async () => {
    const [playbook, file, password] = ['p.yml', 'vars.yml', 'password'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ];
    copyFileSync(new URL('../../fixtures/vault/whole-1.1.yml', import.meta.url), file);
    writeFileSync(password, 'first-pass');
    // The path is rendered when files are looked for, so it tells whose value it is.
    writeFileSync(
      playbook,
      '- hosts: all\n  tasks:\n    - {name: t, vars: {plain: nowhere}, script: "{{ plain }}", when: vault_password is defined}\n',
    );
    writeFileSync(join(dir, 'there.sh'), 'true\n');
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const code = await runPlaybook({
      playbook,
      title: 'run p.yml',
      cluster: false,
      inventory: ['localhost,'],
      extraVars: [`@${file}`, 'plain=there.sh'],
      vault: { vaultPasswordFile: [password] },
      connection: {},
      view: 'plain',
      tags: [],
      skipTags: [],
      list: { hosts: false, tasks: true, tags: false },
      check: false,
      diff: false,
    });
    expect(code).toBe(0);
    expect(out.mock.calls.join('')).toMatch(/^ {2}t {2}t$/m);
  });
});
