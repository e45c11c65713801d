import { openBundle, verifyBundle } from '../../artifacts/bundle.js';
import type { BundleIndex } from '../../artifacts/bundle-index.js';
import { requireRoot } from '../../base/root.js';
import { reported } from '../../ui/stages/create-reporter.js';
import { type BundleOrigin, chooseBuilder, makeBundle } from './bundle-builder.js';

const SOURCES = { go: 'Go modules', debian: "Debian's packages" } as const;

export interface BundleBuildOptions {
  readonly from: BundleOrigin;
  readonly kubeVersion?: string;
  /** Default: its place in the cache. */
  readonly output?: string;
}

/** `bundle build`. */
export async function bundleBuild(o: BundleBuildOptions): Promise<number> {
  requireRoot('bundle build', 'It installs Debian into directories of its own');
  const builder = await chooseBuilder(o.from, o.kubeVersion);
  const dir = o.output ?? builder.dir;
  print(`Kubernetes ${builder.kubeVersion} from ${SOURCES[builder.from]}${builder.why && `: ${builder.why}`}.`);
  print(`A build takes ${builder.estimate} when nothing is cached; ${dir}`);
  const index = await reported((report) => makeBundle(builder, dir, report));
  const counts = `${index.files.length} files and ${index.images.length} images`;
  print(`${dir}: Kubernetes ${index.kubeVersion} (${index.arch}), ${counts}, ${megabytes(index)} MB`);
  return 0;
}

/** `bundle show`. */
export async function bundleShow(path: string, json = false): Promise<number> {
  const bundle = await openBundle(path);
  try {
    const { index } = bundle;
    if (json) {
      print(JSON.stringify(index, undefined, 2));
      return 0;
    }
    print(`${index.name}: Kubernetes ${index.kubeVersion} for ${index.arch}, ${megabytes(index)} MB, made ${index.createdAt}`);
    print(`From: ${index.origin}`);
    for (const limit of index.limits ?? []) print(`Limit: ${limit}`);
    for (const f of index.files) print(`file   ${f.name} ${f.version}  ${mb(f.size)} MB  sha256 ${f.sha256}`);
    for (const i of index.images) print(`image  ${i.ref}  in ${i.path}, ${mb(i.size)} MB  sha256 ${i.sha256}`);
    for (const m of index.sources?.modules ?? []) print(`module ${m.module}@${m.version}  ${m.sum}  ${m.programs.join(' ')}`);
    for (const p of index.sources?.packages ?? []) print(`package ${p.name} ${p.version}`);
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
    const count = new Set([...bundle.index.files, ...bundle.index.images].map((e) => e.path)).size;
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

/** Images may share an archive. */
function megabytes(index: BundleIndex): string {
  const sizes = new Map([...index.files, ...index.images].map((e) => [e.path, e.size]));
  return mb([...sizes.values()].reduce((sum, size) => sum + size, 0));
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
