import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renderInventory } from '../../../src/inventory/jinja/render.js';
import { loadInventory } from '../../../src/inventory/load/load.js';
import { askTemplar, templarKnows } from '../../oracle/templar.js';

const oracle = join(import.meta.dirname, '../../oracle');
const yaml = readFileSync(join(oracle, 'exact.yml'), 'utf8');
const expected: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(oracle, 'exact.json'), 'utf8'));

const dir = mkdtempSync(join(tmpdir(), 'kubewright-exact-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
mkdirSync(join(dir, 'host_vars'));
writeFileSync(join(dir, 'hosts.ini'), 'h\n');
copyFileSync(join(oracle, 'exact.yml'), join(dir, 'host_vars/h.yml'));
const host = renderInventory(await loadInventory([join(dir, 'hosts.ini')])).hosts.get('h');

describe('values that JSON cannot tell apart', () => {
  it('are all there', () => {
    const names = yaml.match(/^r_\w+(?=:)/gm) ?? [];
    expect(names).toEqual(Object.keys(expected));
    expect(names.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(expected))('%s is rendered as Ansible renders it', (name, text) => {
    expect(host?.vars.get(name)?.value).toBe(text);
  });

  it.skipIf(!templarKnows().ansible)('Ansible still says the same', () => {
    const answers = askTemplar(Object.keys(expected).map((name) => ({ template: `{{ ${name} }}`, yaml })));
    const said = Object.fromEntries(
      Object.keys(expected).map((name, i) => {
        const answer = answers[i];
        return [name, answer && 'value' in answer ? answer.value : answer?.error];
      }),
    );
    expect(said).toEqual(expected);
  });
});
