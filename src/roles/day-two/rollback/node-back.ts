import type { Task } from '../../../tasks/task.js';
import { node } from '../../kubernetes/kubelet.js';
import { isNode, type RoleContext } from '../../role.js';
import { images, runtimeTasks } from '../upgrade/fetch.js';
import { restartContainerd, restartKubelet } from '../upgrade/node.js';

/**
 * The programs of a node in the versions of before: containerd, runc, CNI plugins, kubelet. The kubelet's settings stay: those of a newer
 * minor version are read leniently by an older kubelet, and kubeadm of another version than the control plane must not write them.
 */
export function nodeBack({ living: _, ...ctx }: RoleContext): Task[] {
  if (!isNode(ctx.host)) return [];
  // Without the cluster that runs: a unit of a living node is restarted only as long as its kubelet works, and here it may be what does not.
  const programs = node.tasks(ctx).filter((t) => !ctx.host.controlPlane || t.id !== 'node/kubeadm');
  // A containerd that does not start may be why the node goes back: until then nothing can be imported.
  const tasks = [...runtimeTasks(ctx), restartContainerd(ctx), ...images(ctx), ...programs, restartKubelet(ctx)];
  return tasks.map((t) => ({ ...t, turn: false }));
}

/** kubeadm of a control plane: its version is the one of the API server. */
export function kubeadmBack(ctx: RoleContext): Task[] {
  return node.tasks(ctx).filter((t) => t.id === 'node/kubeadm');
}
