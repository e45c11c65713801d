import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { InputError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../base/package-root.js';

const COMPONENTS = ['kubernetes', 'calico', 'coredns', 'containerd', 'etcd', 'crictl', 'cni-plugins', 'runc'] as const;
/** Built after the bundle and put into it, each with a recipe of its own. */
const ADDONS = ['metrics-server', 'local-path-provisioner'] as const;
export type GoAddonName = (typeof ADDONS)[number];
export type GoComponentName = (typeof COMPONENTS)[number] | GoAddonName;

const version = z.string().regex(/^\d+\.\d+\.\d+$/);

const component = z.strictObject({
  module: z.string(),
  /** Further modules of the same version. */
  with: z.array(z.string()).optional(),
  staging: z.stringbool().optional(),
  commits: z.record(version, z.record(z.string(), z.string())).optional(),
  empty: z.array(z.string()).optional(),
  programs: z.array(z.string()),
  /** Programs whose file is not called after the last element of their path. */
  names: z.record(z.string(), z.string()).optional(),
  /** Variables that the linker sets; {version}, {major} and {minor} are filled in. */
  set: z.record(z.string(), z.string()).optional(),
  cgo: z.strictObject({ tags: z.array(z.string()), ldflags: z.string() }).optional(),
  seconds: z.coerce.number().positive(),
});

const schema = z.strictObject({
  schema: z.literal('1'),
  go: z.strictObject({ oldest: z.string(), fetched: version }),
  releases: z.record(version, z.strictObject({ etcd: version, coredns: version, pause: z.string() })),
  default: version,
  common: z.strictObject({ containerd: version, runc: version, crictl: version, 'cni-plugins': version, calico: version }),
  addons: z.record(z.enum(ADDONS), version),
  components: z.record(z.enum([...COMPONENTS, ...ADDONS]), component),
});

export type GoTable = z.output<typeof schema>;

/** Where the pinned modules are: a directory COMPONENT-VERSION each. */
export const PINS_DIR = join(PACKAGE_ROOT, 'data', 'go');

let loaded: GoTable | undefined;

/** `data/go/components.yaml`: what is built from Go modules, and which versions belong together. Read once. */
export function goTable(): GoTable {
  // Every scalar is text: versions such as 3.10 must not become numbers.
  loaded ??= schema.parse(parse(readFileSync(join(PINS_DIR, 'components.yaml'), 'utf8'), { schema: 'failsafe' }));
  return loaded;
}

/**
 * The Kubernetes release to build: `1.36` is the newest patch of that minor that can be built, nothing is the default.
 *
 * @throws InputError that names what can be built.
 */
export function goRelease(asked: string | undefined): string {
  const { releases, default: usual } = goTable();
  if (asked === undefined) return usual;
  const wanted = asked.replace(/^v/, '');
  const known = Object.keys(releases).sort(newestFirst);
  const found = known.find((v) => v === wanted || v.startsWith(`${wanted}.`));
  if (found !== undefined && wanted.includes('.')) return found;
  throw new InputError({
    what: `Kubernetes ${asked} cannot be built from Go modules`,
    why: 'Its modules are not pinned',
    fix: `Choose one of ${known.join(', ')}`,
  });
}

function newestFirst(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}
