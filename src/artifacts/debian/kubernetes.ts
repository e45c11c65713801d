import { access, cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.js';
import type { BuildContext } from '../build/context.js';
import { runInRoot } from '../build/process.js';
import { removeTree } from '../build/work.js';
import { builderDir } from './chroots.js';

export const KUBE_VERSION = '1.20.2';

/** Release commit and its date, as in upstream's binaries (`kubectl version`). */
const KUBE_COMMIT = 'faecb196815e248d3ecfb03c680a4507229c2a56';
const KUBE_DATE = '1610540412';

export const KUBE_PROGRAMS = [
  'kubeadm',
  'kubelet',
  'kubectl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
] as const;

/** Number of packages that Go compiles; only an estimate for progress. */
const COMPILED_PACKAGES = 2470;

const SOURCE = '/build/kubernetes';
const sourceDir = (ctx: BuildContext) => join(builderDir(ctx), SOURCE);

export const pauseSource = (ctx: BuildContext) => join(sourceDir(ctx), 'build/pause/linux/pause.c');
export const kubeProgram = (ctx: BuildContext, name: (typeof KUBE_PROGRAMS)[number]) =>
  join(sourceDir(ctx), '_output/local/bin/linux', ctx.arch, name);

/** Unpacks Debian's source package (1.20.5+really1.20.2: upstream's 1.20.2 with Debian's security patches). */
export async function unpackSource(ctx: BuildContext): Promise<void> {
  const build = join(builderDir(ctx), 'build');
  const dsc = (await readdir(build)).find((f) => f.startsWith('kubernetes_') && f.endsWith('.dsc'));
  if (!dsc || !(await readFile(join(build, dsc), 'utf8')).includes(`really${KUBE_VERSION}-`)) {
    throw new KubewrightError({
      what: `Debian's source package of kubernetes is not version ${KUBE_VERSION}`,
      where: dsc ?? build,
      fix: 'Point KUBEWRIGHT_DEBIAN_MIRROR to a mirror (or a snapshot) of Debian bookworm',
    });
  }
  await removeTree(sourceDir(ctx));
  // --no-check: apt has checked the hashes against the signed index already.
  await runInRoot(ctx, builderDir(ctx), ['dpkg-source', '--no-check', '-x', `/build/${dsc}`, SOURCE]);
  await replaceReflect2(ctx);
  const gopath = join(sourceDir(ctx), '.go/src/k8s.io');
  await mkdir(gopath, { recursive: true });
  await symlink('../../..', join(gopath, 'kubernetes'));
}

/** The vendored reflect2 panics when built with Go 1.18 or newer (kubeadm writing the kubelet's configuration). */
async function replaceReflect2(ctx: BuildContext): Promise<void> {
  const vendored = join(sourceDir(ctx), 'vendor/github.com/modern-go/reflect2');
  const fixed = join(builderDir(ctx), 'usr/share/gocode/src/github.com/modern-go/reflect2');
  const isCode = (name: string) => /\.(go|s)$/.test(name) && !name.endsWith('_test.go');
  for (const name of (await readdir(vendored)).filter(isCode)) await rm(join(vendored, name));
  for (const name of (await readdir(fixed)).filter(isCode)) await cp(join(fixed, name), join(vendored, name));
  await access(join(vendored, 'go_above_118.go'));
}

/** In GOPATH mode, as debian/rules does. Go's cache stays, so a killed build resumes. */
export async function compile(ctx: BuildContext): Promise<void> {
  const [major, minor] = KUBE_VERSION.split('.');
  const env = {
    HOME: '/build/home',
    GOPATH: `${SOURCE}/.go`,
    GOFLAGS: '-v',
    CGO_ENABLED: '0',
    // Without these kubeadm doesn't know its version and refuses to work.
    KUBE_GIT_VERSION: `v${KUBE_VERSION}`,
    KUBE_GIT_MAJOR: major ?? '',
    KUBE_GIT_MINOR: minor ?? '',
    KUBE_GIT_TREE_STATE: 'clean',
    KUBE_GIT_COMMIT: KUBE_COMMIT,
    SOURCE_DATE_EPOCH: KUBE_DATE,
    TMPDIR: '/tmp',
  };
  const what = `WHAT=${KUBE_PROGRAMS.map((p) => `cmd/${p}`).join(' ')}`;
  let packages = 0;
  let told = 0;
  await runInRoot(ctx, builderDir(ctx), ['make', '-C', SOURCE, 'GOLDFLAGS=-s -w', what], {
    env,
    onLine(line) {
      if (!/^(k8s\.io|vendor|github\.com|golang\.org|internal|[a-z]+(\/|$))/.test(line)) return undefined;
      packages++;
      if (Date.now() - told < 2000) return undefined;
      told = Date.now();
      return { text: line.slice(0, 100), done: Math.min(packages, COMPILED_PACKAGES), of: COMPILED_PACKAGES };
    },
  });
}
