import { sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { apiserverLb } from '../../kubernetes/apiserver-lb.js';
import { SOFT_END } from '../../kubernetes/lb/end-api-server.js';
import { isNode, type RoleContext } from '../../role.js';

/** The load balancer of a host that stays, without the API servers that go. Hosts have their turns. */
export function balancer(ctx: RoleContext): readonly Task[] {
  return isNode(ctx.host) ? apiserverLb.tasks(ctx) : [];
}

/** The reset would kill it, with what it is answering. One that does not end in time is left to the reset. */
export function endForGood({ host }: RoleContext): Task[] {
  if (!host.controlPlane) return [];
  const crictl = `${host.settings.bin_dir}/crictl`;
  const running = sh`${crictl} ps -q --name '^kube-apiserver$' 2>/dev/null`;
  return [
    command({
      id: 'remove/api-server',
      title: 'Let the API server answer what it was asked, and end it',
      check: sh`
        if [ -e "$KW_DIR/ran.$KW_N" ]; then exit 0; fi
        [ -z "$(${running})" ]`,
      apply: sh`
        # It would start it again.
        systemctl stop kubelet.service
        for c in $(${running}); do ${crictl} stop -t ${SOFT_END} "$c" >/dev/null || :; done
        : > "$KW_DIR/ran.$KW_N"`,
      timeoutSec: 120,
    }),
  ];
}
