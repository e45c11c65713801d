import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { InputError, KubewrightError } from '../../base/errors.js';
import { makeFolder } from '../../base/files.js';
import { wholeFile } from '../../base/place.js';
import { requireRoot } from '../../base/root.js';
import { openBundle, verifyBundle } from '../bundle.js';
import { type BundleFile, type BundleImage, type BundleIndex, INDEX_FILE, writeBundleIndex } from '../bundle-index.js';
import { IMAGE_ROOTS, type ImageRoot, makeBuilder, makeImageRoot } from './chroots.js';
import { unpackDebs, writeFiles } from './components.js';
import type { BuildContext, BuildProgress } from './context.js';
import { writeImages } from './images.js';
import { compile, KUBE_VERSION, unpackSource } from './kubernetes.js';
import { interrupted } from './process.js';
import { lock, once, removeTree } from './work.js';

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
  return join(cacheDir, 'bundle', `debian-${KUBE_VERSION}`);
}

/**
 * Builds a bundle for Kubernetes 1.20.2 from Debian bookworm alone: Kubernetes from its source package, the rest from
 * binary packages. Takes some minutes and temporarily 7 GB of disk. A finished, intact bundle is returned at once; a
 * stopped build resumes.
 * @throws KubewrightError with stage, last lines and log file; LockedError while another build runs; InterruptedError
 *   after an abort; InputError without root or if the directory contains something else.
 */
export async function buildDebianBundle(options: BuildBundleOptions): Promise<BundleIndex> {
  const outDir = resolve(options.outDir);
  const workDir = resolve(options.workDir ?? `${outDir}.work`);
  makeFolder(dirname(outDir));
  const tell = (stage: string) => (text: string, done?: number, of?: number) =>
    options.onProgress?.({ stage, text, ...(done === undefined ? {} : { done, of }) });

  const ready = await finished(outDir, tell('check'), options.signal);
  if (ready) return ready;
  await checkMachine(dirname(outDir));
  const unlock = await lock(`${outDir}.lock`);
  try {
    // Another build may have finished meanwhile.
    const other = await finished(outDir, tell('check'), options.signal);
    if (other) return other;
    const arch = await debianArch();
    await mkdir(join(workDir, 'out'), { recursive: true });
    const context = (stage: string): BuildContext => ({
      stage,
      workDir,
      arch,
      tmpDir: join(workDir, 'tmp'),
      outDir: join(workDir, 'out'),
      logFile: `${outDir}.log`,
      signal: options.signal,
      progress: tell(stage),
    });
    const index = await allStages(context);
    await rm(outDir, { recursive: true, force: true });
    await rename(join(workDir, 'out'), outDir);
    await removeTree(workDir);
    return index;
  } finally {
    await unlock();
  }
}

async function allStages(context: (stage: string) => BuildContext): Promise<BundleIndex> {
  const step = async (stage: string, work: (ctx: BuildContext) => Promise<void>) => {
    const ctx = context(stage);
    if (ctx.signal?.aborted) throw interrupted(ctx);
    await once(ctx.workDir, stage, () => work(ctx)).catch((error: unknown) => {
      if (ctx.signal?.aborted) throw interrupted(ctx);
      throw explain(ctx, error);
    });
  };
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
    name: `debian-${KUBE_VERSION}`,
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

/** The existing bundle if it is intact; else undefined. */
async function finished(outDir: string, progress: BuildContext['progress'], signal?: AbortSignal) {
  const names: string[] = await readdir(outDir).catch(() => []);
  if (names.length === 0) return undefined;
  if (!names.includes(INDEX_FILE)) {
    throw new InputError({
      what: 'The directory for the bundle contains something else',
      where: wholeFile(outDir),
      fix: 'Choose another directory',
    });
  }
  const bundle = await openBundle(outDir).catch(() => undefined);
  if (!bundle) return undefined;
  const problems = await verifyBundle(bundle, { signal, onProgress: (p) => progress(p.path, p.done, p.of) });
  for (const p of problems) progress(`${p.path} ${p.what}: rebuilding the bundle`);
  return problems.length === 0 ? bundle.index : undefined;
}

async function checkMachine(parent: string): Promise<void> {
  requireRoot('Building a bundle', 'It installs Debian into directories of its own');
  for (const tool of ['mmdebstrap', 'dpkg-deb', 'unshare', 'setpriv', 'flock']) {
    const found = await Promise.any(['/usr/bin', '/bin', '/usr/sbin'].map((d) => access(join(d, tool)))).then(
      () => true,
      () => false,
    );
    if (!found) {
      const fix = `apt-get install --no-install-recommends ${BUNDLE_BUILD_PACKAGES.join(' ')}`;
      throw new KubewrightError({ what: `${tool} is not installed on this machine`, why: 'The build uses it', fix });
    }
  }
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < WORK_BYTES) {
    throw new KubewrightError({
      what: `${(WORK_BYTES / 1e9).toFixed(0)} GB of free disk space are needed, ${((bavail * bsize) / 1e9).toFixed(1)} GB are available`,
      where: wholeFile(parent),
      fix: 'Free some space, or choose a directory on another disk',
    });
  }
}

async function debianArch(): Promise<string> {
  const { stdout } = await promisify(execFile)('dpkg', ['--print-architecture']);
  return stdout.trim();
}

function explain(ctx: BuildContext, error: unknown): KubewrightError {
  if (error instanceof KubewrightError) return error;
  return new KubewrightError({
    what: `The bundle build failed in stage "${ctx.stage}"`,
    where: wholeFile(ctx.logFile),
    why: error instanceof Error ? error.message : String(error),
    fix: 'Fix the cause and start it again: finished stages are kept',
    cause: error,
  });
}

async function keep(ctx: BuildContext, name: string, value: unknown): Promise<void> {
  await writeFile(join(ctx.workDir, `${name}.json`), JSON.stringify(value));
}

/** Our own file of an earlier stage; the whole index is validated when it is written. */
async function kept<T>(ctx: BuildContext, name: string): Promise<T> {
  return JSON.parse(await readFile(join(ctx.workDir, `${name}.json`), 'utf8')) as T;
}
