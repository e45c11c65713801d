import { describe, expect, it } from 'vitest';
import { type Available, upgradePath } from '../../../src/app/day-two/upgrade/path.js';
import { InputError } from '../../../src/base/errors.js';

const CATALOGUE: Available = {
  from: 'catalogue',
  versions: ['1.37.1', '1.37.0', '1.36.4', '1.36.3', '1.36.0', '1.35.8', '1.35.4', '1.34.9', '1.34.1'],
};
const bundles = (...versions: string[]): Available => ({ from: 'bundles', versions });
const all = (version: string): { apiServers: string[]; kubelets: string[] } => ({
  apiServers: [version, version, version],
  kubelets: [version, version],
});

function walk(running: { apiServers: string[]; kubelets: string[] }, to: string, available: Available): string {
  return upgradePath(running, to, available)
    .map((s) => s.version + (s.begun ? ' (begun)' : ''))
    .join(' ');
}

describe('the versions to walk through', () => {
  it.each<[from: string, to: string, available: Available, walk: string]>([
    ['1.36.3', '1.36.3', CATALOGUE, ''],
    ['1.36.3', '1.36', CATALOGUE, '1.36.4'],
    ['1.36.3', '1.36.4', CATALOGUE, '1.36.4'],
    ['1.35.4', '1.36', CATALOGUE, '1.36.4'],
    ['1.35.4', 'v1.36.3', CATALOGUE, '1.36.3'],
    ['1.35.4', '1.37', CATALOGUE, '1.36.4 1.37.1'],
    ['1.34.1', '1.37.0', CATALOGUE, '1.35.8 1.36.4 1.37.0'],
    ['1.35.4', '1.37', bundles('1.36.3', '1.37.2'), '1.36.3 1.37.2'],
    ['1.35.4', '1.36', bundles('1.36.3'), '1.36.3'],
    // What runs is newer than what is known of its minor version.
    ['1.36.9', '1.36', CATALOGUE, ''],
    ['1.36.9', '1.37', CATALOGUE, '1.37.1'],
    ['1.36.9', '1.36.9', bundles('1.37.2'), ''],
  ])('from %s to %s', (from, to, available, expected) => {
    expect(walk(all(from), to, available)).toBe(expected);
  });

  it.each<[name: string, apiServers: string[], kubelets: string[], to: string, walk: string]>([
    ['one API server has it', ['1.36.3', '1.35.4'], ['1.35.4'], '1.36.3', '1.36.3 (begun)'],
    ['the API servers have it, no kubelet', ['1.36.3'], ['1.35.4', '1.35.4'], '1.36.3', '1.36.3 (begun)'],
    ['one kubelet is left', ['1.36.3', '1.36.3'], ['1.36.3', '1.35.4'], '1.36', '1.36.3 (begun) 1.36.4'],
    ['another target', ['1.36.3', '1.35.4'], ['1.35.4'], '1.37', '1.36.3 (begun) 1.37.1'],
    ['kubelets are two behind', ['1.36.3'], ['1.34.1'], '1.36.3', '1.36.3 (begun)'],
  ])('finishes first what has begun: %s', (_name, apiServers, kubelets, to, expected) => {
    expect(walk({ apiServers, kubelets }, to, CATALOGUE)).toBe(expected);
  });

  it.each<
    [name: string, running: { apiServers: string[]; kubelets: string[] }, to: string, Available, what: RegExp, fix: RegExp]
  >([
    [
      'an older patch',
      all('1.36.3'),
      '1.36.0',
      CATALOGUE,
      /cannot go back from 1\.36\.3 to 1\.36\.0/,
      /Choose 1\.36\.3 or newer/,
    ],
    ['an older minor version', all('1.36.3'), '1.35', CATALOGUE, /cannot go back/, /snapshot/],
    ['back in the middle', { apiServers: ['1.36.3', '1.35.4'], kubelets: [] }, '1.35.8', CATALOGUE, /go back/, /--to 1\.36\.3/],
    ['an unknown patch', all('1.36.3'), '1.36.99', CATALOGUE, /1\.36\.99 is not known/, /versions/],
    ['an unknown minor version', all('1.36.3'), '1.40', CATALOGUE, /1\.40 is not known/, /versions/],
    ['no version', all('1.36.3'), 'newest', CATALOGUE, /newest is not a version/, /Correct --to/],
    [
      'no bundle of the minor version between',
      all('1.35.4'),
      '1.37',
      bundles('1.37.2'),
      /No bundle holds Kubernetes 1\.36/,
      /--kube-version 1\.36/,
    ],
    [
      'no bundle of the target',
      all('1.35.4'),
      '1.36',
      bundles('1.35.4'),
      /No bundle holds Kubernetes 1\.36/,
      /one --bundle for each/,
    ],
    [
      'no bundle of what has begun',
      { apiServers: ['1.36.3', '1.35.4'], kubelets: [] },
      '1.37',
      bundles('1.37.2'),
      /holds Kubernetes 1\.36\.3/,
      /1\.36\.3/,
    ],
    [
      'three versions',
      { apiServers: ['1.36.3', '1.35.4'], kubelets: ['1.34.1'] },
      '1.36.3',
      CATALOGUE,
      /3 versions/,
      /1\.34\.1 and 1\.35\.4/,
    ],
    [
      'a kubelet that is newer',
      { apiServers: ['1.35.4'], kubelets: ['1.36.3'] },
      '1.36.3',
      CATALOGUE,
      /A kubelet runs 1\.36\.3/,
      /1\.35\.4/,
    ],
    [
      'API servers two apart',
      { apiServers: ['1.34.1', '1.36.3'], kubelets: [] },
      '1.36.3',
      CATALOGUE,
      /not neighbours/,
      /1\.34\.1/,
    ],
  ])('refuses %s, and says what to do', (_name, running, to, available, what, fix) => {
    let error: unknown;
    try {
      upgradePath(running, to, available);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(InputError);
    const { parts } = error as InputError;
    expect(parts.what).toMatch(what);
    expect(parts.fix).toMatch(fix);
  });
});
