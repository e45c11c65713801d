import { describe, expect, it } from 'vitest';
import { withAddon } from '../../../src/artifacts/go/addons.js';
import { goPlan } from '../../../src/artifacts/go/plan.js';
import { goTable } from '../../../src/artifacts/go/table.js';
import { catalogue } from '../../../src/cluster/catalogue.js';
import { sampleIndex } from '../../support/bundle.js';

const [addon] = goPlan(goTable().default).addons;
if (!addon) throw new Error('there is no add-on');
const image = (sha256: string) => ({
  ref: `registry.k8s.io/metrics-server/metrics-server:v${addon.version}`,
  path: 'images/metrics-server.tar',
  sha256,
  size: 1,
});
const built = { ...sampleIndex(), recipe: 'r', sources: { modules: [], packages: [] } };

describe('an add-on of a bundle', () => {
  it('is put beside what is there, which stays as it is', () => {
    const index = withAddon(built, addon, image('a'.repeat(64)));
    expect(index.files).toEqual(built.files);
    expect(index.images).toEqual([...built.images, image('a'.repeat(64))]);
    expect(index.recipe).toBe('r');
    expect(index.addons).toEqual({ 'metrics-server': addon.recipe });
    expect(index.components).toEqual({ ...built.components, 'metrics-server': addon.version });
    expect(index.sources?.modules).toMatchObject([
      {
        name: 'metrics-server',
        module: 'sigs.k8s.io/metrics-server',
        version: `v${addon.version}`,
        programs: ['metrics-server'],
      },
    ]);
  });

  it('replaces its older build', () => {
    const older = { ...addon, recipe: 'older', version: '0.1.0' };
    const twice = withAddon(withAddon(built, older, image('a'.repeat(64))), addon, image('b'.repeat(64)));
    expect(twice).toEqual(withAddon(built, addon, image('b'.repeat(64))));
  });

  it('has the version that the catalogue has for each release that can be built', () => {
    const { releases, addons } = goTable();
    for (const [name, version] of Object.entries(addons)) {
      const known = catalogue().addons[name]?.versions ?? {};
      const newest = Object.keys(known).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0] ?? '';
      expect(known[newest], name).toBe(version);
      for (const release of Object.keys(releases))
        expect(Number(release.split('.')[1])).toBeGreaterThanOrEqual(Number(newest.split('.')[1]));
    }
  });
});
