import { describe, expect, it } from 'vitest';
import { artifactsFor } from '../../src/app/plan/artifact-source.js';
import { catalogue, catalogueFile, knownKubeVersions } from '../../src/cluster/catalogue.js';
import { otherThanBundled } from '../../src/cluster/checks/version-check.js';
import { SETTING_NAMES } from '../../src/cluster/settings.js';
import { knownMinors, minorOf } from '../../src/cluster/versions.js';
import { clusterFacts, sampleCluster } from '../support/cluster.js';

describe('the version table', () => {
  it('knows every minor from 1.20 to the newest of the catalogue', () => {
    const newest = minorOf(knownKubeVersions()[0] ?? '');
    expect(knownMinors()).toEqual(Array.from({ length: newest - 20 + 1 }, (_, i) => `1.${20 + i}`));
  });

  it.each([
    ['1.20.2', 'v1beta2', 'k8s.gcr.io', '3.2', ['node-role.kubernetes.io/master'], false],
    ['1.22.17', 'v1beta3', 'k8s.gcr.io', '3.5', ['node-role.kubernetes.io/master'], false],
    [
      '1.24.17',
      'v1beta3',
      'k8s.gcr.io',
      '3.7',
      ['node-role.kubernetes.io/master', 'node-role.kubernetes.io/control-plane'],
      true,
    ],
    ['1.25.16', 'v1beta3', 'registry.k8s.io', '3.8', ['node-role.kubernetes.io/control-plane'], true],
    ['1.31.14', 'v1beta4', 'registry.k8s.io', '3.10', ['node-role.kubernetes.io/control-plane'], true],
    ['1.36.4', 'v1beta4', 'registry.k8s.io', '3.10.2', ['node-role.kubernetes.io/control-plane'], true],
  ])('pairs everything with %s', (version, api, registry, pause, taints, url) => {
    const { versions } = sampleCluster({ vars: { kube_version: version } });
    expect(versions).toMatchObject({
      kubeadmApi: api,
      imageRegistry: registry,
      pauseImage: `${registry}/pause:${pause}`,
      controlPlaneTaints: taints,
      criSocketIsUrl: url,
    });
  });
});

describe('the catalogue', () => {
  it('has every file that each downloadable version needs, with a checksum, for both CPUs', () => {
    for (const version of knownKubeVersions()) {
      const cluster = sampleCluster({ vars: { kube_version: version } });
      const host = cluster.hosts[0];
      expect(clusterFacts(cluster).size).toBe(5);
      if (!host) throw new Error('no host');
      for (const arch of ['amd64', 'arm64']) {
        const artifacts = artifactsFor(cluster, host, arch, undefined);
        for (const name of Object.keys(catalogue().files)) {
          const file = artifacts.file(name);
          expect(file.sha256, `${name} for ${version}`).toMatch(/^[0-9a-f]{64}$/);
          expect(file.url).toMatch(/^https:\/\//);
          expect(file.url).not.toContain('{');
        }
      }
    }
  });

  it('names settings that there are', () => {
    const named = Object.values(catalogue().files).flatMap((f) => f.setting ?? []);
    expect(named.filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  });

  it('gives each file the version of its setting, or the one that goes with Kubernetes, or the default', () => {
    const versions = (vars: Record<string, string>) => sampleCluster({ vars }).versions.components;
    expect(versions({ kube_version: '1.34.9' })).toMatchObject({
      kubelet: '1.34.9',
      etcd: '3.5.33',
      crictl: '1.34.0',
      runc: '1.4.3',
    });
    expect(versions({ kube_version: '1.20.2' })).toMatchObject({ etcd: '3.4.13', crictl: '1.36.0' });
    expect(versions({ etcd_version: '3.5.21', crictl_version: '1.30.1', runc_version: 'v1.2.9' })).toMatchObject({
      etcd: '3.5.21',
      crictl: '1.30.1',
      runc: '1.2.9',
    });
  });

  it('lays mirrors out as kubespray does', () => {
    expect(catalogueFile('kubeadm', '1.36.4', 'amd64', { filesRepo: 'https://mirror.example/files/' })?.url).toBe(
      'https://mirror.example/files/dl.k8s.io/release/v1.36.4/bin/linux/amd64/kubeadm',
    );
    expect(catalogueFile('kubeadm', '1.2.3', 'amd64')).toBeUndefined();
  });
});

describe('versions that a bundle does not have', () => {
  const bundle = {
    name: 'go-1.36.3',
    files: [
      { name: 'etcd', version: '3.6.14' },
      { name: 'crictl', version: '1.36.0' },
    ],
  };
  const told = (vars: Readonly<Record<string, string>>): string[] =>
    otherThanBundled(sampleCluster({ vars }), bundle).map((w) => w.what);

  it('are named, since its own are installed', () => {
    expect(told({ etcd_version: '3.5.33', crictl_version: '1.35.0' })).toEqual([
      'etcd_version is 3.5.33, and the bundle go-1.36.3 holds 3.6.14, which is installed',
      'crictl_version is 1.35.0, and the bundle go-1.36.3 holds 1.36.0, which is installed',
    ]);
  });

  it('are not where the inventory says nothing, the same, or something that the bundle lacks altogether', () => {
    expect(told({})).toEqual([]);
    expect(told({ etcd_version: '3.6.14', containerd_version: '2.3.4' })).toEqual([]);
  });
});
