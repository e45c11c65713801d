import { join } from 'node:path';
import type { BuildContext } from '../build/context.js';
import { extractRoot, mmdebstrap } from './mmdebstrap.js';

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

export async function makeImageRoot(ctx: BuildContext, name: ImageRoot): Promise<void> {
  await extractRoot(ctx, rootDir(ctx, name), IMAGE_ROOTS[name]);
}
