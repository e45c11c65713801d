import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from './hash.js';
import type { TarEntry } from './tar.js';

/**
 * The files, directories and links below a directory as archive entries, sorted by path, owners as they are.
 * Devices and sockets are skipped. `skip` selects paths to leave out, with all below them.
 */
export async function treeEntries(root: string, skip: (path: string) => boolean = () => false): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  async function walk(folder: string): Promise<void> {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = folder ? `${folder}/${name}` : name;
      if (skip(path)) continue;
      const file = join(root, path);
      const info = await lstat(file);
      const common = { path, mode: info.mode & 0o7777, uid: info.uid, gid: info.gid };
      if (info.isDirectory()) {
        entries.push({ ...common, type: 'directory' });
        await walk(path);
      } else if (info.isSymbolicLink()) entries.push({ ...common, type: 'symlink', target: await readlink(file) });
      else if (info.isFile()) entries.push({ ...common, type: 'file', source: file });
    }
  }
  await walk('');
  return entries;
}

/** The entries of `upper` that a layer above `lower` must contain: new and changed ones. */
export async function entriesAbove(lower: readonly TarEntry[], upper: readonly TarEntry[]): Promise<TarEntry[]> {
  const below = new Map(lower.map((e) => [e.path, e]));
  const above: TarEntry[] = [];
  for (const entry of upper) {
    const old = below.get(entry.path);
    if (!old || (await identity(old)) !== (await identity(entry))) above.push(entry);
  }
  return above;
}

async function identity(e: TarEntry): Promise<string> {
  const common = [e.type, e.mode, e.uid ?? 0, e.gid ?? 0];
  if (e.type === 'symlink') return [...common, e.target].join(' ');
  if (e.type === 'directory') return common.join(' ');
  return [...common, 'source' in e ? await hashFile(e.source) : e.content.toString()].join(' ');
}
