import { describe, expect, it } from 'vitest';
import { artifactsFor } from '../../src/app/plan/artifact-source.js';
import type { ErrorParts } from '../../src/base/errors.js';
import { whereText } from '../../src/base/place.js';
import { catalogue, checksumsOf, fullKubeVersion, knownKubeVersions, knownVersions } from '../../src/cluster/catalogue.js';
import { parseChecksums } from '../../src/cluster/checksums.js';
import { examineCluster } from '../../src/cluster/resolve.js';
import { sampleCluster, sampleInventory } from '../support/cluster.js';

const SUM = 'a'.repeat(64);

function problems(vars: Record<string, never> | Parameters<typeof sampleInventory>[0]): readonly ErrorParts[] {
  return examineCluster(sampleInventory(vars)).problems;
}

describe('checksums', () => {
  it('are complete: each version of Kubernetes has all three programs for both CPUs', () => {
    for (const version of knownKubeVersions()) {
      for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
        expect(Object.keys(checksumsOf(name).get(version) ?? {}).sort(), `${name} ${version}`).toEqual(['amd64', 'arm64']);
      }
    }
    expect(knownVersions('kubelet')).toEqual(knownKubeVersions());
    expect(knownVersions('kubectl')).toEqual(knownKubeVersions());
  });

  it('have both CPUs, or are of a file without one, for every file of the catalogue', () => {
    for (const name of Object.keys(catalogue().files)) {
      for (const [version, sums] of checksumsOf(name)) {
        const cpus = Object.keys(sums).sort().join(' ');
        expect(['amd64 arm64', 'noarch'], `${name} ${version}`).toContain(cpus);
      }
      expect(knownVersions(name), name).toContain(catalogue().files[name]?.default);
    }
  });

  it('exist for every version that is paired with a minor', () => {
    for (const [minor, etcd] of Object.entries(catalogue().pairings.etcd)) {
      expect(knownVersions('etcd'), `etcd for ${minor}`).toContain(etcd);
      expect(Object.keys(catalogue().pairings.pause)).toContain(minor);
      expect(Object.keys(catalogue().pairings.coredns)).toContain(minor);
    }
    const minors = new Set(knownKubeVersions().map((v) => v.split('.').slice(0, 2).join('.')));
    expect([...minors].sort()).toEqual(Object.keys(catalogue().pairings.etcd).sort());
  });

  it.each([
    ['a short sum', `1.2.3 amd64=${'a'.repeat(63)}`],
    ['another CPU', `1.2.3 riscv64=${SUM}`],
    ['no sum', '1.2.3'],
    ['a version twice', `1.2.3 noarch=${SUM}\n1.2.3 noarch=${SUM}`],
  ])('of a line with %s are refused', (_, text) => {
    expect(() => parseChecksums(text, 'x')).toThrow(/checksums of x, line [12]/);
  });
});

describe('kube_version', () => {
  const newest = knownKubeVersions()[0] ?? '';

  it('may be a minor or latest: the newest patch that is known', () => {
    expect(fullKubeVersion('latest')).toBe(newest);
    expect(fullKubeVersion('1.34')).toBe('1.34.11');
    expect(fullKubeVersion('1.34.2')).toBe('1.34.2');
    expect(sampleCluster({ vars: { kube_version: '1.34' } }).settings.kube_version).toBe('1.34.11');
    expect(sampleCluster({ vars: { kube_version: 1.34 } }).versions.components.kubelet).toBe('1.34.11');
  });

  it("of a bundle is the bundle's", () => {
    expect(fullKubeVersion('1.36', '1.36.3')).toBe('1.36.3');
    expect(fullKubeVersion('latest', '1.20.2')).toBe('1.20.2');
    expect(fullKubeVersion('1.36', '1.20.2')).toBe('1.36');
  });

  it('as the number that YAML makes of 1.30 is refused with the way to write it', () => {
    const [problem] = problems({ vars: { kube_version: 1.3 } });
    expect(problem).toMatchObject({ what: 'Kubernetes 1.3 is not known', fix: "Put it in quotes: kube_version: '1.30'" });
  });
});

describe('component versions', () => {
  it.each([
    ['etcd_version', '3.5.1'],
    ['containerd_version', '2.1.99'],
    ['runc_version', '0.9.0'],
    ['cni_version', '0.1.0'],
    ['crictl_version', '1.1.1'],
    ['calico_version', '3.1.0'],
  ])('without a checksum are refused before a host is touched: %s', (name, version) => {
    const found = problems({ vars: { [name]: version } });
    expect(found.map((p) => p.what)).toEqual([`${name} ${version} has no known checksum`]);
    expect(whereText(found[0]?.where ?? '')).toBe('hosts.ini:1:1');
    expect(found[0]?.fix).toMatch(/^Choose one of these/);
  });

  it("count with the inventory's own checksum, written as kubespray writes it", () => {
    const own = { amd64: { '3.5.1': `sha256:${SUM}` } };
    expect(problems({ vars: { etcd_version: '3.5.1', etcd_binary_checksums: own } })).toEqual([]);
    const cluster = sampleCluster({ vars: { etcd_version: '3.5.1', etcd_binary_checksums: own } });
    const [host] = cluster.hosts;
    if (!host) throw new Error('no host');
    expect(artifactsFor(cluster, host, 'amd64', undefined).file('etcd').sha256).toBe(SUM);
    expect(() => artifactsFor(cluster, host, 'arm64', undefined).file('etcd')).toThrow(/no etcd for arm64/);
  });

  it('of a file for every CPU, too: kubespray calls that no_arch', () => {
    const vars = { calico_version: '3.1.0', calico_crds_archive_checksums: { no_arch: { '3.1.0': SUM } } };
    expect(problems({ vars })).toEqual([]);
    const cluster = sampleCluster({ vars });
    const [host] = cluster.hosts;
    if (!host) throw new Error('no host');
    expect(artifactsFor(cluster, host, 'arm64', undefined).file('calico-manifest').sha256).toBe(SUM);
  });

  it('of Kubernetes itself, too: all three programs', () => {
    const own = { amd64: { '1.36.99': SUM } };
    const two = { kube_version: '1.36.99', kubeadm_checksums: own, kubelet_checksums: own };
    expect(problems({ vars: two })[0]?.what).toBe('Kubernetes 1.36.99 is not known');
    expect(problems({ vars: { ...two, kubectl_checksums: own } })).toEqual([]);
  });

  it('with a sum that is none are refused', () => {
    const found = problems({ vars: { kubectl_checksums: { amd64: { '1.36.99': 'abc' } } } });
    expect(found.map((p) => p.what)).toEqual([
      'kubectl_checksums amd64.1.36.99 must be a sha256 checksum of 64 hexadecimal digits',
    ]);
  });
});
