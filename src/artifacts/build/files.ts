import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleFile } from '../bundle-index.js';
import { describeFile } from '../hash.js';
import { type TarEntry, writeTar } from '../tar.js';
import type { BuildContext } from './context.js';

/** A file of a bundle before its checksum is known. */
export type FilePart = Omit<BundleFile, 'sha256' | 'size' | 'arch'>;

/** Adds size and checksum. */
export async function describe(ctx: BuildContext, parts: readonly FilePart[]): Promise<BundleFile[]> {
  const files: BundleFile[] = [];
  for (const part of parts) files.push({ ...part, arch: ctx.arch, ...(await describeFile(ctx.outDir, part.path)) });
  return files;
}

/** A program as it is. */
export async function plain(ctx: BuildContext, name: string, version: string, program: string): Promise<FilePart> {
  ctx.progress(`${name} ${version}`);
  const path = `files/${name}-${version}-linux-${ctx.arch}`;
  await copyFile(program, join(ctx.outDir, path));
  return { name, version, path, kind: 'binary' };
}

export interface ArchiveName {
  readonly name: string;
  readonly version: string;
  /** Without `.tar.gz`. */
  readonly file: string;
  readonly innerDir?: string;
}

/** Programs in the layout of the archive that their project publishes. */
export async function archive(ctx: BuildContext, a: ArchiveName, programs: readonly string[]): Promise<FilePart> {
  ctx.progress(`${a.name} ${a.version}`);
  const { name, version, innerDir } = a;
  const path = `files/${a.file}.tar.gz`;
  const entries: TarEntry[] = innerDir ? [{ type: 'directory', path: innerDir, mode: 0o755 }] : [];
  for (const source of programs) {
    const base = source.replace(/.*\//, '');
    entries.push({ type: 'file', path: innerDir ? `${innerDir}/${base}` : base, mode: 0o755, source });
  }
  await writeTar(join(ctx.outDir, path), entries, { gzip: true, signal: ctx.signal });
  return { name, version, path, kind: 'tar.gz', innerDir };
}
