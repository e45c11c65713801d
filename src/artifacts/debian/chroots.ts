import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aptAcquireOptions, debianSources, SUITE } from './apt.js';
import type { BuildContext } from './context.js';
import { run } from './process.js';
import { removeTree } from './work.js';

/** The binary packages whose programs go into the bundle. Unpacked, never installed. */
export const COMPONENT_PACKAGES = [
  'etcd-server',
  'etcd-client',
  'containerd',
  'runc',
  'containernetworking-plugins',
  'busybox-static',
] as const;

const BUILD_PACKAGES = [
  'build-essential',
  'dpkg-dev',
  'golang-go',
  'golang-github-modern-go-reflect2-dev',
  'rsync',
  'jq',
  'file',
  'ca-certificates',
];

const BASE_PACKAGES = ['base-files', 'libc6', 'dash', 'busybox-static', 'netbase'];

/** Debian roots that images are made of: `base` is a separate layer below the other two. */
export const IMAGE_ROOTS = {
  base: BASE_PACKAGES,
  'kube-proxy': [...BASE_PACKAGES, 'iptables', 'conntrack', 'kmod'],
  haproxy: [...BASE_PACKAGES, 'haproxy'],
} as const;

export type ImageRoot = keyof typeof IMAGE_ROOTS;

export const builderDir = (ctx: BuildContext) => join(ctx.workDir, 'builder');
export const debsDir = (ctx: BuildContext) => join(builderDir(ctx), 'build', 'debs');
export const rootDir = (ctx: BuildContext, name: ImageRoot) => join(ctx.workDir, `root-${name}`);

/** A root with Go and a compiler; in its /build the source package of Kubernetes and the binary packages. */
export async function makeBuilder(ctx: BuildContext): Promise<void> {
  // In hooks "$1" is the new root; apt there is this machine's own, so its CAs and proxies apply.
  const apt = 'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq';
  await mmdebstrap(ctx, builderDir(ctx), [
    '--variant=apt',
    `--include=${BUILD_PACKAGES.join(',')}`,
    '--setup-hook=mkdir -p "$1/build/debs"',
    `--customize-hook=cd "$1/build" && ${apt} source --download-only kubernetes`,
    `--customize-hook=cd "$1/build/debs" && ${apt} download ${COMPONENT_PACKAGES.join(' ')}`,
  ]);
}

/** Unpacked packages only: no maintainer script runs, so images need no package manager. */
export async function makeImageRoot(ctx: BuildContext, name: ImageRoot): Promise<void> {
  await mmdebstrap(ctx, rootDir(ctx, name), [
    '--variant=extract',
    `--include=${IMAGE_ROOTS[name].join(',')}`,
    // Otherwise /bin and /lib would be directories beside /usr/bin and /usr/lib.
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
  ]);
}

async function mmdebstrap(ctx: BuildContext, root: string, options: readonly string[]): Promise<void> {
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
