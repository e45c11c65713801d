import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext } from '../build/context.js';
import { run } from '../build/process.js';
import { removeTree } from '../build/work.js';
import { aptAcquireOptions, debianSources, SUITE } from './apt.js';

/**
 * Unpacked packages only: no maintainer script runs, so images need no package manager, and equal packages give an
 * equal root. The packages stay in its /var/cache/apt/archives (see `packagesIn`).
 */
export async function extractRoot(ctx: BuildContext, root: string, packages: readonly string[]): Promise<void> {
  await mmdebstrap(ctx, root, [
    '--variant=extract',
    `--include=${packages.join(',')}`,
    '--skip=cleanup/apt/cache',
    // Otherwise /bin and /lib would be directories beside /usr/bin and /usr/lib.
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
  ]);
}

/** What a root of `extractRoot` was made of: package names and their versions, sorted. */
export async function packagesIn(root: string): Promise<{ name: string; version: string }[]> {
  const files = await readdir(join(root, 'var/cache/apt/archives'));
  return files
    .filter((f) => f.endsWith('.deb'))
    .sort()
    .map(packageOfFile);
}

/** `kmod_30+20221128-1_amd64.deb`; apt writes the colon of an epoch as %3a. */
export function packageOfFile(file: string): { name: string; version: string } {
  const [name = '', version = ''] = decodeURIComponent(file).split('_');
  return { name, version };
}

/** Builds a root of Debian bookworm with this host's mirrors, proxies and credentials for apt. */
export async function mmdebstrap(ctx: BuildContext, root: string, options: readonly string[]): Promise<void> {
  await removeTree(root);
  const aptConf = join(ctx.workDir, 'apt.conf');
  await writeFile(aptConf, await aptAcquireOptions(), { mode: 0o600 });
  // Files, because a mirror's URI and a proxy's may contain a password, and every user can see arguments.
  const sources = join(ctx.workDir, 'sources.list');
  await writeFile(sources, `${(await debianSources()).join('\n')}\n`, { mode: 0o600 });
  const auth = await readdir('/etc/apt/auth.conf.d').catch(() => []);
  await mkdir(ctx.tmpDir, { recursive: true });
  await run(
    ctx,
    'mmdebstrap',
    [
      '--mode=root',
      `--architectures=${ctx.arch}`,
      `--aptopt=${aptConf}`,
      ...['man', 'doc', 'locale', 'info'].map((d) => `--dpkgopt=path-exclude=/usr/share/${d}/*`),
      ...(auth.length > 0 ? ['--setup-hook=copy-in /etc/apt/auth.conf.d /etc/apt'] : []),
      ...options,
      SUITE,
      root,
      sources,
    ],
    { onLine: (line) => (line.startsWith('I: ') ? { text: line.slice(3, 120) } : undefined) },
  );
}
