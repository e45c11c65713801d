import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anyModule, goBundleDir } from '../../src/artifacts/go/build.js';
import { goPlan } from '../../src/artifacts/go/plan.js';
import { goRelease } from '../../src/artifacts/go/table.js';
import { findGo, needModule } from '../../src/artifacts/go/toolchain.js';
import { cli } from './lab.js';

const cache = process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright';

/** A bundle that lab tests install from: built when it is first needed, kept in the cache. */
export interface LabBundle {
  readonly from: 'go' | 'debian';
  readonly dir: string;
}

export const DEBIAN_BUNDLE: LabBundle = {
  from: 'debian',
  dir: process.env.KUBEWRIGHT_TEST_BUNDLE ?? join(cache, 'bundle', 'debian-1.20.2'),
};

export const GO_BUNDLE: LabBundle = {
  from: 'go',
  dir: process.env.KUBEWRIGHT_TEST_GO_BUNDLE ?? goBundleDir(cache, goRelease(undefined)),
};

const isBuilt = ({ dir }: LabBundle): boolean => existsSync(join(dir, 'index.json'));

/** Why there is no Go bundle and none can be built here: no Go, or no module proxy. */
export async function missingForGoBundle(): Promise<string | undefined> {
  if (isBuilt(GO_BUNDLE)) return undefined;
  try {
    await needModule(await findGo(), anyModule(goPlan(goRelease(undefined))));
    return undefined;
  } catch (error) {
    return `needs a Go bundle: ${(error as Error).message}`;
  }
}

/** Builds the bundle, or finds it whole. With the user's own HOME, where Go keeps its caches. */
export async function ensureBundle({ from, dir }: LabBundle): Promise<void> {
  if (from === 'go' && isBuilt(GO_BUNDLE) && (await findGo().catch(() => undefined)) === undefined) return;
  const built = await cli(['bundle', 'build', '--from', from, '-o', dir], { env: { NO_COLOR: '1' }, echo: true });
  if (built.code !== 0) throw new Error(`${built.stdout.slice(-2000)}\n${built.stderr}`);
}

/** Milliseconds: a Go bundle from nothing takes a quarter of an hour on a quiet box with 2 cores. */
export const BUILD_TIMEOUT = 3_600_000;

interface Index {
  readonly kubeVersion: string;
  readonly images: readonly { readonly ref: string }[];
}

export function bundleIndex({ dir }: LabBundle): Index {
  return JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
}
