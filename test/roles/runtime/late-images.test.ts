import { describe, expect, it } from 'vitest';
import { containerd } from '../../../src/roles/runtime/containerd.js';
import { lateImages } from '../../../src/roles/runtime/runtimes.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const IMAGES = 'containerd/images';

/** When a host imports the images of a bundle: before etcd, or while the first control plane comes up. */
function when(host: string, facts = {}): string[] {
  const given = roleContext(sampleCluster(), host, { facts });
  const images = [{ name: 'pause', version: '1', ref: 'registry.k8s.io/pause:3.10', sha256: 'a'.repeat(64), size: 1, url: '' }];
  const ctx = { ...given, artifacts: { ...given.artifacts, offline: true, images } };
  return [
    ...(containerd.role.tasks(ctx).some((t) => t.id === IMAGES) ? ['before'] : []),
    ...(lateImages.tasks(ctx).some((t) => t.id === IMAGES) ? ['meanwhile'] : []),
  ];
}

describe('the images of a bundle', () => {
  it('are imported on the first control plane before, and on the others while it comes up', () => {
    expect(when('m11-k8s')).toEqual(['before']);
    expect(when('m12-k8s')).toEqual(['meanwhile']);
    expect(when('w101-k8s')).toEqual(['meanwhile']);
  });

  it('are imported before anything else where a cluster runs', () => {
    const living = { 'm11-k8s': { isNode: true } };
    for (const host of ['m11-k8s', 'm12-k8s', 'w101-k8s']) expect(when(host, living)).toEqual(['before']);
  });
});
