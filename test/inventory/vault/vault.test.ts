import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { VaultOptions } from '../../../src/app/connect/options.js';
import { readInventory } from '../../../src/app/inventory/read.js';
import { InputError } from '../../../src/base/errors.js';
import { whereText, wholeFile } from '../../../src/base/place.js';
import { formatError } from '../../../src/base/text/render-error.js';
import type { Inventory } from '../../../src/inventory/model/model.js';
import { openEnvelope, parseEnvelope } from '../../../src/inventory/vault/envelope.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-vault-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const fixture = (name: string): string => new URL(`../../fixtures/vault/${name}`, import.meta.url).pathname;

/** The passwords of the files in test/fixtures/vault, which ansible-vault made. */
const first = join(dir, 'first');
const second = join(dir, 'second');
writeFileSync(first, 'first-pass\n');
writeFileSync(second, 'second-pass\n');

let count = 0;
function folder(vaultFile: string, more = ''): string {
  const path = join(dir, `inv${count++}`);
  mkdirSync(join(path, 'group_vars', 'all'), { recursive: true });
  writeFileSync(join(path, 'hosts.ini'), '[kube_control_plane]\nm1 ansible_host=10.0.0.1 ip=10.0.0.1\n');
  copyFileSync(fixture(vaultFile), join(path, 'group_vars', 'all', 'vault.yml'));
  writeFileSync(join(path, 'group_vars', 'all', 'more.yml'), more);
  return join(path, 'hosts.ini');
}

function read(path: string, vault: VaultOptions = {}): Promise<Inventory> {
  return readInventory({ inventory: [path], extraVars: [], vault });
}

async function refusal(run: () => unknown): Promise<InputError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('files that ansible-vault encrypted', () => {
  it.each([
    ['whole-1.1.yml', { vaultPasswordFile: [first] }],
    ['whole-1.2.yml', { vaultPasswordFile: [second] }],
    ['whole-1.2.yml', { vaultId: [`prod@${second}`] }],
    ['whole-1.2.yml', { vaultId: [`dev@${first}`, `prod@${second}`] }],
    ['whole-1.2.yml', { vaultId: [`other@${second}`] }],
  ] as const)('%s with %j', async (file, options) => {
    const inventory = await read(folder(file, 'ansible_password: "{{ vault_password }}"\n'), options);
    const vars = inventory.hosts.get('m1')?.vars;
    expect(vars?.get('ansible_password')).toMatchObject({ value: 'hunter2', secret: true });
    expect(vars?.get('number')).toMatchObject({ value: 7, secret: true });
    expect(vars?.get('ip')?.secret).toBeFalsy();
  });

  it('single values, each with its own vault id, decrypted only when they are used', async () => {
    const inventory = await read(folder('inline.yml', 'derived: "x-{{ inline }}"\nplain: 1\n'), {
      vaultId: [`default@${first}`, `prod@${second}`],
    });
    const vars = inventory.hosts.get('m1')?.vars;
    expect(vars?.get('inline')?.value).toBe('ünï-secret');
    expect(vars?.get('labelled')?.value).toBe('other');
    expect(vars?.get('derived')).toMatchObject({ value: 'x-ünï-secret', secret: true });
    const partly = await read(folder('inline.yml'), { vaultPasswordFile: [first] });
    expect(partly.hosts.get('m1')?.vars.get('inline')?.value).toBe('ünï-secret');
    const error = await refusal(() => partly.hosts.get('m1')?.vars.get('labelled')?.value);
    expect(whereText(error.parts.where ?? '')).toMatch(/vault\.yml:\d+:\d+$/);
    expect(error.parts.what).toMatch(/password is wrong/);
  });

  it('braces in a single value are not a template, as in Ansible', async () => {
    const inventory = await read(folder('template.yml', 'b: 1\nmine: "{{ password }}"\nlist: ["{{ password }}"]\n'), {
      vaultPasswordFile: [first],
    });
    const vars = inventory.hosts.get('m1')?.vars;
    const password = 'a{{ b }}{# {% [';
    expect(vars?.get('password')).toMatchObject({ value: password, secret: true });
    expect(vars?.get('mine')).toMatchObject({ value: password, secret: true });
    expect(vars?.get('list')?.value).toEqual([password]);
  });

  it('a script runs once and its failure is reported once; without a label it gets none', async () => {
    const script = join(dir, 'counts-client');
    const log = join(dir, 'counts');
    writeFileSync(script, `#!/bin/sh\necho "run $*" >>'${log}'\nexit 4\n`);
    chmodSync(script, 0o700);
    const path = folder('whole-1.1.yml');
    copyFileSync(fixture('whole-1.2.yml'), join(path, '..', 'group_vars', 'all', 'two.yml'));
    const error = await refusal(() => read(path, { vaultId: [script] }));
    expect(formatError(error).match(/The vault password script failed/g)).toHaveLength(1);
    expect(readFileSync(log, 'utf8')).toBe('run \n');
  });

  it('a wrong password, and none at all, are bad input that names the file', async () => {
    const wrong = await refusal(() => read(folder('whole-1.1.yml'), { vaultPasswordFile: [second] }));
    expect(wrong.exitCode).toBe(2);
    expect(formatError(wrong)).toMatch(/vault\.yml: The vault password is wrong/);
    expect(formatError(wrong)).not.toMatch(/second-pass|at .*\.ts/);
    const none = await refusal(() => read(folder('whole-1.1.yml')));
    expect(formatError(none)).toMatch(/no password was given[\s\S]*--ask-vault-pass/);
  });

  it('a password is asked for only when something is encrypted', async () => {
    const error = await refusal(() => read(folder('whole-1.1.yml'), { askVaultPass: true }));
    expect(error.parts.what).toMatch(/no terminal/);
    const path = folder('whole-1.1.yml');
    rmSync(join(path, '..', 'group_vars', 'all', 'vault.yml'));
    await expect(read(path, { askVaultPass: true, vaultPasswordFile: ['/nowhere'] })).resolves.toBeTruthy();
  });

  it('scripts print the password, and one named -client gets the vault id', async () => {
    const script = join(dir, 'pass.sh');
    writeFileSync(script, '#!/bin/sh\necho first-pass\n');
    chmodSync(script, 0o700);
    const client = join(dir, 'pass-client');
    writeFileSync(client, '#!/bin/sh\n[ "$1 $2" = "--vault-id prod" ] && echo second-pass\n');
    chmodSync(client, 0o700);
    await expect(read(folder('whole-1.1.yml'), { vaultPasswordFile: [script] })).resolves.toBeTruthy();
    await expect(read(folder('whole-1.2.yml'), { vaultId: [`prod@${client}`] })).resolves.toBeTruthy();
    const failing = join(dir, 'fails.sh');
    writeFileSync(failing, '#!/bin/sh\nexit 3\n');
    chmodSync(failing, 0o700);
    const error = await refusal(() => read(folder('whole-1.1.yml'), { vaultPasswordFile: [failing] }));
    expect(error.parts).toMatchObject({ where: wholeFile(failing), why: expect.stringContaining('3') });
  });
});

describe('the envelope', () => {
  const text = readFileSync(fixture('whole-1.1.yml'), 'utf8');

  it('cut off or changed anywhere, it never opens and never throws', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('cut', 'flip'), (at, how) => {
        const changed =
          how === 'cut' ? text.slice(0, at) : text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
        const envelope = parseEnvelope(changed);
        if (typeof envelope !== 'string' && changed.trim() !== text.trim())
          expect(openEnvelope(envelope, 'first-pass')).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});

const ansible = spawnSync('ansible-vault', ['--version']).status === 0;

describe.skipIf(!ansible)('against ansible-vault itself', () => {
  it('opens what it writes: any text, any password', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(word, fc.stringMatching(/^[!-~]{1,30}$/), (content, password) => {
        const [file, pass] = [join(dir, 'content'), join(dir, 'password')];
        writeFileSync(file, content);
        writeFileSync(pass, password);
        const run = spawnSync('ansible-vault', ['encrypt', '--vault-password-file', pass, '--output', '-', file], {
          encoding: 'utf8',
        });
        expect(run.stderr.replace('Encryption successful', '').trim()).toBe('');
        const envelope = parseEnvelope(run.stdout);
        expect(typeof envelope === 'string' ? envelope : openEnvelope(envelope, password)).toBe(content);
      }),
      { numRuns: 5 },
    );
  });
});
