import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processesIn } from '../../box/cgroups.js';
import { exec } from '../../box/exec.js';
import { PLAIN_FOLDERS } from '../../box/paths.js';
import type { WritableSnapshots } from './records.js';

const BLOBS = 'containerd/io.containerd.content.v1.content/blobs';
const SNAPSHOTS = 'containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';

/**
 * Copies the PLAIN_FOLDERS of a machine that is off. The blobs of containerd's content store and the layers of images are never
 * written to: they become hard links, and with a file system that can share blocks the rest costs nothing either. What a
 * container writes to, and all else, is copied.
 */
export async function copyPlain(from: string, to: string, writable: WritableSnapshots, signal?: AbortSignal): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const folders = PLAIN_FOLDERS.map((f) => join(from, f));
  await exec(['cp', '--archive', '--link', ...folders, to], { signal });
  // --parents follows the links of directories' modes and owners as well.
  const copy = ['cp', '--archive', '--parents', '--remove-destination', '--reflink=auto', `--target-directory=${to}`];
  const script = `cd "$1" && shift && ${findCopied(writable)} -print0 | xargs -0 --no-run-if-empty "$@"`;
  await exec(['bash', '-o', 'pipefail', '-c', script, 'bash', from, ...copy], { signal });
}

/** What `copyPlain` would occupy, in bytes. */
export async function copySize(from: string, writable: WritableSnapshots): Promise<number> {
  // Files of a running machine may vanish meanwhile.
  const script = `cd "$1" && { ${findCopied(writable)} -printf '%k\\n' 2>/dev/null || true; } | awk '{ k += $1 } END { printf "%d", k * 1024 }'`;
  return Number(await exec(['sh', '-c', script, 'sh', from]));
}

function findCopied(writable: WritableSnapshots): string {
  const layers =
    writable === 'unknown'
      ? []
      : ['-o', '\\(', `-path '${SNAPSHOTS}/*/fs'`, ...writable.map((n) => `! -path '${SNAPSHOTS}/${n}/fs'`), '\\)'];
  return ['find', ...PLAIN_FOLDERS, '\\(', `-path '${BLOBS}'`, ...layers, '\\)', '-prune', '-o', '-type f'].join(' ');
}

/** The snapshots that containers of a running machine write to: the upper layers of overlays, in any of its mount namespaces. */
export async function writableSnapshots(cgroups: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const pid of await processesIn(cgroups)) {
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''); // it may end meanwhile
    for (const m of mounts.matchAll(/[ ,]upperdir=\/var\/lib\/containerd\/\S*?\/snapshots\/(\d+)\/fs/g)) found.add(m[1] ?? '');
  }
  return [...found].sort();
}
