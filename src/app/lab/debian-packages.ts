import { spawn } from 'node:child_process';
import { KubewrightError } from '../../base/errors.js';
import { isRoot } from '../../base/root.js';
import { thisOs } from './this-box.js';

/**
 * Installs the Debian packages that are missing, and names them before it does.
 *
 * @param root where this box's os-release is.
 * @throws KubewrightError without root, on a system that is not related to Debian, and if apt-get fails.
 */
export async function ensureDebianPackages(
  packages: readonly string[],
  why: string,
  say: (text: string) => void,
  root = '/',
): Promise<void> {
  const missing: string[] = [];
  for (const name of new Set(packages)) {
    const { code, output } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]);
    if (code !== 0 || output.trim() !== 'installed') missing.push(name);
  }
  if (missing.length === 0) return;
  const os = await thisOs(root);
  const system = os?.pretty || os?.id || process.platform;
  if (!os?.like.some((id) => id === 'debian' || id === 'ubuntu')) {
    throw new KubewrightError({
      what: `Debian packages are needed ${why}, and this box runs ${system}`,
      where: missing.join(', '),
      fix: 'Run it on Debian 12; `kubewright lab up --provider vagrant` needs no Debian',
    });
  }
  if (!isRoot()) {
    throw new KubewrightError({
      what: `Debian packages are missing: ${missing.join(', ')}`,
      why,
      fix: `Run this as root, or first: sudo apt-get install ${missing.join(' ')}`,
    });
  }
  say(`Installing Debian packages (${why}): ${missing.join(' ')}`);
  const install = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', 'install', '--no-install-recommends', ...missing];
  let result = await run('apt-get', install);
  if (result.code !== 0) {
    await run('apt-get', ['-q', 'update']);
    result = await run('apt-get', install);
  }
  if (result.code === 0) return;
  throw new KubewrightError({
    what: 'Debian packages could not be installed',
    where: missing.join(', '),
    why: result.output.trim().split('\n').slice(-5).join('\n'),
    fix: `Make sure that apt-get update works here and that this is Debian 12 (it is ${system}), then run this again`,
  });
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
