import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoAddonName, type GoComponentName, goTable, PINS_DIR } from './table.js';

/** A component as it is built from pinned modules. */
export interface GoBuild {
  readonly component: GoComponentName;
  readonly version: string;
  /** COMPONENT-VERSION: names the stage, the directory of its pins, and that of its programs. */
  readonly id: string;
  /** The modules whose programs are built, with their versions as Go writes them. */
  readonly modules: readonly { readonly module: string; readonly version: string; readonly sum: string }[];
  /** Import path → file name. */
  readonly programs: ReadonlyMap<string, string>;
  readonly ldflags: string;
  readonly tags: readonly string[];
  readonly cgo: boolean;
  /** An estimate for 2 cores with nothing cached. */
  readonly seconds: number;
}

/** An add-on: an image of one program, which is put into a finished bundle. */
export interface GoAddon extends GoBuild {
  readonly component: GoAddonName;
  /** Checksum of everything that it is made from, and of how. */
  readonly recipe: string;
}

export interface GoPlan {
  readonly kubeVersion: string;
  readonly pauseVersion: string;
  /** In the order in which they are built. */
  readonly builds: readonly GoBuild[];
  /** Not part of `recipe`: a change of theirs does not build the bundle again. */
  readonly addons: readonly GoAddon[];
  /** Checksum of everything here, of all pinned modules, and of how images are made. */
  readonly recipe: string;
}

/** Raised when files or images are made in another way from the same inputs. */
const RECIPE = '1';
const ADDON_RECIPE = '1';

/** What to build for a release of the table (see `goRelease`). */
export function goPlan(kubeVersion: string): GoPlan {
  const { releases, common, components, addons } = goTable();
  const release = releases[kubeVersion];
  if (!release) throw new RangeError(`Kubernetes ${kubeVersion} is not in the table`);
  const versions: Record<GoComponentName, string> = {
    ...common,
    ...addons,
    kubernetes: kubeVersion,
    etcd: release.etcd,
    coredns: release.coredns,
  };
  const isAddon = (name: GoComponentName): name is GoAddonName => Object.hasOwn(addons, name);
  const names = Object.keys(components) as GoComponentName[];
  const builds = names.filter((name) => !isAddon(name)).map((name) => goBuild(name, versions[name]));
  return {
    kubeVersion,
    pauseVersion: release.pause,
    builds,
    addons: names.filter(isAddon).map((component) => {
      const build = goBuild(component, addons[component]);
      return { ...build, component, recipe: recipeOf(ADDON_RECIPE, component, [build]) };
    }),
    recipe: recipeOf(RECIPE, release, builds),
  };
}

function recipeOf(how: string, what: unknown, builds: readonly GoBuild[]): string {
  const hash = createHash('sha256')
    .update(how)
    .update(JSON.stringify([what, builds.map((b) => [b.id, b.ldflags, b.tags])]));
  for (const b of builds) for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(PINS_DIR, b.id, file)));
  return hash.digest('hex');
}

function goBuild(component: GoComponentName, version: string): GoBuild {
  const c = goTable().components[component];
  const id = `${component}-${version}`;
  const [major = '', minor = ''] = version.split('.');
  const fill = (text: string) => text.replaceAll('{version}', version).replaceAll('{major}', major).replaceAll('{minor}', minor);
  const set = Object.entries(c.set ?? {}).map(([variable, value]) => `-X ${variable}=${fill(value)}`);
  const sums = sumsOf(id);
  const commits = c.commits?.[version];
  const modules = commits ? Object.entries(commits) : [c.module, ...(c.with ?? [])].map((m) => [m, `v${version}`] as const);
  return {
    component,
    version,
    id,
    modules: modules.map(([module, v]) => ({ module, version: v, sum: sums.get(`${module} ${v}`) ?? '' })),
    programs: new Map(c.programs.map((p) => [p, c.names?.[p] ?? lastElement(p)])),
    // -s -w: no symbol tables. They make up a third of a program and serve debuggers only.
    ldflags: ['-s -w', ...set, ...(c.cgo ? [c.cgo.ldflags] : [])].join(' '),
    tags: c.cgo?.tags ?? [],
    cgo: c.cgo !== undefined,
    seconds: c.seconds,
  };
}

/** go.sum: `MODULE VERSION h1:…`, besides lines for go.mod files alone. */
function sumsOf(id: string): Map<string, string> {
  const lines = readFileSync(join(PINS_DIR, id, 'go.sum'), 'utf8').split('\n');
  return new Map(
    lines.map((line) => {
      const [module = '', version = '', sum = ''] = line.split(' ');
      return [`${module} ${version}`, sum];
    }),
  );
}

/** As Go itself names a program: a major version at the end does not count. */
function lastElement(path: string): string {
  return path.replace(/\/v\d+$/, '').replace(/.*\//, '');
}
