import { install } from '../../tasks/artifact.js';
import { file } from '../../tasks/file.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

/**
 * crictl and the socket that it speaks to; nothing where there is none for this version, as the cluster does without. The ids keep
 * their old prefix: hosts note under it what was installed.
 *
 * @param socket path of the runtime's CRI socket.
 */
export function crictl(ctx: RoleContext, socket: string): Task[] {
  const artifact = ctx.artifacts.optionalFile('crictl');
  if (!artifact) return [];
  return [
    install({ id: 'containerd/crictl', title: 'Install crictl', artifact, dir: ctx.host.settings.bin_dir, files: ['crictl'] }),
    file({
      id: 'containerd/crictl-config',
      title: 'Write the configuration of crictl',
      path: '/etc/crictl.yaml',
      content: `runtime-endpoint: unix://${socket}\nimage-endpoint: unix://${socket}\n`,
    }),
  ];
}
