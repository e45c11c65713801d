import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuildContext } from '../build/context.js';
import {
  accounts,
  alternatives,
  busyboxEntries,
  dir,
  emptyBase,
  imageFileName,
  notInImages,
  PATH,
  program,
} from '../build/image-parts.js';
import { runInRoot } from '../build/process.js';
import type { BundleImage } from '../bundle-index.js';
import { type ImageConfig, imageId, type Layer, writeDockerArchive, writeLayer } from '../docker-archive.js';
import { describeFile } from '../hash.js';
import type { TarEntry } from '../tar.js';
import { entriesAbove, treeEntries } from '../tree.js';
import { builderDir, rootDir } from './chroots.js';
import { packageVersion, unpackedDir, upstreamVersion } from './components.js';
import { KUBE_VERSION, kubeProgram, pauseSource } from './kubernetes.js';

const exec = promisify(execFile);

/** Version that kubeadm 1.20 asks for. */
const PAUSE_VERSION = '3.2';

/** Writes all images into `images/` as docker-archives. */
export async function writeImages(ctx: BuildContext): Promise<BundleImage[]> {
  await mkdir(join(ctx.outDir, 'images'), { recursive: true });
  await mkdir(join(ctx.workDir, 'layers'), { recursive: true });
  const images: BundleImage[] = [];
  async function add(ref: string, config: ImageConfig, layers: readonly Layer[]): Promise<void> {
    const path = `images/${imageFileName(ref)}.tar`;
    const full: ImageConfig = { ...config, Env: [`PATH=${PATH}`], WorkingDir: '/' };
    const image = { ref, arch: ctx.arch, config: full, layers };
    await writeDockerArchive(join(ctx.outDir, path), [image], ctx.signal);
    images.push({ ref, ...(await describeFile(ctx.outDir, path)), id: imageId(image) });
    ctx.progress(ref);
  }

  const base = await treeEntries(rootDir(ctx, 'base'), notInImages);
  const baseLayer = await layer(ctx, 'base', [...base, ...accounts()]);

  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
    const entries = [...emptyBase(), program(kubeProgram(ctx, name), `usr/local/bin/${name}`)];
    await add(kubeRef(name), { Entrypoint: [`/usr/local/bin/${name}`] }, [await layer(ctx, name, entries)]);
  }

  const proxyRoot = await entriesAbove(base, await treeEntries(rootDir(ctx, 'kube-proxy'), notInImages));
  const proxyTools = await layer(ctx, 'kube-proxy-tools', [...proxyRoot, ...alternatives()]);
  const proxy = await layer(ctx, 'kube-proxy', [
    dir('usr/local/bin'),
    program(kubeProgram(ctx, 'kube-proxy'), 'usr/local/bin/kube-proxy'),
  ]);
  await add(kubeRef('kube-proxy'), { Entrypoint: ['/usr/local/bin/kube-proxy'] }, [baseLayer, proxyTools, proxy]);

  const pause = await layer(ctx, 'pause', [program(await compilePause(ctx), 'pause')]);
  await add(`k8s.gcr.io/pause:${PAUSE_VERSION}`, { Entrypoint: ['/pause'] }, [pause]);

  const haproxyVersion = await haproxyVersionIn(rootDir(ctx, 'haproxy'));
  const haproxyRoot = await entriesAbove(base, await treeEntries(rootDir(ctx, 'haproxy'), notInImages));
  const haproxy = await layer(ctx, 'haproxy', [
    ...haproxyRoot.filter((e) => !/^etc\/(passwd|group)$/.test(e.path)),
    ...accounts(['haproxy', 99]),
    dir('usr/local/etc'),
    dir('usr/local/etc/haproxy'),
  ]);
  // As in the image of the same name on Docker Hub.
  const command = ['haproxy', '-W', '-db', '-f', '/usr/local/etc/haproxy/haproxy.cfg'];
  await add(`docker.io/library/haproxy:${haproxyVersion}`, { Cmd: command, StopSignal: 'SIGUSR1' }, [baseLayer, haproxy]);

  const busybox = await layer(ctx, 'busybox', await busyboxEntries(join(unpackedDir(ctx, 'busybox-static'), 'bin/busybox')));
  await add(`docker.io/library/busybox:${await packageVersion(ctx, 'busybox-static')}`, { Cmd: ['sh'] }, [busybox]);
  return images;
}

const kubeRef = (name: string) => `k8s.gcr.io/${name}:v${KUBE_VERSION}`;

async function layer(ctx: BuildContext, name: string, entries: readonly TarEntry[]): Promise<Layer> {
  ctx.progress(`layer ${name}`);
  return writeLayer(join(ctx.workDir, 'layers', `${name}.tar.gz`), entries, ctx.signal);
}

/** The flags of upstream's build/pause/Makefile. */
async function compilePause(ctx: BuildContext): Promise<string> {
  const inRoot = (path: string) => path.slice(builderDir(ctx).length);
  const out = join(builderDir(ctx), 'build/pause');
  const flags = ['-Os', '-Wall', '-Werror', '-static', `-DVERSION=v${PAUSE_VERSION}`, '-s'];
  const argv = ['gcc', ...flags, '-o', inRoot(out), inRoot(pauseSource(ctx))];
  await runInRoot(ctx, builderDir(ctx), argv, { env: { TMPDIR: '/tmp' } });
  return out;
}

/** From the program itself: unpacked packages are not in any list. Also proves that it starts in its root. */
async function haproxyVersionIn(root: string): Promise<string> {
  const { stdout } = await exec('chroot', [root, '/usr/sbin/haproxy', '-v']);
  return upstreamVersion(/version (\S+)/.exec(stdout)?.[1] ?? '');
}
