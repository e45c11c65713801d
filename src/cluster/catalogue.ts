import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { PACKAGE_ROOT } from '../base/package-root.js';

const schema = z.object({
  schema: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      url: z.string(),
      kind: z.enum(['binary', 'tar.gz', 'yaml']),
      innerDir: z.string().optional(),
      default: z.string(),
      /** Setting that chooses another version. */
      setting: z.string().optional(),
      /** What the version depends on where the setting is not set; absent: it is the default. */
      follows: z.enum(['kubernetes', 'pairings']).optional(),
      versions: z.record(z.string(), z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))),
    }),
  ),
  pairings: z.object({
    etcd: z.record(z.string(), z.string()),
    pause: z.record(z.string(), z.string()),
  }),
  images: z.object({ nginx: z.string(), haproxy: z.string() }),
});

export type Catalogue = z.output<typeof schema>;

let loaded: Catalogue | undefined;

/** The release catalogue that travels in the package: `data/releases.yaml`. Read once. */
export function catalogue(): Catalogue {
  loaded ??= schema.parse(parse(readFileSync(join(PACKAGE_ROOT, 'data/releases.yaml'), 'utf8')));
  return loaded;
}

/** A file of a release, with what makes it trustworthy and how to unpack it. */
export interface ReleaseFile {
  readonly name: string;
  readonly version: string;
  readonly kind: 'binary' | 'tar.gz' | 'yaml';
  readonly sha256: string;
  readonly url: string;
  /** Directory inside the archive that holds the binaries; absent: its top. */
  readonly innerDir?: string;
}

/**
 * One downloadable file with its checksum; undefined when the catalogue does not know that version for that CPU.
 *
 * @param filesRepo a mirror: the URL becomes `{filesRepo}/HOST/PATH`, as kubespray lays its mirrors out.
 */
export function catalogueFile(name: string, version: string, arch: string, filesRepo?: string): ReleaseFile | undefined {
  const entry = catalogue().files[name];
  const sums = entry?.versions[version];
  const sha256 = sums?.[arch] ?? sums?.noarch;
  if (!entry || !sha256) return undefined;
  const fill = (template: string): string => template.replaceAll('{version}', version).replaceAll('{arch}', arch);
  const url = fill(entry.url);
  return {
    name,
    version,
    kind: entry.kind,
    sha256,
    url: filesRepo ? `${filesRepo.replace(/\/+$/, '')}/${url.replace(/^https:\/\//, '')}` : url,
    ...(entry.innerDir ? { innerDir: fill(entry.innerDir) } : {}),
  };
}

/** Versions of Kubernetes that can be downloaded, newest first. */
export function knownKubeVersions(): string[] {
  return Object.keys(catalogue().files.kubeadm?.versions ?? {})
    .sort(compareVersions)
    .reverse();
}

export function newestKubeVersion(): string {
  return catalogue().files.kubeadm?.default ?? knownKubeVersions()[0] ?? '';
}

/** Orders `1.9.2` before `1.10.0`. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
