#!/usr/bin/env node
// Node.js 10 and newer must be able to parse this file, as a script and as a module, or it cannot tell that Node.js is too old:
// no import or export, no await outside of functions, no ?. and no ??.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.exitCode = 2;
  const say = (old) => process.stderr.write(`${old.message(process)}\n`);
  if (typeof require === 'function') say(require('./old-node.cjs'));
  else import('./old-node.cjs').then((module) => say(module.default));
} else {
  // Node.js 22.1 and newer cache compiled code between runs.
  const { enableCompileCache } = process.getBuiltinModule ? process.getBuiltinModule('node:module') : {};
  if (enableCompileCache) enableCompileCache();
  import('../dist/cli/main.js').then(
    ({ main }) => main(process.argv.slice(2)),
    (error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      process.exitCode = 2;
      const [fs, path] = ['node:fs', 'node:path'].map(process.getBuiltinModule);
      const root = path.resolve(fs.realpathSync(process.argv[1]), '../..');
      process.stderr.write(`error: This copy of kubewright is not built\n  hint: Run npm ci && npm run build in ${root}\n`);
    },
  );
}
