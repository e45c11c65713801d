import { sh } from '../../shell/shell.js';
import { waitFor } from '../../tasks/command.js';
import { kubectl } from '../../tasks/manifest.js';
import { isNode, type Role } from '../role.js';
import { pluginOf } from './plugins.js';

/** On the first control plane: which pod subnet the controller manager gave to which node, for plugins that need it. */
export const podSubnets: Role = {
  name: 'pod-subnets',
  tasks(ctx) {
    if (!pluginOf(ctx.cluster.settings).needsPodSubnets) return [];
    const names = ctx.cluster.hosts.filter((h) => isNode(h) && !ctx.droppedOut.has(h.name)).map((h) => h.name);
    const list = sh`${kubectl(ctx.host.settings.bin_dir)} get nodes -o ${'jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR}{"\\n"}{end}'}`;
    return [
      {
        ...waitFor({
          id: 'pod-subnets/assigned',
          title: 'Wait until every node has its pod subnet',
          until: sh`
            list=$(${list})
            for n in ${names}; do
              printf '%s\n' "$list" | grep -q "^$n [0-9]" || { echo "node $n has no pod subnet yet"; exit 1; }
            done`,
          timeoutSec: 60,
          hint: 'Is kube_pods_subnet large enough for the number of nodes (kube_network_node_prefix bits each)?',
        }),
        exports: { 'pod-subnets': list },
      },
    ];
  },
};
