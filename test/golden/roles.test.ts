import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/roles/registry.js';
import { render } from './render.js';
import { GOLDEN_PAIRS, tasksOf } from './support.js';
import { VARIANTS, variant } from './variants.js';

const FILES = join(import.meta.dirname, 'files');
const DEFAULT = variant('default');

it('has a directory of files for every variant and no other', () => {
  const directories = readdirSync(FILES, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []));
  expect(directories.toSorted()).toEqual([...VARIANTS.map((v) => v.name), 'calico', 'vagrant'].toSorted());
});

describe.each(VARIANTS.map((v) => [v.name, v.text, v] as const))('programs of the roles, %s (%s)', (_name, _text, v) => {
  const dir = join(FILES, v.name);
  mkdirSync(dir, { recursive: true });
  const differs = (role: string): boolean => v.differs?.includes(role) ?? true;

  it.each(GOLDEN_PAIRS)('%s on %s', async (role, host) => {
    const text = render(tasksOf(v, role, host));
    const usual = render(tasksOf(DEFAULT, role, host));
    expect(text).not.toContain('abcdef.0123456789abcdef');
    expect(text).not.toContain('f'.repeat(64));
    if (!differs(role)) return expect(text, `If this is meant, list ${role} in differs of ${v.name}`).toBe(usual);
    // Calico leaves nothing to do on a worker, whatever its settings.
    if (v.differs && (text !== '' || usual !== '')) {
      expect(text, `Remove ${role} from differs of ${v.name}: it does the same as by default`).not.toBe(usual);
    }
    if (text !== '') await expect(text).toMatchFileSnapshot(join(dir, `${role}.${host}.sh`));
  });

  it('have no file but those', () => {
    const written = GOLDEN_PAIRS.filter(([role, host]) => differs(role) && tasksOf(v, role, host).length > 0);
    const names = new Set(written.map(([role, host]) => `${role}.${host}.sh`));
    expect(
      readdirSync(dir).filter((name) => !names.has(name)),
      `Delete these from ${v.name}`,
    ).toEqual([]);
  });

  it('give every task of a role an id of its own', () => {
    for (const host of v.cluster.hosts) {
      // os … nodes run in several plays; within a role the id is unique, and shared tasks belong to one role a host.
      const ids = [...ROLES.keys()].map((role) => tasksOf(v, role, host.name).map((t) => t.id));
      for (const own of ids) expect(new Set(own).size).toBe(own.length);
      expect(ids.flat().length).toBeGreaterThan(20);
    }
  });
});
