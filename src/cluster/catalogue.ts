import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { PACKAGE_ROOT } from '../base/package-root.js';
import { type Checksums, parseChecksums } from './checksums.js';

const byMinor = z.record(z.string(), z.string());
const schema = z.object({
  schema: z.literal(1),
  /** Day of the facts, YYYY-MM-DD. */
  date: z.iso.date(),
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
    }),
  ),
  pairings: z.object({ etcd: byMinor, pause: byMinor, coredns: byMinor }),
  images: z.object({ busybox: z.string(), nginx: z.string(), haproxy: z.string() }),
  addons: z.record(z.string(), z.object({ setting: z.string(), image: z.string(), versions: byMinor })),
});

export type Catalogue = z.output<typeof schema>;

let loaded: Catalogue | undefined;

/** The release catalogue that travels in the package: `data/releases.yaml`. Read once. */
export function catalogue(): Catalogue {
  loaded ??= schema.parse(parse(readFileSync(join(PACKAGE_ROOT, 'data/releases.yaml'), 'utf8')));
  return loaded;
}

const sums = new Map<string, Checksums>();

/** version → CPU (or `noarch`) → sha256 of one of the catalogue's files: `data/checksums/NAME.txt`. Read once. */
export function checksumsOf(name: string): Checksums {
  const known = sums.get(name);
  if (known) return known;
  const read = parseChecksums(readFileSync(join(PACKAGE_ROOT, `data/checksums/${name}.txt`), 'utf8'), name);
  sums.set(name, read);
  return read;
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

export interface FileSource {
  /** A mirror: the URL becomes `{filesRepo}/HOST/PATH`, as kubespray lays its mirrors out. */
  readonly filesRepo?: string;
  /** Checksums of the inventory, which count before the catalogue's. */
  readonly own?: Checksums;
}

/** One downloadable file with its checksum; undefined when no checksum of that version for that CPU is known. */
export function catalogueFile(name: string, version: string, arch: string, source: FileSource = {}): ReleaseFile | undefined {
  const entry = catalogue().files[name];
  if (!entry) return undefined;
  const sha256 = [source.own, checksumsOf(name)].map((c) => c?.get(version)).flatMap((s) => s?.[arch] ?? s?.noarch ?? [])[0];
  if (sha256 === undefined) return undefined;
  const fill = (template: string): string => template.replaceAll('{version}', version).replaceAll('{arch}', arch);
  const url = fill(entry.url);
  const { filesRepo } = source;
  return {
    name,
    version,
    kind: entry.kind,
    sha256,
    url: filesRepo ? `${filesRepo.replace(/\/+$/, '')}/${url.replace(/^https:\/\//, '')}` : url,
    ...(entry.innerDir ? { innerDir: fill(entry.innerDir) } : {}),
  };
}

/** Versions of one of the catalogue's files, newest first. */
export function knownVersions(name: string): string[] {
  return [...checksumsOf(name).keys()].sort(compareVersions).reverse();
}

/** Versions of Kubernetes that can be downloaded, newest first. */
export function knownKubeVersions(): string[] {
  return knownVersions('kubeadm');
}

/** What is installed where the inventory sets no version. */
export function defaultKubeVersion(): string {
  return catalogue().files.kubeadm?.default ?? '';
}

/**
 * The version that `latest` and a minor such as `1.36` stand for: the newest patch of the bundle or of the catalogue.
 * Anything else, and a minor without a known patch, stays as it is.
 */
export function fullKubeVersion(wanted: string, bundled?: string): string {
  const known = bundled === undefined ? knownKubeVersions() : [bundled];
  if (wanted === 'latest') return known[0] ?? wanted;
  return /^\d+\.\d+$/.test(wanted) ? (known.find((v) => v.startsWith(`${wanted}.`)) ?? wanted) : wanted;
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
