import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';

/** Vitest's global setup: tests that start the command line start what the sources say, not what was built some time ago. */
export default function buildIfOlder(): void {
  const sources = ['src', 'scripts', 'data', 'package.json', 'package-lock.json'].map((p) => newest(join(PACKAGE_ROOT, p)));
  if (newest(join(PACKAGE_ROOT, 'oclif.manifest.json')) > Math.max(...sources)) return;
  const { status } = spawnSync(process.execPath, [join(PACKAGE_ROOT, 'scripts/build.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('npm run build failed');
}

/** @returns the latest change of a file, or of anything in a folder, in ms since 1970; 0: it is not there. */
function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
