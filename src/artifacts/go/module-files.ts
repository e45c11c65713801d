import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext } from '../build/context.js';
import type { BundleSources } from '../bundle-index.js';
import type { GoBuild, GoPlan } from './plan.js';
import type { GoComponentName } from './table.js';
import type { GoToolchain } from './toolchain.js';

/** What a stage that packs things needs to know besides its context. */
export interface Packing {
  readonly ctx: BuildContext;
  readonly go: GoToolchain;
  readonly plan: GoPlan;
}

/** The component of the plan. */
export function buildOf(plan: GoPlan, name: GoComponentName) {
  const build = plan.builds.find((b) => b.component === name);
  if (!build) throw new RangeError(`${name} is not in the plan`);
  return build;
}

/** The directory of a component's own module in Go's module cache, where Go has verified it against go.sum. */
export function moduleDir(p: Packing, name: GoComponentName): string {
  const { module, version } = buildOf(p.plan, name).modules[0] ?? { module: '', version: '' };
  return join(p.go.moduleCache, `${escapePath(module)}@${version}`);
}

/** Capitals become `!` and the small letter. Source: https://go.dev/ref/mod#goproxy-protocol */
export function escapePath(module: string): string {
  return module.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** A text file of a component's own module. */
export async function moduleText(p: Packing, name: GoComponentName, path: string): Promise<string> {
  return readFile(join(moduleDir(p, name), path), 'utf8');
}

/** What the bundle's index says of a build's modules. */
export function modulesOf(build: GoBuild): BundleSources['modules'] {
  return build.modules.map((m) => ({
    name: build.component,
    ...m,
    programs: [...build.programs]
      .filter(([path]) => path === m.module || path.startsWith(`${m.module}/`))
      .map(([, name]) => name),
  }));
}
