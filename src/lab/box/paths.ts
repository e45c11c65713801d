import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

/** Where a lab keeps its files, and how it names its kernel objects. */
export interface LabPaths {
  readonly cacheDir: string;
  readonly stateDir: string;
  readonly stateFile: string;
  /** Records of snapshots, one file each. */
  readonly snapshots: string;
  readonly lockFile: string;
  /** The key that `lab ssh` uses. */
  readonly sshKey: string;
  /** Host keys for `lab ssh`, read from the machines' disks. */
  readonly sshKnownHosts: string;
  /** Host keys that Kubewright itself learns. */
  readonly knownHosts: string;
  /** 8 characters, derived from the state directory, so that two labs on one box never share a name. */
  readonly id: string;
  readonly bridge: string;
  /** The lab's chain in iptables' nat and filter tables. */
  readonly chain: string;
}

export interface MachinePaths {
  readonly dir: string;
  readonly root: string;
  readonly console: string;
  readonly netns: string;
  /** The box's end of the machine's cable. */
  readonly veth: string;
  /** The directory's name in every cgroup hierarchy. */
  readonly cgroup: string;
}

/** Which directories below a machine's own make up its disk. Snapshots replace them; nothing is ever moved. */
export interface MachineDisk {
  /** The writable layer. */
  readonly upper: string;
  /** What is between it and the common root, the newest first: writable layers of earlier times, which snapshots may share. */
  readonly layers: readonly string[];
  /** Where the PLAIN_FOLDERS are. */
  readonly plain: string;
}

export const FIRST_DISK: MachineDisk = { upper: 'upper', layers: [], plain: '.' };

/** The data of containerd, the kubelet and etcd must not be on an overlay: each gets a plain directory of the box. */
export const PLAIN_FOLDERS = ['containerd', 'kubelet', 'etcd'] as const;

export interface LabFolders {
  readonly cacheDir?: string;
  readonly stateDir?: string;
}

export function labPaths(folders: LabFolders = {}, env: NodeJS.ProcessEnv = process.env): LabPaths {
  const cacheDir = resolve(folders.cacheDir ?? (env.KUBEWRIGHT_CACHE || '/var/cache/kubewright'));
  const stateDir = resolve(folders.stateDir ?? (env.KUBEWRIGHT_LAB_DIR || '/var/lib/kubewright/lab'));
  const id = `kw${createHash('sha256').update(stateDir).digest('hex').slice(0, 6)}`;
  return {
    cacheDir,
    stateDir,
    stateFile: join(stateDir, 'state.json'),
    snapshots: join(stateDir, 'snapshots'),
    lockFile: `${stateDir}.lock`,
    sshKey: join(stateDir, 'id_ed25519'),
    sshKnownHosts: join(stateDir, 'ssh_known_hosts'),
    knownHosts: join(stateDir, 'known_hosts'),
    id,
    bridge: `${id}br`,
    chain: `KUBEWRIGHT-${id}`,
  };
}

/** overlayfs wants a directory of its own beside each writable layer. */
export function workOf(upper: string): string {
  return upper.replace(/^upper/, 'work');
}

export function machinePaths(paths: LabPaths, name: string): MachinePaths {
  const dir = join(paths.stateDir, 'machines', name);
  return {
    dir,
    root: join(dir, 'root'),
    console: join(dir, 'console.log'),
    netns: `${paths.id}-${name}`,
    veth: `${paths.id}-${name.replace(/-k8s$/, '')}`, // at most 8 + 1 + 4 of the 15 characters that Linux allows
    cgroup: `${paths.id}-${name}`,
  };
}
