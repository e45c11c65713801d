import { join } from 'node:path';
import type { BuildContext, BuildProgress } from '../build/context.js';
import { buildInto, keep, kept, steps } from '../build/into.js';
import { needDisk, needTools } from '../build/needs.js';
import { type BundleFile, type BundleImage, type BundleIndex, writeBundleIndex } from '../bundle-index.js';
import { IMAGE_ROOTS, type ImageRoot, makeBuilder, makeImageRoot } from './chroots.js';
import { unpackDebs, writeFiles } from './components.js';
import { writeImages } from './images.js';
import { compile, KUBE_VERSION, unpackSource } from './kubernetes.js';

/** The newest that Debian bookworm has in source. */
export const DEBIAN_KUBE_VERSION = KUBE_VERSION;

const NAME = `debian-${KUBE_VERSION}`;

/** Debian packages that this machine needs for a build; everything else is in the chroot. */
export const BUNDLE_BUILD_PACKAGES = ['mmdebstrap', 'debian-archive-keyring', 'util-linux'] as const;

/** Bytes that the chroot, the source and Go's cache take while a build runs. */
const WORK_BYTES = 7e9;

export interface BuildBundleOptions {
  /** Becomes the bundle's directory, in one step at the end. */
  readonly outDir: string;
  /** Default: `OUTDIR.work`. Removed when the bundle is finished, kept after a failure to resume from. */
  readonly workDir?: string;
  readonly onProgress?: (event: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** The path of a bundle of Debian's packages below a cache directory (`/var/cache/kubewright`). */
export function debianBundleDir(cacheDir: string): string {
  return join(cacheDir, 'bundle', NAME);
}

/**
 * Builds a bundle for Kubernetes 1.20.2 from Debian bookworm alone: Kubernetes from its source package, the rest from
 * binary packages. Takes some minutes and temporarily 7 GB of disk. A finished, intact bundle is returned at once; a
 * stopped build resumes.
 * @throws KubewrightError with stage, last lines and log file; LockedError while another build runs; InterruptedError
 *   after an abort; InputError without root or if the directory contains something else.
 */
export async function buildDebianBundle(options: BuildBundleOptions): Promise<BundleIndex> {
  return buildInto({ ...options, name: NAME, check: checkMachine, make: allStages });
}

async function allStages(context: (stage: string) => BuildContext): Promise<BundleIndex> {
  const step = steps(context);
  await step('builder', makeBuilder);
  await step('source', unpackSource);
  await step('compile', compile);
  for (const name of Object.keys(IMAGE_ROOTS) as ImageRoot[]) await step(`root-${name}`, (ctx) => makeImageRoot(ctx, name));
  await step('packages', unpackDebs);
  await step('files', async (ctx) => keep(ctx, 'files', await writeFiles(ctx)));
  await step('images', async (ctx) => keep(ctx, 'images', await writeImages(ctx)));
  const ctx = context('index');
  const index = indexOf(ctx, await kept<BundleFile[]>(ctx, 'files'), await kept<BundleImage[]>(ctx, 'images'));
  await writeBundleIndex(ctx.outDir, index);
  return index;
}

function indexOf(ctx: BuildContext, files: readonly BundleFile[], images: readonly BundleImage[]): BundleIndex {
  const version = (name: string) => files.find((f) => f.name === name)?.version;
  return {
    schema: 1,
    name: NAME,
    kubeVersion: KUBE_VERSION,
    arch: ctx.arch,
    origin: 'Debian 12 (bookworm): Kubernetes compiled from its source package, the rest from binary packages',
    createdAt: new Date().toISOString(),
    components: {
      etcd: version('etcd'),
      containerd: version('containerd'),
      runc: version('runc'),
      cni: version('cni-plugins'),
      haproxy: images.find((i) => i.ref.includes('/haproxy:'))?.ref.replace(/.*:/, ''),
    },
    files: [...files],
    images: [...images],
  };
}

async function checkMachine(parent: string): Promise<void> {
  await needTools(['mmdebstrap', 'dpkg-deb', 'unshare', 'setpriv', 'flock'], BUNDLE_BUILD_PACKAGES);
  await needDisk([{ path: parent, bytes: WORK_BYTES }]);
}
