import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseBuilder } from '../../../src/app/lab/bundle-builder.js';
import { chosenSettings, settingsFor } from '../../../src/app/lab/kubernetes-source.js';
import { type BundleIndex, writeBundleIndex } from '../../../src/artifacts/bundle-index.js';
import { buildGoBundle, goBundleDir } from '../../../src/artifacts/go/build.js';
import { goPlan } from '../../../src/artifacts/go/plan.js';
import type { KubewrightError } from '../../../src/base/errors.js';
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
  /** A machine without Go, and with nothing built. */
  beforeEach(async () => {
    vi.stubEnv('PATH', await scratch());
    vi.stubEnv('GOTOOLCHAIN', 'go1.1');
    vi.stubEnv('GOPROXY', 'off');
    vi.stubEnv('KUBEWRIGHT_CACHE', await scratch());
  });

  const built = async (): Promise<BundleIndex> => {
    const dir = goBundleDir(process.env.KUBEWRIGHT_CACHE ?? '', '1.36.3');
    await mkdir(dir, { recursive: true });
    const there = { ...index([]), name: 'go-1.36.3', recipe: goPlan('1.36.3').recipe };
    await writeBundleIndex(dir, there);
    return there;
  };

  it('is not asked where the bundle is built already: it needs no Go', async () => {
    const there = await built();
    expect(await chooseBuilder('auto')).toMatchObject({ from: 'go', kubeVersion: '1.36.3', why: 'its bundle is there' });
    expect((await chooseBuilder('go', '1.36')).from).toBe('go');
    await writeBundleIndex((await chooseBuilder('auto')).dir, { ...there, recipe: 'another' });
    expect((await chooseBuilder('auto')).from).toBe('debian');
  });

  it('lacks add-ons that cannot be built, where the rest is whole; whoever builds them is told why', async () => {
    vi.stubEnv('PATH', '/usr/sbin:/usr/bin:/sbin:/bin');
    const { name, recipe } = await built();
    const { dir: outDir } = await chooseBuilder('go');
    const causes: string[] = [];
    const onWithoutAddons = (cause: KubewrightError) => causes.push(cause.parts.what);
    expect(await buildGoBundle({ kubeVersion: '1.36.3', outDir, onWithoutAddons })).toMatchObject({ name, recipe });
    expect(causes).toHaveLength(1);
    await expect(buildGoBundle({ kubeVersion: '1.36.3', outDir })).rejects.toThrow(causes[0]);
  });

  it('are Debian packages where Go is missing, and the reason is said', async () => {
    const builder = await chooseBuilder('auto');
    expect([builder.from, builder.kubeVersion]).toEqual(['debian', '1.20.2']);
    expect(builder.why).toMatch(/^Go is not installed|too old|cannot be fetched/);
    expect(builder.dir).toMatch(/\/bundle\/debian-1\.20\.2$/);
  });

  it('is not replaced by another version than the one that was asked for', async () => {
    await expect(chooseBuilder('go')).rejects.toMatchObject({ parts: { fix: /^Install Go/ } });
    await expect(chooseBuilder('auto', '1.36')).rejects.toMatchObject({ parts: { fix: /^Install Go/ } });
    await expect(chooseBuilder('debian', '1.36')).rejects.toMatchObject({ exitCode: 2, parts: { why: /1\.20\.2/ } });
    await expect(chooseBuilder('auto', '1.19')).rejects.toMatchObject({ exitCode: 2, parts: { fix: /1\.36\.3/ } });
    expect((await chooseBuilder('auto', '1.20')).from).toBe('debian');
    expect((await chooseBuilder('debian', 'v1.20.2')).from).toBe('debian');
  });
});
