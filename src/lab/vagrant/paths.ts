import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isRoot } from '../../base/root.js';

/** Where a Vagrant lab keeps its files. */
export interface VagrantPaths {
  readonly stateDir: string;
  readonly stateFile: string;
  /** Where Vagrant works: Vagrantfile, machines.json and Vagrant's own .vagrant. Its commands work there. */
  readonly folder: string;
  readonly knownHosts: string;
}

/** KUBEWRIGHT_LAB_DIR; else /var/lib/kubewright/lab for root, and a directory below the home directory for other users. */
export function vagrantPaths(env: NodeJS.ProcessEnv = process.env): VagrantPaths {
  const own = join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'kubewright/lab');
  const stateDir = resolve(env.KUBEWRIGHT_LAB_DIR || (isRoot() ? '/var/lib/kubewright/lab' : own));
  return {
    stateDir,
    stateFile: join(stateDir, 'vagrant.json'),
    folder: join(stateDir, 'vagrant'),
    knownHosts: join(stateDir, 'known_hosts'),
  };
}
