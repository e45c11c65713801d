import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chooseBuilder } from '../../../src/app/lab/bundle-builder.js';
import { chosenSettings, settingsFor } from '../../../src/app/lab/kubernetes-source.js';
import { type BundleIndex, writeBundleIndex } from '../../../src/artifacts/bundle-index.js';
import { PlainReporter } from '../../../src/ui/stages/reporter.js';
import { scratch } from '../../support/bundle.js';

const image = (ref: string) => ({ ref, path: 'images/x.tar', sha256: 'a'.repeat(64), size: 1 });
const file = (name: string) => ({
  name,
  version: '1.0',
  arch: 'amd64',
  path: `files/${name}`,
  sha256: 'b'.repeat(64),
  size: 1,
  kind: 'binary' as const,
});
const index = (images: string[], files: string[] = []): BundleIndex => ({
  schema: 1,
  name: 'test',
  kubeVersion: '1.36.3',
  arch: 'amd64',
  origin: '',
  createdAt: '2026-01-01T00:00:00Z',
  components: {},
  files: files.map(file),
  images: images.map(image),
});
const FULL = index(['quay.io/calico/node:v3.31.0', 'registry.k8s.io/coredns/coredns:v1.14.2'], ['calico-manifest']);
const BARE = index(['k8s.gcr.io/kube-proxy:v1.20.2']);

const said: string[] = [];
const report = new PlainReporter({ write: (text: string) => said.push(text.trim()) });
afterEach(() => {
  said.length = 0;
  vi.unstubAllEnvs();
});

describe("a lab's settings", () => {
  it('leave out of the cluster only what is not in the bundle', () => {
    expect(settingsFor(FULL, '/b')).toEqual({ kubewright_bundle: '/b' });
    expect(settingsFor(BARE, '/b')).toEqual({ kube_network_plugin: 'static-routes', dns_mode: 'none', kubewright_bundle: '/b' });
    const noManifest = index(['quay.io/calico/node:v3.31.0', 'registry.k8s.io/coredns/coredns:v1.14.2']);
    expect(settingsFor(noManifest, '/b')).toEqual({ kube_network_plugin: 'static-routes', kubewright_bundle: '/b' });
  });

  it('come from the bundle that is given', async () => {
    const dir = join(await scratch(), 'bundle');
    await mkdir(dir);
    await writeBundleIndex(dir, BARE);
    const lab = { chosen: async () => ({ kubewright_bundle: '/other' }) };
    expect(await chosenSettings(lab, { bundle: dir }, report)).toEqual(settingsFor(BARE, dir));
  });

  it('stay what they are in a lab that is there, unless something is asked for', async () => {
    const lab = { chosen: async () => ({ kubewright_bundle: '/b', dns_mode: 'none' }) };
    expect(await chosenSettings(lab, {}, report)).toBeUndefined();
    expect(said).toEqual(['The lab keeps what it was made with: the bundle /b']);
    expect(await chosenSettings(lab, { source: 'none' }, report)).toEqual({});
    const empty = { chosen: async () => undefined };
    expect(await chosenSettings(empty, { source: 'none' }, report)).toEqual({});
  });
});

describe('what a bundle is built from', () => {
  it('are Debian packages where Go is missing, and the reason is said', async () => {
    vi.stubEnv('PATH', await scratch());
    vi.stubEnv('GOTOOLCHAIN', 'go1.1');
    vi.stubEnv('GOPROXY', 'off');
    const builder = await chooseBuilder('auto');
    expect([builder.from, builder.kubeVersion]).toEqual(['debian', '1.20.2']);
    expect(builder.why).toMatch(/^Go is not installed|too old|cannot be fetched/);
    expect(builder.dir).toMatch(/\/bundle\/debian-1\.20\.2$/);
  });

  it('is not replaced by another version than the one that was asked for', async () => {
    vi.stubEnv('PATH', await scratch());
    vi.stubEnv('GOTOOLCHAIN', 'go1.1');
    vi.stubEnv('GOPROXY', 'off');
    await expect(chooseBuilder('go')).rejects.toMatchObject({ parts: { fix: /^Install Go/ } });
    await expect(chooseBuilder('auto', '1.36')).rejects.toMatchObject({ parts: { fix: /^Install Go/ } });
    await expect(chooseBuilder('debian', '1.36')).rejects.toMatchObject({ exitCode: 2, parts: { why: /1\.20\.2/ } });
    await expect(chooseBuilder('auto', '1.19')).rejects.toMatchObject({ exitCode: 2, parts: { fix: /1\.36\.3/ } });
    expect((await chooseBuilder('auto', '1.20')).from).toBe('debian');
    expect((await chooseBuilder('debian', 'v1.20.2')).from).toBe('debian');
  });
});
