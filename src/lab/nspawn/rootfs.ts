import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { aptAcquireOptions, debianSources } from '../../artifacts/debian/apt.js';
import { exec } from '../box/exec.js';
import type { LabPaths } from '../box/paths.js';
import type { LabOs, OnProgress } from '../provider.js';
import { LAB_SUITES, ROOTFS_FILES, ROOTFS_PACKAGES, ROOTFS_SCRIPT } from './recipe.js';

/** `rootfs-<hash of the recipe>` in the cache: another recipe gets another directory. */
export function rootfsDir(paths: LabPaths, os: LabOs): string {
  const recipe = JSON.stringify([LAB_SUITES[os], ROOTFS_PACKAGES, ROOTFS_FILES, ROOTFS_SCRIPT]);
  return join(paths.cacheDir, `rootfs-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`);
}

/** The one disk under all machines, made once (about a minute) and never written to again. Returns its directory. */
export async function ensureRootfs(paths: LabPaths, os: LabOs, onProgress: OnProgress, signal?: AbortSignal): Promise<string> {
  const dir = rootfsDir(paths, os);
  const suite = LAB_SUITES[os];
  if (await exists(dir)) return dir;
  const text = (t: string) => onProgress({ stage: 'rootfs', text: t });
  text(`building Debian ${suite} in ${dir} (once, about a minute)`);
  const partial = `${dir}.partial`;
  await exec(['rm', '-rf', '--one-file-system', partial]); // left by a killed run
  await mkdir(paths.cacheDir, { recursive: true });
  const secret = await mkdtemp(join(tmpdir(), 'kubewright-apt-'));
  try {
    const aptConf = join(secret, 'apt.conf');
    await writeFile(aptConf, `${await aptAcquireOptions()}Acquire::Languages "none";\n`, { mode: 0o600 });
    const sources = (await binarySources(suite)).join('\n');
    const onLine = (line: string) => {
      if (line.startsWith('I: ')) text(line.slice(3));
    };
    const include = `--include=${ROOTFS_PACKAGES.join(',')}`;
    const argv = [
      ...DIES_WITH_US,
      'mmdebstrap',
      '--mode=root',
      '--variant=minbase',
      include,
      `--aptopt=${aptConf}`,
      suite,
      partial,
      '-',
    ];
    await exec(argv, { input: `${sources}\n`, signal, onLine });
    await furnish(partial);
    await rename(partial, dir);
    onProgress({ stage: 'rootfs', text: `built in ${dir}`, over: true });
  } catch (error) {
    await exec(['rm', '-rf', '--one-file-system', partial]);
    throw error;
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
  return dir;
}

/** A process tree of its own: if we are killed, it is too, and its mounts are gone. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

async function furnish(root: string): Promise<void> {
  for (const [path, text] of Object.entries(ROOTFS_FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: path.startsWith('/etc/sudoers.d/') ? 0o440 : 0o644 });
    if (text.startsWith('#!')) await chmod(join(root, path), 0o755);
  }
  await exec(['chroot', root, 'sh', '-eu'], { input: ROOTFS_SCRIPT });
}

/**
 * How a machine's apt reaches Debian: as the box's does. It may contain a proxy's password, so it is not part of the cached
 * disk; each machine gets its own copy, readable by root only.
 */
export async function writeAptConfig(root: string, os: LabOs): Promise<void> {
  const options = await aptAcquireOptions();
  const sources = await binarySources(LAB_SUITES[os]);
  await mkdir(join(root, 'etc/apt/apt.conf.d'), { recursive: true });
  await writeFile(join(root, 'etc/apt/sources.list'), `${sources.join('\n')}\n`);
  await writeFile(join(root, 'etc/apt/apt.conf.d/90lab'), options, { mode: 0o600 });
  for (const file of certificateFiles(options)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await copyFile(file, join(root, file)).catch(() => {}); // apt reports a missing file itself
  }
}

async function binarySources(suite: string): Promise<string[]> {
  return (await debianSources(process.env, '/etc/apt', suite)).filter((s) => s.startsWith('deb '));
}

/** The CA files that apt's configuration names. */
function certificateFiles(options: string): string[] {
  return [...options.matchAll(/^Acquire::https::(?:\S+::)?CaInfo "([^"]+)";/gim)].map((m) => m[1] ?? '');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The box's name servers, without those that answer only on the box itself. */
export async function resolvConf(): Promise<string> {
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  if (!/^nameserver\s+127\./m.test(own)) return own;
  return readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => own);
}
