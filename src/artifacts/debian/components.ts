import { execFile } from 'node:child_process';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubewrightError } from '../../base/errors.js';
import type { BuildContext } from '../build/context.js';
import { archive, describe, type FilePart, plain } from '../build/files.js';
import { removeTree } from '../build/work.js';
import type { BundleFile } from '../bundle-index.js';
import { type COMPONENT_PACKAGES, debsDir } from './chroots.js';
import { KUBE_VERSION, kubeProgram } from './kubernetes.js';

type ComponentPackage = (typeof COMPONENT_PACKAGES)[number];

const exec = promisify(execFile);

export const unpackedDir = (ctx: BuildContext, name: ComponentPackage) => join(ctx.workDir, 'unpacked', name);

/** Unpacks the binary packages. */
export async function unpackDebs(ctx: BuildContext): Promise<void> {
  await removeTree(join(ctx.workDir, 'unpacked'));
  for (const deb of await readdir(debsDir(ctx))) {
    const dir = join(ctx.workDir, 'unpacked', deb.replace(/_.*/, ''));
    await mkdir(dir, { recursive: true });
    await exec('dpkg-deb', ['-x', join(debsDir(ctx), deb), dir], { signal: ctx.signal });
  }
}

/** Upstream's version number of a package: `1:1.35.0-4+b1` is 1.35.0, `1.6.20~ds1-1` is 1.6.20. */
export function upstreamVersion(debianVersion: string): string {
  const version = /^(?:\d+:)?(\d+(?:\.\d+)+)/.exec(debianVersion)?.[1];
  if (!version) throw new KubewrightError({ what: `No version number in "${debianVersion}"`, fix: 'Report this as a bug' });
  return version;
}

export async function packageVersion(ctx: BuildContext, name: ComponentPackage): Promise<string> {
  const deb = (await readdir(debsDir(ctx))).find((f) => f.startsWith(`${name}_`));
  const { stdout } = await exec('dpkg-deb', ['-f', join(debsDir(ctx), deb ?? name), 'Version']);
  return upstreamVersion(stdout.trim());
}

/** Puts the programs into `files/`, with the layout of their projects' archives. */
export async function writeFiles(ctx: BuildContext): Promise<BundleFile[]> {
  await mkdir(join(ctx.outDir, 'files'), { recursive: true });
  const parts: FilePart[] = [];
  for (const name of ['kubeadm', 'kubelet', 'kubectl'] as const) {
    parts.push(await plain(ctx, name, KUBE_VERSION, kubeProgram(ctx, name)));
  }
  const runc = await packageVersion(ctx, 'runc');
  parts.push(await plain(ctx, 'runc', runc, join(unpackedDir(ctx, 'runc'), 'usr/sbin/runc')));

  const etcd = await packageVersion(ctx, 'etcd-server');
  const etcdDir = `etcd-v${etcd}-linux-${ctx.arch}`;
  const etcdPrograms = [
    join(unpackedDir(ctx, 'etcd-server'), 'usr/bin/etcd'),
    join(unpackedDir(ctx, 'etcd-client'), 'usr/bin/etcdctl'),
  ];
  parts.push(await archive(ctx, { name: 'etcd', version: etcd, file: etcdDir, innerDir: etcdDir }, etcdPrograms));

  const containerd = await packageVersion(ctx, 'containerd');
  const bin = join(unpackedDir(ctx, 'containerd'), 'usr/bin');
  const named = { name: 'containerd', version: containerd, file: `containerd-${containerd}-linux-${ctx.arch}`, innerDir: 'bin' };
  parts.push(await archive(ctx, named, await filesIn(bin)));

  const cni = await packageVersion(ctx, 'containernetworking-plugins');
  const plugins = await filesIn(join(unpackedDir(ctx, 'containernetworking-plugins'), 'usr/lib/cni'));
  parts.push(await archive(ctx, { name: 'cni-plugins', version: cni, file: `cni-plugins-linux-${ctx.arch}-v${cni}` }, plugins));

  return describe(ctx, parts);
}

async function filesIn(dir: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await readdir(dir)).sort()) if ((await stat(join(dir, name))).isFile()) files.push(join(dir, name));
  return files;
}
