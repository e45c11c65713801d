import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KubewrightError } from '../../base/errors.js';
import { needDisk, needTools } from '../build/needs.js';
import { type GoToolchain, needModule } from './toolchain.js';

/** Debian packages that this host needs for a build from Go modules, besides Go itself. */
export const GO_BUILD_PACKAGES = [
  ...['mmdebstrap', 'debian-archive-keyring', 'util-linux'],
  ...['gcc', 'libc6-dev', 'libseccomp-dev'],
] as const;

/** Bytes that a build takes when nothing is cached. Measured with Kubernetes 1.36.3. */
const MODULE_CACHE = 4e9;
const BUILD_CACHE = 6e9;
const WORK = 3e9;

/** @throws KubewrightError for the first thing that is missing on this host, with what to install. */
export async function checkGoRequirements(
  go: GoToolchain,
  module: { readonly module: string; readonly version: string },
  parent: string,
  signal?: AbortSignal,
): Promise<void> {
  await needTools(['mmdebstrap', 'unshare', 'setpriv', 'flock', 'gcc'], GO_BUILD_PACKAGES);
  await needLibrary('libc.a', 'libc6-dev');
  await needLibrary('libseccomp.a', 'libseccomp-dev');
  await needDisk([
    { path: parent, bytes: WORK },
    { path: go.moduleCache, bytes: MODULE_CACHE },
    { path: go.buildCache, bytes: BUILD_CACHE },
  ]);
  await needModule(go, module, signal);
}

/** `gcc 12.2.0` */
export async function gccVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('gcc', ['-dumpfullversion']);
  return stdout.trim();
}

async function needLibrary(file: string, debianPackage: string): Promise<void> {
  const { stdout } = await promisify(execFile)('gcc', [`-print-file-name=${file}`]);
  // Of a file that it does not find, gcc prints the name alone.
  if (stdout.trim() !== file) return;
  throw new KubewrightError({
    what: `${file} is not installed on this host`,
    why: 'runc and pause are linked with it',
    fix: `apt-get install --no-install-recommends ${debianPackage}`,
  });
}
