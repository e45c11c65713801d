import { join } from 'node:path';
import type { BuildContext } from '../build/context.js';
import { extractRoot } from '../debian/mmdebstrap.js';

/** What kube-proxy and calico-node call, and a shell for debugging. */
const NET = [
  ...['base-files', 'libc6', 'netbase', 'dash', 'coreutils', 'debianutils', 'grep', 'sed', 'procps'],
  ...['iptables', 'nftables', 'ipset', 'conntrack', 'iproute2', 'kmod', 'iputils-ping'],
];

/** Debian roots that images are made of. `net` lies under the other two as a layer of its own. */
export const GO_IMAGE_ROOTS = {
  net: NET,
  haproxy: [...NET, 'haproxy'],
  'calico-node': [...NET, 'runit', 'bird'],
  busybox: ['busybox-static'],
} as const;

export type GoImageRoot = keyof typeof GO_IMAGE_ROOTS;

export const goRootDir = (ctx: BuildContext, name: GoImageRoot) => join(ctx.workDir, `root-${name}`);

export async function makeGoImageRoot(ctx: BuildContext, name: GoImageRoot): Promise<void> {
  await extractRoot(ctx, goRootDir(ctx, name), GO_IMAGE_ROOTS[name]);
}
