import { install } from '../../tasks/artifact.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

/** Where runtimes look for CNI plugins and their configuration. */
export const CNI = { bin: '/opt/cni/bin', conf: '/etc/cni/net.d' } as const;

/** Directories from the top down, for the runtime's role to make. */
export const CNI_DIRECTORIES = ['/opt/cni', CNI.bin, '/etc/cni', CNI.conf] as const;

/** The id keeps its old prefix: hosts note under it what was installed. */
export function cniPlugins(ctx: RoleContext): Task {
  return install({
    id: 'containerd/cni',
    title: 'Install the CNI plugins',
    artifact: ctx.artifacts.file('cni-plugins'),
    dir: CNI.bin,
    files: [],
  });
}
