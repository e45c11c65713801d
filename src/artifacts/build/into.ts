import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { InputError, KubewrightError } from '../../base/errors.js';
import { makeFolder } from '../../base/files.js';
import { wholeFile } from '../../base/place.js';
import { requireRoot } from '../../base/root.js';
import { openBundle, verifyBundle } from '../bundle.js';
import { type BundleIndex, INDEX_FILE } from '../bundle-index.js';
import type { BuildContext, BuildProgress } from './context.js';
import { interrupted } from './process.js';
import { lock, once, removeTree } from './work.js';

export interface BuildIntoOptions {
  /** Becomes the bundle's directory, in one step at the end. */
  readonly outDir: string;
  /** Default: `OUTDIR.work`. Removed when the bundle is finished, kept after a failure to resume from. */
  readonly workDir?: string;
  /** The bundle's name in its index. */
  readonly name: string;
  /** What the bundle is made from and how, as one checksum; a bundle and a work directory of another recipe are made again. */
  readonly recipe?: string;
  /** Default: `OUTDIR.log` for every stage. Stages that run at the same time need one each. */
  readonly logFile?: (stage: string) => string;
  readonly onProgress?: (event: BuildProgress) => void;
  readonly signal?: AbortSignal;
  /** Throws when this host cannot build. Not called where a whole bundle is there already. */
  readonly check: (parent: string) => Promise<void>;
  readonly make: (context: (stage: string) => BuildContext) => Promise<BundleIndex>;
}

/**
 * Makes a bundle in a work directory and moves it to its place when it is whole. A finished bundle is returned at once.
 *
 * @throws LockedError while another build runs; InputError without root or when the directory holds something else.
 */
export async function buildInto(o: BuildIntoOptions): Promise<BundleIndex> {
  const outDir = resolve(o.outDir);
  const workDir = resolve(o.workDir ?? `${outDir}.work`);
  makeFolder(dirname(outDir));
  const check = teller(o.onProgress, 'check');

  const ready = await finished(outDir, o, check);
  if (ready) return ready;
  requireRoot('Building a bundle', 'It installs Debian into directories of its own');
  await o.check(dirname(outDir));
  const unlock = await lock(`${outDir}.lock`);
  try {
    // Another build may have finished meanwhile.
    const other = await finished(outDir, o, check);
    if (other) return other;
    const { stdout: arch } = await promisify(execFile)('dpkg', ['--print-architecture']);
    await startOver(workDir, o.recipe);
    await mkdir(join(workDir, 'out'), { recursive: true });
    const logFile = o.logFile ?? (() => `${outDir}.log`);
    const index = await o.make(contextsIn({ ...o, workDir, outDir: join(workDir, 'out'), arch: arch.trim(), logFile }));
    await rm(outDir, { recursive: true, force: true });
    await rename(join(workDir, 'out'), outDir);
    await removeTree(workDir);
    return index;
  } finally {
    await unlock();
  }
}

/** What the stages of a build get: one log and one voice each. */
export function contextsIn(
  o: Pick<BuildContext, 'workDir' | 'outDir' | 'arch' | 'signal'> &
    Pick<BuildIntoOptions, 'onProgress'> & { logFile(stage: string): string },
): (stage: string) => BuildContext {
  return (stage) => ({
    stage,
    workDir: o.workDir,
    arch: o.arch,
    tmpDir: join(o.workDir, 'tmp'),
    outDir: o.outDir,
    logFile: o.logFile(stage),
    signal: o.signal,
    progress: teller(o.onProgress, stage),
    over: (text) => o.onProgress?.({ stage, text, over: true }),
  });
}

function teller(onProgress: BuildIntoOptions['onProgress'], stage: string): BuildContext['progress'] {
  return (text, done, of) => onProgress?.({ stage, text, ...(done === undefined ? {} : { done, of }) });
}

/** Runs each stage once, and says of a failure in which stage it was. */
export function steps(context: (stage: string) => BuildContext) {
  return async (stage: string, work: (ctx: BuildContext) => Promise<void>): Promise<void> => {
    const ctx = context(stage);
    if (ctx.signal?.aborted) throw interrupted(ctx);
    await once(ctx.workDir, stage, () => work(ctx)).catch((error: unknown) => {
      if (ctx.signal?.aborted) throw interrupted(ctx);
      throw explain(ctx, error);
    });
  };
}

/** A stage's result, for the stages after it, even those of a later run. */
export async function keep(ctx: BuildContext, name: string, value: unknown): Promise<void> {
  await writeFile(join(ctx.workDir, `${name}.json`), JSON.stringify(value));
}

/** Our own file of an earlier stage; the whole index is validated when it is written. */
export async function kept<T>(ctx: BuildContext, name: string): Promise<T> {
  return JSON.parse(await readFile(join(ctx.workDir, `${name}.json`), 'utf8')) as T;
}

/** Makes the work directory. What another recipe left half-made in it is of no use. */
export async function startOver(workDir: string, recipe: string | undefined): Promise<void> {
  const file = join(workDir, 'recipe');
  if (recipe === undefined || (await readFile(file, 'utf8').catch(() => undefined)) === recipe) return;
  await removeTree(workDir);
  await mkdir(workDir, { recursive: true });
  await writeFile(file, recipe);
}

/** The bundle that is there, if it is whole and of this recipe; undefined where there is none or a broken one. */
async function finished(outDir: string, o: BuildIntoOptions, progress: BuildContext['progress']) {
  const names: string[] = await readdir(outDir).catch(() => []);
  if (names.length === 0) return undefined;
  if (!names.includes(INDEX_FILE)) {
    throw new InputError({
      what: 'The directory for the bundle contains something else',
      where: wholeFile(outDir),
      fix: 'Choose another directory',
    });
  }
  const bundle = await openBundle(outDir).catch(() => undefined);
  if (!bundle) return undefined;
  if (bundle.index.name !== o.name) {
    throw new InputError({
      what: `The directory for the bundle ${o.name} holds the bundle ${bundle.index.name}`,
      where: wholeFile(outDir),
      fix: 'Choose another directory',
    });
  }
  if (o.recipe !== undefined && bundle.index.recipe !== o.recipe) {
    progress('The bundle was built by another recipe: rebuilding it');
    return undefined;
  }
  const problems = await verifyBundle(bundle, { signal: o.signal, onProgress: (p) => progress(p.path, p.done, p.of) });
  for (const p of problems) progress(`${p.path} ${p.what}: rebuilding the bundle`);
  return problems.length === 0 ? bundle.index : undefined;
}

function explain(ctx: BuildContext, error: unknown): KubewrightError {
  if (error instanceof KubewrightError) return error;
  return new KubewrightError({
    what: `The bundle build failed in stage "${ctx.stage}"`,
    where: wholeFile(ctx.logFile),
    why: error instanceof Error ? error.message : String(error),
    fix: 'Fix the cause and start it again: finished stages are kept',
    cause: error,
  });
}
