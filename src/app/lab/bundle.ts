import { openBundle, verifyBundle } from '../../artifacts/bundle.js';
import type { BundleIndex } from '../../artifacts/bundle-index.js';
import { BUNDLE_BUILD_PACKAGES, buildDebianBundle, debianBundleDir } from '../../artifacts/debian/build.js';
import { requireRoot } from '../../base/root.js';
import { reported } from '../../ui/stages/create-reporter.js';
import type { StageReporter } from '../../ui/stages/reporter.js';
import { interruptions } from '../connect/interrupt.js';
import { ensureDebianPackages } from './debian-packages.js';

/** Where this machine keeps what can be rebuilt. */
export function cacheDir(): string {
  return process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright';
}

/** Builds the bundle of Kubernetes 1.20.2 from Debian's packages, unless it exists and is intact. */
export async function makeDebianBundle(outDir: string, report: StageReporter): Promise<BundleIndex> {
  const say = (text: string): void => report.say(text);
  await ensureDebianPackages(BUNDLE_BUILD_PACKAGES, 'to build the offline bundle', say);
  const interrupt = interruptions(say);
  let last: string | undefined;
  const onProgress = (e: { readonly stage: string; readonly text: string }): void => {
    // One stage follows the other.
    if (last !== undefined && last !== e.stage) report.over(last);
    last = e.stage;
    report.progress({ stage: e.stage, text: e.text });
  };
  try {
    return await buildDebianBundle({ outDir, onProgress, signal: interrupt.stop });
  } finally {
    interrupt.done();
  }
}

/** `bundle build`. */
export async function bundleBuild(output: string | undefined): Promise<number> {
  requireRoot('bundle build', 'It installs Debian into directories of its own');
  const dir = output ?? debianBundleDir(cacheDir());
  const index = await reported((report) => makeDebianBundle(dir, report));
  print(
    `${dir}: Kubernetes ${index.kubeVersion} (${index.arch}), ${index.files.length} files and ${index.images.length} images, ${megabytes(index)} MB`,
  );
  return 0;
}

/** `bundle show`. */
export async function bundleShow(path: string): Promise<number> {
  const bundle = await openBundle(path);
  try {
    const { index } = bundle;
    print(`${index.name}: Kubernetes ${index.kubeVersion} for ${index.arch}, ${megabytes(index)} MB, made ${index.createdAt}`);
    print(`From: ${index.origin}`);
    for (const f of index.files) print(`file   ${f.name} ${f.version}  ${mb(f.size)} MB  sha256 ${f.sha256}`);
    for (const i of index.images) print(`image  ${i.ref}  ${mb(i.size)} MB  sha256 ${i.sha256}`);
    return 0;
  } finally {
    await bundle.close();
  }
}

/** `bundle verify`. Exit code 1 if a file differs from the index. */
export async function bundleVerify(path: string): Promise<number> {
  const bundle = await openBundle(path);
  try {
    const problems = await verifyBundle(bundle);
    for (const p of problems) print(`${p.path} ${p.what}`);
    const count = bundle.index.files.length + bundle.index.images.length;
    print(
      problems.length === 0
        ? `All ${count} files match the index`
        : `${problems.length} of ${count} files differ from the index: build or copy the bundle again`,
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    await bundle.close();
  }
}

function megabytes(index: BundleIndex): string {
  return mb([...index.files, ...index.images].reduce((sum, e) => sum + e.size, 0));
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
