// Bundles the sources into dist: one file to read takes a fraction of the time that hundreds take. Types are checked by
// `npm run typecheck`. ssh2 stays outside, as it looks for optional native code beside itself.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
rmSync(join(root, 'oclif.manifest.json'), { force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    'cli/main': 'src/cli/main.ts',
    'cli/manifest': 'src/cli/manifest.ts',
    ...commands(),
  },
  outdir: dist,
  // Two directories below the root, as src/base is: files of the package are found relative to the module.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Names stay, so that what DEBUG=kubewright prints can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [baseInOneFile(), tinyglobbyWhenCalled()],
  external: ['ssh2', 'typescript', 'ts-node', 'tsx'],
  // CommonJS packages call `require`.
  banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
  logLevel: 'warning',
});
// What --help needs to know of every command, so that it loads none of them.
const manifest = spawnSync(process.execPath, [join(dist, 'cli/manifest.js')], { stdio: 'inherit' });
process.exitCode = manifest.status ?? 1;

/**
 * What src/base holds is small and used everywhere, in ever other combinations: split by its users it would be a dozen files, each of which
 * costs a third of a millisecond at every start. Imports from elsewhere lead to one module of all.
 */
function baseInOneFile() {
  const base = join(root, 'src/base');
  const files = ['.', 'text'].flatMap((dir) =>
    readdirSync(join(base, dir)).flatMap((f) => (f.endsWith('.ts') ? [join(dir, f)] : [])),
  );
  return {
    name: 'base-in-one-file',
    setup(builder) {
      builder.onResolve({ filter: /\/base\/(text\/)?[a-z-]+\.js$/ }, ({ path, importer, resolveDir }) => {
        const target = join(resolveDir, path).replace(/\.js$/, '.ts');
        const inside = importer.startsWith(`${base}/`);
        return inside || !files.some((f) => join(base, f) === target) ? undefined : { path: 'base', namespace: 'base' };
      });
      builder.onLoad({ filter: /.*/, namespace: 'base' }, () => ({
        contents: files.map((f) => `export * from './${f}';`).join('\n'),
        resolveDir: base,
        loader: 'ts',
      }));
    },
  };
}

/** oclif needs it only where there is no manifest, and loading it looks for files on the disk. */
function tinyglobbyWhenCalled() {
  return {
    name: 'tinyglobby-when-called',
    setup(builder) {
      builder.onResolve({ filter: /^tinyglobby$/ }, ({ namespace, resolveDir }) =>
        namespace === 'late' ? undefined : { path: 'tinyglobby', namespace: 'late', pluginData: { resolveDir } },
      );
      builder.onLoad({ filter: /.*/, namespace: 'late' }, ({ path, pluginData }) => ({
        contents: `exports.glob = (...args) => require('${path}').glob(...args);`,
        resolveDir: pluginData.resolveDir,
      }));
    },
  };
}

/** Every file of src/commands with a command in it: oclif finds commands by the names of their files. */
function commands() {
  const files = readdirSync(join(root, 'src/commands'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((f) => f.endsWith('.ts')).map((f) => `src/commands/${f}`);
  const found = sources.filter((f) => /^export default class /m.test(readFileSync(join(root, f), 'utf8')));
  return Object.fromEntries(found.map((f) => [f.slice('src/'.length, -'.ts'.length), f]));
}
