import { usesLocalLoadBalancer } from '../../../kubeadm/build.js';
import { sh } from '../../../shell/shell.js';
import { waitFor } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { hostsFile } from '../../os/os.js';
import { isNode, type RoleContext } from '../../role.js';
import { balancer } from './api-server.js';

/**
 * The files of a host that stays, without those that go. Hosts have their turns one after the other: a load balancer may restart.
 *
 * @param told the load balancer has its configuration already.
 */
export function tidy(ctx: RoleContext, told: boolean): Task[] {
  const s = ctx.cluster.settings;
  const balanced = isNode(ctx.host) && !ctx.host.controlPlane && usesLocalLoadBalancer(ctx.cluster);
  const kubectl = `${ctx.host.settings.bin_dir}/kubectl`;
  return [
    ...(s.populate_inventory_to_hosts_file ? [hostsFile(ctx)] : []),
    ...(told ? [] : balancer(ctx)),
    ...(balanced
      ? [
          waitFor({
            id: 'remove/load-balancer',
            title: 'Wait until the local load balancer answers',
            until: sh`${kubectl} --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s get --raw /readyz 2>&1`,
            timeoutSec: 120,
            hint: '`journalctl -u kubelet` on the host says why',
          }),
        ]
      : []),
  ];
}
