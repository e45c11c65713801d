import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../base/errors.js';
import { hasCode, ioReason } from '../base/io-error.js';
import { wholeFile } from '../base/place.js';

/**
 * The index of an offline bundle: everything that the nodes would otherwise download, in one directory.
 * `index.json` is at its top; every `path` is relative to the directory and stays inside it.
 */
export const INDEX_FILE = 'index.json';

const relativePath = z
  .string()
  .min(1)
  .refine(isInside, { message: 'must be a relative path that stays inside the bundle (no "..", no leading "/")' });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { message: 'must be 64 lower-case hexadecimal digits' });
const version = z.string().regex(/^[0-9]/, { message: 'must begin with a digit (no leading "v")' });
const bytes = z.number().int().nonnegative();

const bundleFile = z.object({
  /** kubeadm, kubelet, kubectl, etcd, containerd, runc, cni-plugins. */
  name: z.string().min(1),
  version,
  arch: z.string().min(1),
  path: relativePath,
  sha256,
  size: bytes,
  /** `binary`: the executable itself; `tar.gz`: an archive with the layout that its project publishes. */
  kind: z.enum(['binary', 'tar.gz']),
  /** Directory inside the archive that holds the executables; absent: its top. */
  innerDir: z.string().min(1).refine(isInside, { message: 'must stay inside the archive' }).optional(),
});

const bundleImage = z.object({
  /** Full reference with registry and tag, as the container runtime will know it. */
  ref: z.string().min(1),
  /** A docker-archive tar (`docker save`); its layers may be gzipped. Images that share layers may share one. */
  path: relativePath,
  sha256,
  size: bytes,
  /** The image's ID as `crictl images` shows it, `sha256:…`: tells an image that a host has already. */
  id: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { message: 'must be sha256: and 64 lower-case hexadecimal digits' })
    .optional(),
});

/** What the contents were built from. */
const sources = z.object({
  /** As `go version` says it: go1.26.8. */
  go: z.string().optional(),
  /** Of the programs that need a C compiler. */
  gcc: z.string().optional(),
  /** Go modules, each with the checksum that the Go checksum database knows, and the programs that were built from it. */
  modules: z.array(
    z.object({ name: z.string(), module: z.string(), version: z.string(), sum: z.string(), programs: z.array(z.string()) }),
  ),
  /** Debian packages, name and version. */
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
});

const components = z
  .object({ etcd: version, containerd: version, runc: version, cni: version, haproxy: version })
  .partial()
  .catchall(version.optional());

const bundleIndexSchema = z.object({
  schema: z.literal(1),
  name: z.string().min(1),
  kubeVersion: version,
  arch: z.string().min(1),
  /** Where the contents come from, for people. */
  origin: z.string(),
  createdAt: z.iso.datetime(),
  components,
  sources: sources.optional(),
  /** What the contents cannot do, for people. */
  limits: z.array(z.string()).optional(),
  /** Checksum of how it was built; a build of another recipe is not the same bundle. */
  recipe: z.string().optional(),
  /** Add-ons that were put into it, with the checksum of how each was built. */
  addons: z.record(z.string(), z.string()).optional(),
  files: z.array(bundleFile),
  images: z.array(bundleImage),
});

export type BundleIndex = Readonly<z.infer<typeof bundleIndexSchema>>;
export type BundleFile = Readonly<z.infer<typeof bundleFile>>;
export type BundleSources = Readonly<z.infer<typeof sources>>;
export type BundleImage = Readonly<z.infer<typeof bundleImage>>;

/** @throws InputError naming the field when the text is not a valid index. `where` is the file, for messages. */
export function parseBundleIndex(text: string, where: string): BundleIndex {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new InputError({
      what: 'The bundle index is not JSON',
      where,
      why: ioReason(cause),
      fix: REBUILD,
      cause,
    });
  }
  const parsed = bundleIndexSchema.safeParse(raw);
  if (!parsed.success) {
    const why = parsed.error.issues.map((i) => `${i.path.join('.') || '(top)'}: ${i.message}`).join('\n');
    throw new InputError({ what: 'The bundle index is invalid', where, why, fix: REBUILD });
  }
  return parsed.data;
}

/** Reads `index.json` of an unpacked bundle. @throws InputError if it is missing or invalid. */
export async function readBundleIndex(dir: string): Promise<BundleIndex> {
  const file = join(dir, INDEX_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const missing = hasCode(cause, 'ENOENT');
    throw new InputError({
      what: missing ? `This is not a bundle: it has no ${INDEX_FILE}` : 'The bundle index cannot be read',
      where: wholeFile(file),
      why: missing ? undefined : ioReason(cause),
      fix: 'Pass the directory that `bundle build` made, or its .tar or .tar.gz',
      cause,
    });
  }
  return parseBundleIndex(text, file);
}

/** Writes `index.json`, validated like one that is read. */
export async function writeBundleIndex(dir: string, index: BundleIndex): Promise<void> {
  const file = join(dir, INDEX_FILE);
  const text = `${JSON.stringify(index, null, 2)}\n`;
  parseBundleIndex(text, file);
  // A run may be reading the one that is there.
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** Whether a relative path from an index or an archive stays inside its directory. */
export function isInside(path: string): boolean {
  return !path.startsWith('/') && !path.includes('\0') && !path.includes('\\') && !path.split('/').includes('..');
}

const REBUILD = 'Build or copy the bundle again; a copy can be checked against the original with sha256sum';
