import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  accounts,
  alternatives,
  busyboxEntries,
  dir,
  emptyBase,
  link,
  notInImages,
  PATH,
  program,
} from '../build/image-parts.js';
import { run } from '../build/process.js';
import type { BundleImage } from '../bundle-index.js';
import { upstreamVersion } from '../debian/components.js';
import { packagesIn } from '../debian/mmdebstrap.js';
import { type ImageConfig, type ImageOptions, imageId, type Layer, writeDockerArchive, writeLayer } from '../docker-archive.js';
import { describeFile } from '../hash.js';
import type { TarEntry } from '../tar.js';
import { entriesAbove, treeEntries } from '../tree.js';
import { CALICO_NODE_ENV, calicoNodeFiles } from './calico-node.js';
import { goProgramFile } from './compile.js';
import { buildOf, moduleDir, type Packing } from './module-files.js';
import { goRootDir } from './roots.js';
import type { GoComponentName } from './table.js';

const exec = promisify(execFile);

/** What the calico/cni image brings besides Calico's own plugins. */
const CNI_OF_CALICO = ['bandwidth', 'host-local', 'loopback', 'portmap', 'tuning'];

/** An archive holds what the same hosts need: an archive is imported as a whole, and a layer that its images share once. */
type Archive = 'control-plane' | 'node';

interface ImagePlan {
  readonly archive: Archive;
  readonly ref: string;
  readonly config: ImageConfig;
  /** Names of layers, from the bottom up. */
  readonly layers: readonly string[];
}

/** Writes all images into `images/` as two docker-archives. */
export async function writeGoImages(p: Packing): Promise<BundleImage[]> {
  const { ctx } = p;
  await mkdir(join(ctx.outDir, 'images'), { recursive: true });
  await mkdir(join(ctx.workDir, 'layers'), { recursive: true });
  const plans = await imagePlans(p);
  const entries = await layerEntries(p);
  const layers = new Map<string, Layer>();
  const names = [...new Set(plans.flatMap((i) => i.layers))];
  // Two at a time: compressing is work for one core each.
  await Promise.all(
    [0, 1].map(async (lane) => {
      for (let i = lane; i < names.length; i += 2) {
        const name = names[i] ?? '';
        layers.set(name, await writeLayer(join(ctx.workDir, 'layers', `${name}.tar.gz`), entries.get(name) ?? [], ctx.signal));
        ctx.progress(`layer ${name}`);
      }
    }),
  );

  const images: BundleImage[] = [];
  for (const archive of ['control-plane', 'node'] satisfies Archive[]) {
    const inside = plans
      .filter((i) => i.archive === archive)
      .map((i): ImageOptions => {
        const config = { ...i.config, Env: i.config.Env ?? [`PATH=${PATH}`], WorkingDir: i.config.WorkingDir ?? '/' };
        return { ref: i.ref, arch: ctx.arch, config, layers: i.layers.flatMap((l) => layers.get(l) ?? []) };
      });
    const path = `images/${archive}.tar`;
    await writeDockerArchive(join(ctx.outDir, path), inside, ctx.signal);
    const described = await describeFile(ctx.outDir, path);
    for (const image of inside) images.push({ ref: image.ref, ...described, id: imageId(image) });
    ctx.progress(`${path}: ${inside.map((i) => i.ref).join(', ')}`);
  }
  return images;
}

/** Names, entry points and users are those of the projects' own images. */
async function imagePlans({ ctx, plan }: Packing): Promise<ImagePlan[]> {
  const kube = (name: string) => `registry.k8s.io/${name}:v${plan.kubeVersion}`;
  const calico = (name: string) => `quay.io/calico/${name}:v${buildOf(plan, 'calico').version}`;
  const haproxy = await packageVersion(goRootDir(ctx, 'haproxy'), 'haproxy');
  const busybox = await packageVersion(goRootDir(ctx, 'busybox'), 'busybox-static');
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name): ImagePlan => {
      return { archive: 'control-plane', ref: kube(name), config: { Entrypoint: [`/usr/local/bin/${name}`] }, layers: [name] };
    }),
    {
      archive: 'node',
      ref: kube('kube-proxy'),
      config: { Entrypoint: ['/usr/local/bin/kube-proxy'] },
      layers: ['net', 'kube-proxy'],
    },
    { archive: 'node', ref: `registry.k8s.io/pause:${plan.pauseVersion}`, config: { Entrypoint: ['/pause'] }, layers: ['pause'] },
    {
      archive: 'node',
      ref: `registry.k8s.io/coredns/coredns:v${buildOf(plan, 'coredns').version}`,
      config: { Entrypoint: ['/coredns'] },
      layers: ['coredns'],
    },
    {
      archive: 'node',
      ref: calico('node'),
      config: { Cmd: ['start_runit'], Env: [`PATH=${PATH}`, ...CALICO_NODE_ENV] },
      layers: ['net', 'calico-node'],
    },
    {
      archive: 'node',
      ref: calico('cni'),
      config: { Cmd: ['/opt/cni/bin/install'], Env: [`PATH=/opt/cni/bin:${PATH}`], WorkingDir: '/opt/cni/bin' },
      layers: ['calico-cni'],
    },
    {
      archive: 'node',
      ref: calico('kube-controllers'),
      config: { Entrypoint: ['/usr/bin/kube-controllers'], User: '999' },
      layers: ['calico-kube-controllers'],
    },
    {
      archive: 'node',
      ref: `docker.io/library/haproxy:${haproxy}`,
      config: { Cmd: ['haproxy', '-W', '-db', '-f', '/usr/local/etc/haproxy/haproxy.cfg'], StopSignal: 'SIGUSR1' },
      layers: ['net', 'haproxy'],
    },
    { archive: 'node', ref: `docker.io/library/busybox:${busybox}`, config: { Cmd: ['sh'] }, layers: ['busybox'] },
  ];
}

async function layerEntries(p: Packing): Promise<Map<string, TarEntry[]>> {
  const { ctx, plan } = p;
  const built = (component: GoComponentName, name: string, path = `usr/local/bin/${name}`) =>
    program(goProgramFile(ctx, buildOf(plan, component), name), path);
  const root = async (name: Parameters<typeof goRootDir>[1]) => treeEntries(goRootDir(ctx, name), notInImages);
  const net = await root('net');
  // Links that maintainer scripts make.
  const netLayer = [...net, ...accounts(), ...alternatives(), link('usr/bin/which', 'which.debianutils')];
  const above = async (name: 'haproxy' | 'calico-node') => entriesAbove(net, await root(name));
  return new Map<string, TarEntry[]>([
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name): [string, TarEntry[]] => [
      name,
      [...emptyBase(), built('kubernetes', name)],
    ]),
    ['net', netLayer],
    ['kube-proxy', [dir('usr/local/bin'), built('kubernetes', 'kube-proxy')]],
    ['pause', [program(await compilePause(p), 'pause')]],
    ['coredns', [...emptyBase(), built('coredns', 'coredns', 'coredns')]],
    [
      'calico-node',
      [
        ...(await above('calico-node')),
        ...(await calicoNodeFiles(p)),
        // The liveness check calls birdcl, which Debian leaves out; with a command in its arguments birdc does the same.
        link('usr/bin/birdcl', '../sbin/birdc'),
        built('calico', 'calico-node', 'usr/bin/calico-node'),
      ],
    ],
    [
      'calico-cni',
      [
        ...emptyBase(),
        dir('opt'),
        dir('opt/cni'),
        dir('opt/cni/bin'),
        built('calico', 'calico', 'opt/cni/bin/calico'),
        built('calico', 'install', 'opt/cni/bin/install'),
        // One program, told apart by the name it is called by; the installer follows the link.
        link('opt/cni/bin/calico-ipam', 'calico'),
        ...CNI_OF_CALICO.map((name) => built('cni-plugins', name, `opt/cni/bin/${name}`)),
      ],
    ],
    [
      'calico-kube-controllers',
      [
        ...emptyBase(),
        dir('usr/bin'),
        built('calico', 'kube-controllers', 'usr/bin/kube-controllers'),
        built('calico', 'check-status', 'usr/bin/check-status'),
        // The manifest demands a user that is not root; these are what it writes.
        ...owned('profiles', ['mem.pprof', 'cpu.pprof']),
        ...owned('status', ['status.json']),
      ],
    ],
    ['haproxy', [...(await above('haproxy')), ...accounts(['haproxy', 99]), dir('usr/local/etc'), dir('usr/local/etc/haproxy')]],
    ['busybox', await busyboxEntries(join(goRootDir(ctx, 'busybox'), 'bin/busybox'))],
  ]);
}

function owned(path: string, files: readonly string[]): TarEntry[] {
  return [
    dir(path),
    ...files.map((f): TarEntry => ({ type: 'file', path: `${path}/${f}`, mode: 0o644, uid: 999, gid: 999, content: '' })),
  ];
}

/** The flags of the project's own build/pause/Makefile. */
async function compilePause(p: Packing): Promise<string> {
  const out = join(p.ctx.workDir, 'pause');
  const source = join(moduleDir(p, 'kubernetes'), 'build/pause/linux/pause.c');
  const flags = ['-Os', '-Wall', '-Werror', '-static', `-DVERSION=v${p.plan.pauseVersion}`, '-s', '-Wl,--build-id=none'];
  await run(p.ctx, 'gcc', [...flags, '-o', out, source]);
  await exec(out, ['-v']);
  return out;
}

async function packageVersion(root: string, name: string): Promise<string> {
  const found = (await packagesIn(root)).find((d) => d.name === name);
  return upstreamVersion(found?.version ?? '');
}
