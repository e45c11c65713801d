import { access, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';

/** @throws KubewrightError that names the Debian packages to install. */
export async function needTools(tools: readonly string[], packages: readonly string[]): Promise<void> {
  for (const tool of tools) {
    const found = await Promise.any(['/usr/bin', '/bin', '/usr/sbin'].map((d) => access(join(d, tool)))).then(
      () => true,
      () => false,
    );
    if (found) continue;
    throw new KubewrightError({
      what: `${tool} is not installed on this host`,
      why: 'The build uses it',
      fix: `apt-get install --no-install-recommends ${packages.join(' ')}`,
    });
  }
}

export interface DiskNeed {
  /** May not exist yet: the file system of the nearest directory above it counts. */
  readonly path: string;
  readonly bytes: number;
}

/** Needs on the same file system add up. @throws KubewrightError for the first file system that is too full. */
export async function needDisk(needs: readonly DiskNeed[]): Promise<void> {
  const disks = new Map<number, { where: string; wanted: number; free: number }>();
  for (const { path, bytes } of needs) {
    const { where, id, free } = await fileSystemOf(path);
    const disk = disks.get(id);
    disks.set(id, { where: disk?.where ?? where, wanted: (disk?.wanted ?? 0) + bytes, free });
  }
  for (const { where, wanted, free } of disks.values()) {
    if (free >= wanted) continue;
    throw new KubewrightError({
      what: `${gigabytes(wanted)} GB of free disk space are needed, ${gigabytes(free)} GB are available`,
      where: wholeFile(where),
      fix: 'Free some space, or choose a directory on another disk (-o, KUBEWRIGHT_CACHE; for Go: GOCACHE, GOMODCACHE)',
    });
  }
}

async function fileSystemOf(path: string): Promise<{ where: string; id: number; free: number }> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return fileSystemOf(dirname(path));
  const { bavail, bsize } = await statfs(path);
  return { where: path, id: info.dev, free: bavail * bsize };
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
