import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext } from '../build/context.js';
import { run } from '../build/process.js';
import { removeTree } from '../build/work.js';
import type { GoBuild } from './plan.js';
import { PINS_DIR } from './table.js';
import type { GoToolchain } from './toolchain.js';

/** Milliseconds between two lines of progress. */
const TELL_EVERY = 10_000;

/** A program of a component once it is compiled. */
export const goProgramFile = (ctx: BuildContext, build: GoBuild, name: string) => join(ctx.workDir, 'bin', build.id, name);

/**
 * Downloads the modules whose packages go into the programs, and no others. Go compares each with go.sum; what does not
 * match fails.
 */
export async function fetchModules(ctx: BuildContext, go: GoToolchain, build: GoBuild): Promise<void> {
  let modules = 0;
  let told = Date.now();
  await run(ctx, go.program, ['list', '-mod=readonly', '-deps', tagsFlag(build), '-f', '', ...build.programs.keys()], {
    cwd: await pinsOf(ctx, build),
    env: goEnv(go, build),
    onLine(line) {
      if (!line.startsWith('go: downloading ')) return undefined;
      modules++;
      if (Date.now() - told < TELL_EVERY) return undefined;
      told = Date.now();
      return { text: `${modules} modules downloaded` };
    },
  });
}

/**
 * Compiles the programs. Equal modules, an equal Go and equal flags give equal bytes: no path, time or revision gets in.
 * What Go compiled before an interruption is in its build cache.
 */
export async function compilePrograms(ctx: BuildContext, go: GoToolchain, build: GoBuild): Promise<void> {
  const out = join(ctx.workDir, 'bin', `${build.id}.new`);
  await removeTree(out);
  await mkdir(out, { recursive: true });
  const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', tagsFlag(build), `-ldflags=${build.ldflags}`];
  const programs = [...build.programs.keys()];
  const where = { cwd: await pinsOf(ctx, build), env: goEnv(go, build) };
  // What is in Go's build cache is not compiled again.
  let of = 0;
  const template = '{{if .Stale}}stale {{.ImportPath}}{{end}}';
  await run(ctx, go.program, ['list', '-deps', ...flags, '-f', template, ...programs], {
    ...where,
    onLine: (line) => {
      if (line.startsWith('stale ')) of++;
      return undefined;
    },
  });
  ctx.progress(`${of} packages to compile`);
  let done = 0;
  let told = Date.now();
  await run(ctx, go.program, ['build', '-v', ...flags, '-o', `${out}/`, ...programs], {
    ...where,
    onLine(line) {
      done = Math.min(done + 1, of);
      if (Date.now() - told < TELL_EVERY) return undefined;
      told = Date.now();
      return { text: line.slice(0, 80), done, of };
    },
  });
  for (const [path, name] of build.programs) {
    const goName = path.replace(/\/v\d+$/, '').replace(/.*\//, '');
    if (goName !== name) await rename(join(out, goName), join(out, name));
  }
  const dir = join(ctx.workDir, 'bin', build.id);
  await removeTree(dir);
  await rename(out, dir);
}

/** A copy, because the package's own directory may be read-only and Go must not change it. */
async function pinsOf(ctx: BuildContext, build: GoBuild): Promise<string> {
  const dir = join(ctx.workDir, 'pins', build.id);
  for (const name of ['go.mod', 'go.sum', 'empty/go.mod']) {
    await mkdir(join(dir, 'empty'), { recursive: true });
    await copyFile(join(PINS_DIR, build.id, name), join(dir, name)).catch((error: NodeJS.ErrnoException) => {
      if (name !== 'empty/go.mod' || error.code !== 'ENOENT') throw error;
    });
  }
  return dir;
}

function goEnv(go: GoToolchain, build: GoBuild): Record<string, string> {
  return { ...go.env, ...(build.cgo ? { CGO_ENABLED: '1', CC: 'gcc', CGO_CFLAGS: '-O2 -g0', CGO_LDFLAGS: '' } : {}) };
}

function tagsFlag(build: GoBuild): string {
  return `-tags=${build.tags.join(',')}`;
}
