import { sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { Task } from '../../../tasks/task.js';
import { KUBEADM_CONFIG, kubeadmOf } from '../../kubernetes/kubeadm-command.js';
import { nodeApi } from '../../node-turn.js';
import { isNode, type Role, type RoleContext } from '../../role.js';
import { hostWhy } from '../../why.js';

/** Two seconds apart. */
const TRIES = 90;

/**
 * A node that joined after the snapshot was taken, or another host that takes over the objects of a cluster: its kubelet asks for a node that is no longer
 * there, and makes one only when it starts.
 */
export const registerNodes: Role = {
  name: 'etcd-restore-nodes',
  tasks(ctx) {
    if (!isNode(ctx.host)) return [];
    const look = sh`${nodeApi(ctx)} get node ${ctx.host.name} -o name`;
    return [
      command({
        id: 'etcd-restore/register',
        title: 'Let the kubelet register its node, if the snapshot does not have it',
        check: sh`${look} >/dev/null`,
        apply: sh`
          n=0 restarted=''
          until out=$(${look} 2>&1); do
            case $out in
              *NotFound*)
                [ -n "$restarted" ] || systemctl restart kubelet.service
                restarted=yes
                ;;
            esac
            n=$((n + 1))
            [ $n -lt ${TRIES} ] || { printf '%s\n' "$out" >&2; exit 1; }
            sleep 2
          done`,
        timeoutSec: 300,
        why: hostWhy(),
        hint: '`journalctl -u kubelet` on the host says why it does not register',
      }),
      ...(ctx.host.controlPlane ? [mark(ctx)] : []),
    ];
  },
};

/** A kubelet must not call its own node a control plane: kubeadm does, with the taints that its configuration has. */
function mark(ctx: RoleContext): Task {
  const k = sh`${kubectl(ctx.host.settings.bin_dir)} --request-timeout=20s`;
  // Up to 1.23 the label was `master`.
  const roles = ['control-plane', 'master'].map((role) => `node-role.kubernetes.io/${role}`);
  return command({
    id: 'etcd-restore/mark',
    title: 'Mark the node as a control plane again',
    check: sh`
      [ -s ${KUBEADM_CONFIG} ] || exit 0
      for role in ${roles}; do
        [ -z "$(${k} get nodes -l "$role" --field-selector ${`metadata.name=${ctx.host.name}`} -o name)" ] || exit 0
      done
      exit 1`,
    apply: sh`${kubeadmOf(ctx.host)} init phase mark-control-plane --config ${KUBEADM_CONFIG}`,
  });
}
