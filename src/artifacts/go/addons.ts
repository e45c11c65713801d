import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { requireRoot } from '../../base/root.js';
import type { BuildContext } from '../build/context.js';
import { dir, emptyBase, PATH, program } from '../build/image-parts.js';
import { contextsIn, startOver, steps } from '../build/into.js';
import { Remaining } from '../build/remaining.js';
import { lock, removeTree } from '../build/work.js';
import { type BundleImage, type BundleIndex, readBundleIndex, writeBundleIndex } from '../bundle-index.js';
import { type ImageConfig, imageId, writeDockerArchive, writeLayer } from '../docker-archive.js';
import { describeFile } from '../hash.js';
import { compilePrograms, fetchModules, goProgramFile } from './compile.js';
import { modulesOf } from './module-files.js';
import type { GoAddon, GoPlan } from './plan.js';
import type { GoAddonName } from './table.js';
import { type GoToolchain, needModule } from './toolchain.js';

interface AddonImage {
  readonly ref: (version: string) => string;
  /** Of the program, without the leading slash. */
  readonly path: string;
  readonly config: ImageConfig;
}

/** Names, entry points and users are those of the projects' own images. */
const IMAGES: Readonly<Record<GoAddonName, AddonImage>> = {
  'metrics-server': {
    ref: (version) => `registry.k8s.io/metrics-server/metrics-server:v${version}`,
    path: 'metrics-server',
    config: { Entrypoint: ['/metrics-server'], User: '65534' },
  },
  'local-path-provisioner': {
    ref: (version) => `docker.io/rancher/local-path-provisioner:v${version}`,
    path: 'usr/bin/local-path-provisioner',
    config: { Cmd: ['local-path-provisioner'] },
  },
};

export interface AddonsOptions {
  /** Of a finished bundle. */
  readonly outDir: string;
  readonly onProgress?: Parameters<typeof contextsIn>[0]['onProgress'];
  readonly signal?: AbortSignal;
}

/**
 * Builds the add-ons that a finished bundle lacks or has by another recipe, and puts them into it: an archive of its own each, for
 * hosts whose cluster has it. The rest of the bundle is left alone.
 *
 * @param index of the bundle. @returns the bundle's index, with all add-ons of the plan.
 * @throws LockedError while another build runs; KubewrightError with stage and log file; InputError without root.
 */
export async function putAddons(
  o: AddonsOptions,
  plan: GoPlan,
  index: BundleIndex,
  toolchain: () => Promise<GoToolchain>,
): Promise<BundleIndex> {
  if (missing(plan, index).length === 0) return index;
  requireRoot('Building add-ons of a bundle', 'They are packed as files of root');
  const unlock = await lock(`${o.outDir}.lock`);
  try {
    let current = await readBundleIndex(o.outDir);
    const addons = missing(plan, current);
    const workDir = `${o.outDir}.addons.work`;
    await startOver(workDir, addons.map((a) => a.recipe).join(' '));
    await mkdir(join(workDir, 'tmp'), { recursive: true });
    const context = contextsIn({
      ...o,
      workDir,
      outDir: o.outDir,
      arch: current.arch,
      logFile: (s) => join(workDir, `${s}.log`),
    });
    const go = await toolchain();
    const remaining = new Remaining(addons.map((a) => ({ name: a.id, seconds: a.seconds })));
    for (const addon of addons) {
      const ctx = context(addon.id);
      await needModule(go, addon.modules[0] ?? { module: '', version: '' }, o.signal);
      await steps(context)(addon.id, async () => {
        await fetchModules(ctx, go, addon);
        await compilePrograms(ctx, go, addon);
      });
      // Cut off in between, the bundle is whole without it.
      if (current.addons?.[addon.component] !== undefined) await writeBundleIndex(o.outDir, withoutAddon(current, addon));
      current = withAddon(current, addon, await packAddon(ctx, addon));
      await writeBundleIndex(o.outDir, current);
      remaining.done(addon.id);
      ctx.over([`in ${archiveOf(addon.component)}`, remaining.text()].filter(Boolean).join('; '));
    }
    await removeTree(workDir);
    return current;
  } finally {
    await unlock();
  }
}

function missing(plan: GoPlan, index: BundleIndex): readonly GoAddon[] {
  return plan.addons.filter((a) => index.addons?.[a.component] !== a.recipe);
}

async function packAddon(ctx: BuildContext, addon: GoAddon): Promise<BundleImage> {
  const { ref, path, config } = IMAGES[addon.component];
  const name = [...addon.programs.values()][0] ?? '';
  await mkdir(join(ctx.workDir, 'layers'), { recursive: true });
  const entries = [...emptyBase(), dir('usr/bin'), program(goProgramFile(ctx, addon, name), path)];
  const layer = await writeLayer(join(ctx.workDir, 'layers', `${addon.component}.tar.gz`), entries, ctx.signal);
  const image = {
    ref: ref(addon.version),
    arch: ctx.arch,
    config: { ...config, Env: [`PATH=${PATH}`], WorkingDir: '/' },
    layers: [layer],
  };
  const file = archiveOf(addon.component);
  // A run may be sending the one that is there.
  await writeDockerArchive(join(ctx.outDir, `${file}.new`), [image], ctx.signal);
  await rename(join(ctx.outDir, `${file}.new`), join(ctx.outDir, file));
  return { ref: image.ref, ...(await describeFile(ctx.outDir, file)), id: imageId(image) };
}

/** The index with that add-on in place of its older build. */
export function withAddon(index: BundleIndex, addon: GoAddon, image: BundleImage): BundleIndex {
  const { component } = addon;
  const rest = withoutAddon(index, addon);
  return {
    ...rest,
    components: { ...rest.components, [component]: addon.version },
    ...(rest.sources && { sources: { ...rest.sources, modules: [...rest.sources.modules, ...modulesOf(addon)] } }),
    addons: { ...rest.addons, [component]: addon.recipe },
    images: [...rest.images, image],
  };
}

function withoutAddon(index: BundleIndex, { component }: GoAddon): BundleIndex {
  const { [component]: _version, ...components } = index.components;
  const { [component]: _recipe, ...addons } = index.addons ?? {};
  return {
    ...index,
    components,
    ...(index.sources && {
      sources: { ...index.sources, modules: index.sources.modules.filter((m) => m.name !== component) },
    }),
    addons,
    images: index.images.filter((i) => i.path !== archiveOf(component)),
  };
}

const archiveOf = (component: GoAddonName) => `images/${component}.tar`;
