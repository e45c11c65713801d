import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError } from '../base/errors.js';
import { type BundleFile, type BundleImage, type BundleIndex, INDEX_FILE, readBundleIndex } from './bundle-index.js';
import { hashFile } from './hash.js';
import { unpackTar } from './unpack.js';

/** An opened bundle. Paths are valid until `close`. */
export interface Bundle {
  readonly dir: string;
  readonly index: BundleIndex;
  readonly images: readonly BundleImage[];
  /** Absolute path of a file or an image on this machine. */
  pathOf(entry: { readonly path: string }): string;
  /** By name (and version, when given; without a leading `v`). */
  findFile(name: string, version?: string): BundleFile | undefined;
  /** Removes what was unpacked; a bundle that is a directory stays. May be called twice. */
  close(): Promise<void>;
}

export interface OpenBundleOptions {
  /** Where a tar is unpacked; default: the system's directory for temporary files. */
  readonly cacheDir?: string;
}

/**
 * Opens a bundle: a directory with `index.json`, or a `.tar`, `.tar.gz` or `.tgz` of such a directory.
 * Reads the index only; `verifyBundle` reads everything.
 * @throws InputError if there is none, its index is invalid, or the tar has a path or a link that leads out of it.
 */
export async function openBundle(path: string, options: OpenBundleOptions = {}): Promise<Bundle> {
  const where = resolve(path);
  const info = await stat(where).catch(() => undefined);
  if (!info) {
    throw new InputError({
      what: 'There is no bundle',
      where,
      fix: 'Check the path, or build a bundle first: kubewright bundle build',
    });
  }
  if (info.isDirectory()) return bundleIn(where, async () => {});
  const dir = await mkdtemp(join(options.cacheDir ?? tmpdir(), 'kubewright-bundle-'));
  const close = () => rm(dir, { recursive: true, force: true });
  try {
    await unpackTar(where, dir);
    return await bundleIn(await topOf(dir), close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function bundleIn(dir: string, close: () => Promise<void>): Promise<Bundle> {
  const index = await readBundleIndex(dir);
  return {
    dir,
    index,
    images: index.images,
    pathOf: (entry) => join(dir, entry.path),
    findFile: (name, version) => index.files.find((f) => f.name === name && (version === undefined || f.version === version)),
    close,
  };
}

/** `tar -C parent bundle` puts one directory at the top: then the bundle is that directory. */
async function topOf(dir: string): Promise<string> {
  const names = await readdir(dir);
  const only = names[0];
  return names.length === 1 && only !== undefined && only !== INDEX_FILE ? join(dir, only) : dir;
}

/** An entry of a bundle that differs from its index. */
export interface BundleProblem {
  readonly path: string;
  readonly what: string;
}

export interface VerifyOptions {
  /** After each file; `done` and `of` are bytes. */
  readonly onProgress?: (p: { readonly path: string; readonly done: number; readonly of: number }) => void;
  readonly signal?: AbortSignal;
}

/** Checks size and SHA-256 of every file and image. Empty: the bundle is intact. */
export async function verifyBundle(bundle: Bundle, options: VerifyOptions = {}): Promise<BundleProblem[]> {
  // Images may share an archive.
  const entries = [...new Map([...bundle.index.files, ...bundle.index.images].map((e) => [e.path, e])).values()];
  const of = entries.reduce((sum, e) => sum + e.size, 0);
  const problems: BundleProblem[] = [];
  let done = 0;
  for (const entry of entries) {
    options.signal?.throwIfAborted();
    const what = await problemOf(bundle.pathOf(entry), entry);
    if (what) problems.push({ path: entry.path, what });
    done += entry.size;
    options.onProgress?.({ path: entry.path, done, of });
  }
  return problems;
}

async function problemOf(file: string, entry: { readonly size: number; readonly sha256: string }): Promise<string | undefined> {
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return 'is missing';
  if (info.size !== entry.size) return `has ${info.size} bytes instead of ${entry.size}`;
  const actual = await hashFile(file);
  return actual === entry.sha256 ? undefined : `has SHA-256 ${actual} instead of ${entry.sha256}`;
}
