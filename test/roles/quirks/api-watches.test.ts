import { expect, it } from 'vitest';
import { leavesWatchesSilent } from '../../../src/roles/quirks/api-watches.js';

it.each([
  ['1.19.16', false],
  ['1.20.2', true],
  ['1.20.9', true],
  ['1.20.10', false],
  ['1.21.3', true],
  ['1.21.4', false],
  ['1.34.8', false],
])('the API server of Kubernetes %s leaves watches silent: %s', (version, silent) => {
  expect(leavesWatchesSilent(version)).toBe(silent);
});
