import { join, resolve } from 'node:path';
import { InterruptedError, KubewrightError } from '../../base/errors.js';
import type { BuildContext, BuildProgress } from '../build/context.js';
import { buildInto, keep, kept, steps } from '../build/into.js';
import { Remaining, type Stage } from '../build/remaining.js';
import { finishedSteps } from '../build/work.js';
import {
  type BundleFile,
  type BundleImage,
  type BundleIndex,
  type BundleSources,
  readBundleIndex,
  writeBundleIndex,
} from '../bundle-index.js';
import { packagesIn } from '../debian/mmdebstrap.js';
import { putAddons } from './addons.js';
import { compilePrograms, fetchModules } from './compile.js';
import { writeGoFiles } from './files.js';
import { writeGoImages } from './images.js';
import { modulesOf, type Packing } from './module-files.js';
import { type GoPlan, goPlan } from './plan.js';
import { checkGoRequirements, gccVersion } from './requirements.js';
import { GO_IMAGE_ROOTS, type GoImageRoot, goRootDir, makeGoImageRoot } from './roots.js';
import { findGo, type GoToolchain } from './toolchain.js';

export interface BuildGoBundleOptions {
  /** A release of `goRelease`. */
  readonly kubeVersion: string;
  /** Becomes the bundle's directory, in one step at the end. */
  readonly outDir: string;
  /** Default: `OUTDIR.work`. Removed when the bundle is finished, kept after a failure to carry on from. */
  readonly workDir?: string;
  readonly onProgress?: (event: BuildProgress) => void;
  readonly signal?: AbortSignal;
  /** Told why the bundle, which is whole without them, stays without add-ons. Without it that is a failure. */
  readonly onWithoutAddons?: (cause: KubewrightError) => void;
}

const PACK_SECONDS = 60;
const ROOT_SECONDS = 15;

/** What a bundle from Go modules cannot do. */
const GO_LIMITS = [
  'calico-node is built without libbpf: the eBPF data plane does not work, iptables and nftables do',
  "BIRD is Debian's, without Calico's krt_tunnel: IP-in-IP does not work, VXLAN and BGP without encapsulation do",
] as const;

const bundleName = (kubeVersion: string) => `go-${kubeVersion}`;

/** Where a bundle from Go modules lies below a cache directory (`/var/cache/kubewright`). */
export function goBundleDir(cacheDir: string, kubeVersion: string): string {
  return join(cacheDir, 'bundle', bundleName(kubeVersion));
}

/** How long a build takes here when nothing is cached: `about 14 min`. */
export function goBuildEstimate(kubeVersion: string): string {
  const plan = goPlan(kubeVersion);
  return new Remaining([...stagesOf(plan), ...plan.addons.map((a) => ({ name: a.id, seconds: a.seconds }))]).estimate();
}

/**
 * Builds a bundle with Calico and CoreDNS from pinned Go modules, and images from them and Debian bookworm's packages. Takes a
 * quarter of an hour on 2 cores and 13 GB of disk, most of it in Go's own caches. A finished, whole bundle is returned at once, and
 * gets the add-ons that it lacks; a build that was stopped carries on where it was.
 *
 * @throws KubewrightError where Go, a compiler or disk is missing, and with stage, last lines and log file when a stage fails;
 *   LockedError while another build runs; InterruptedError after an abort; InputError without root or when the directory holds
 *   something else.
 */
export async function buildGoBundle(options: BuildGoBundleOptions): Promise<BundleIndex> {
  const plan = goPlan(options.kubeVersion);
  const workDir = resolve(options.workDir ?? `${resolve(options.outDir)}.work`);
  const outDir = resolve(options.outDir);
  let go: GoToolchain | undefined;
  const toolchain = async () => (go ??= await findGo(process.env, options.signal));
  const index = await buildInto({
    ...options,
    workDir,
    name: bundleName(plan.kubeVersion),
    recipe: plan.recipe,
    logFile: (stage) => join(workDir, `${stage}.log`),
    async check(parent) {
      await checkGoRequirements(await toolchain(), anyModule(plan), parent, options.signal);
    },
    make: async (context) => allStages(context, plan, await toolchain()),
  });
  try {
    return await putAddons({ ...options, outDir }, plan, index, toolchain);
  } catch (error) {
    const told = options.onWithoutAddons;
    if (told === undefined || !(error instanceof KubewrightError) || error instanceof InterruptedError) throw error;
    told(error);
    return index;
  }
}

/** Whether a bundle of today's recipe lies in that directory; nothing is needed to use it. Its checksums are not verified. */
export async function hasGoBundle(dir: string, kubeVersion: string): Promise<boolean> {
  const index = await readBundleIndex(dir).catch(() => undefined);
  return index?.recipe !== undefined && index.recipe === goPlan(kubeVersion).recipe;
}

/** One that says whether the others can be had as well. */
export function anyModule(plan: GoPlan): { module: string; version: string } {
  return plan.builds[0]?.modules[0] ?? { module: '', version: '' };
}

function stagesOf(plan: GoPlan): Stage[] {
  return [
    ...plan.builds.map((b) => ({ name: b.id, seconds: b.seconds })),
    ...roots().map((name) => ({ name: `root-${name}`, seconds: ROOT_SECONDS })),
    { name: 'files', seconds: PACK_SECONDS / 2 },
    { name: 'images', seconds: PACK_SECONDS },
  ];
}

async function allStages(context: (stage: string) => BuildContext, plan: GoPlan, go: GoToolchain): Promise<BundleIndex> {
  // One lane that fails stops the others; what they have finished is kept.
  const stop = new AbortController();
  const laned = (stage: string): BuildContext => {
    const ctx = context(stage);
    return { ...ctx, signal: AbortSignal.any([stop.signal, ...(ctx.signal ? [ctx.signal] : [])]) };
  };
  const step = steps(laned);
  const before = await finishedSteps(context('go').workDir);
  const remaining = new Remaining(stagesOf(plan).filter((s) => !before.has(s.name)));
  const finish = async (name: string, work: () => Promise<void>) => {
    if (before.has(name)) return;
    const began = Date.now();
    await work();
    remaining.done(name);
    const rest = remaining.text();
    context(name).over(`finished in ${Math.round((Date.now() - began) / 1000)} s${rest && `; ${rest}`}`);
  };
  context('go').over(`go${go.version} for Kubernetes ${plan.kubeVersion}; ${remaining.text()}, more where other work runs`);

  // The network, the compiler and dpkg are busy at the same time.
  const fetched = new Map<string, Promise<void>>();
  let last = Promise.resolve();
  for (const build of plan.builds) {
    const own = last.then(() =>
      step(`fetch-${build.id}`, (ctx) => fetchModules({ ...ctx, progress: context(build.id).progress }, go, build)),
    );
    fetched.set(build.id, own);
    last = own;
    // The lane that waits for it reports the failure; until then it must not count as unhandled.
    own.catch(() => {});
  }
  const compiling = async () => {
    for (const build of plan.builds) {
      await fetched.get(build.id);
      await finish(build.id, () => step(build.id, (ctx) => compilePrograms(ctx, go, build)));
    }
  };
  const making = async () => {
    for (const name of roots()) await finish(`root-${name}`, () => step(`root-${name}`, (ctx) => makeGoImageRoot(ctx, name)));
  };
  await together([compiling(), making(), last], stop);

  const packing = (ctx: BuildContext): Packing => ({ ctx, go, plan });
  await finish('files', () => step('files', async (ctx) => keep(ctx, 'files', await writeGoFiles(packing(ctx)))));
  await finish('images', () => step('images', async (ctx) => keep(ctx, 'images', await writeGoImages(packing(ctx)))));
  const ctx = context('index');
  const files = await kept<BundleFile[]>(ctx, 'files');
  const index = indexOf(ctx, plan, files, await kept<BundleImage[]>(ctx, 'images'), await sourcesOf(ctx, plan, go));
  await writeBundleIndex(ctx.outDir, index);
  return index;
}

/** Waits until all have ended, however, and throws what the first failure said. */
async function together(lanes: readonly Promise<void>[], stop: AbortController): Promise<void> {
  const failures: unknown[] = [];
  const watched = lanes.map((lane) =>
    lane.catch((error: unknown) => {
      failures.push(error);
      stop.abort();
    }),
  );
  await Promise.all(watched);
  if (failures.length > 0) throw failures[0];
}

const roots = () => Object.keys(GO_IMAGE_ROOTS) as GoImageRoot[];

async function sourcesOf(ctx: BuildContext, plan: GoPlan, go: GoToolchain): Promise<BundleSources> {
  const packages = new Map<string, { name: string; version: string }>();
  for (const root of roots()) {
    for (const p of await packagesIn(goRootDir(ctx, root))) packages.set(`${p.name} ${p.version}`, p);
  }
  return {
    go: `go${go.version}`,
    gcc: await gccVersion(),
    modules: plan.builds.flatMap(modulesOf),
    packages: [...packages.keys()].sort().flatMap((key) => packages.get(key) ?? []),
  };
}

function indexOf(
  ctx: BuildContext,
  plan: GoPlan,
  files: readonly BundleFile[],
  images: readonly BundleImage[],
  sources: BundleSources,
): BundleIndex {
  const version = (name: string) => files.find((f) => f.name === name)?.version;
  const tag = (name: string) => images.find((i) => i.ref.includes(`/${name}:`))?.ref.replace(/.*:v?/, '');
  return {
    schema: 1,
    name: bundleName(plan.kubeVersion),
    kubeVersion: plan.kubeVersion,
    arch: ctx.arch,
    origin: `Go modules, compiled with ${sources.go}, and packages of Debian 12 (bookworm)`,
    createdAt: new Date().toISOString(),
    components: {
      etcd: version('etcd'),
      containerd: version('containerd'),
      runc: version('runc'),
      cni: version('cni-plugins'),
      crictl: version('crictl'),
      calico: version('calico-manifest'),
      coredns: tag('coredns'),
      haproxy: tag('haproxy'),
    },
    sources,
    limits: [...GO_LIMITS],
    recipe: plan.recipe,
    files: [...files],
    images: [...images],
  };
}
