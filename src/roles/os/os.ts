import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { block, directories } from '../../tasks/file.js';
import { kernelModules, sysctls } from '../../tasks/kernel.js';
import { packages } from '../../tasks/package.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import { proxyEnvironment } from '../proxy.js';
import type { Role, RoleContext } from '../role.js';
import { familyOf } from './families.js';
import type { PackagePurpose } from './family.js';
import { modulesFor } from './modules.js';
import { networkManager } from './network-manager.js';

/** Source: https://kubernetes.io/docs/setup/production-environment/container-runtimes/#network-configuration */
export const os: Role = {
  name: 'os',
  tasks(ctx) {
    const s = ctx.host.settings;
    const tasks: Task[] = [
      directories({ id: 'os/state', title: "Make the directory of Kubewright's notes", paths: [NODE_STATE], mode: '0700' }),
      directories({ id: 'os/bin', title: 'Make the directory of binaries', paths: [s.bin_dir] }),
    ];
    if (s.populate_inventory_to_hosts_file) tasks.push(hostsFile(ctx));
    if (s.kubelet_fail_swap_on) tasks.push(swapOff());
    const family = familyOf(ctx.facts);
    if (family) {
      const purposes: readonly PackagePurpose[] = s.kube_proxy_mode === 'ipvs' ? ['node', 'ipvs'] : ['node'];
      tasks.push(
        packages({
          id: 'os/packages',
          title: 'Install packages of the distribution',
          manager: family.packageManager,
          names: purposes.flatMap((p) => family.packages[p]),
          environment: proxyEnvironment(ctx.cluster, ctx.host),
        }),
      );
    }
    tasks.push(
      kernelModules({
        id: 'os/modules',
        title: 'Load kernel modules',
        modules: modulesFor(s),
      }),
      sysctls({
        id: 'os/sysctls',
        title: 'Set kernel parameters',
        values: {
          'net.ipv4.ip_forward': '1',
          'net.bridge.bridge-nf-call-iptables': '1',
          'net.bridge.bridge-nf-call-ip6tables': '1',
          // Node ports must not be taken by outgoing connections.
          'net.ipv4.ip_local_reserved_ports': s.kube_apiserver_node_port_range,
        },
        // With the usual 128 the pods of a full node end in "too many open files".
        atLeast: { 'fs.inotify.max_user_instances': 8192 },
      }),
    );
    tasks.push(...networkManager(ctx), ...(family?.firewall?.(ctx) ?? []), ...(family?.selinux?.(ctx) ?? []));
    return tasks;
  },
};

/** The names of the cluster's hosts, in a block of ours. */
export function hostsFile(ctx: RoleContext): Task {
  const domain = ctx.cluster.settings.cluster_name;
  return block({
    id: 'os/hosts',
    title: "Write the cluster's names into /etc/hosts",
    path: '/etc/hosts',
    marker: 'hosts',
    content: ctx.cluster.hosts.map((h) => `${h.accessIp} ${h.name} ${h.name}.${domain}`).join('\n'),
  });
}

/** Source: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/#swap-configuration */
function swapOff(): Task {
  return command({
    id: 'os/swap',
    title: 'Turn swap off',
    check: sh`
      [ "$(wc -l < /proc/swaps)" -le 1 ]
      [ ! -f /etc/fstab ] || [ -z "$(awk '!/^[[:space:]]*#/ && $3 == "swap"' /etc/fstab)" ]`,
    apply: sh`
      swapoff -a
      if [ -f /etc/fstab ]; then
        tmp=$(mktemp /etc/fstab.kw-XXXXXX)
        trap 'rm -f "$tmp"' EXIT
        awk '!/^[[:space:]]*#/ && $3 == "swap" {printf "# swap is off for the kubelet: "} {print}' /etc/fstab > "$tmp"
        chmod --reference=/etc/fstab "$tmp"
        mv -f "$tmp" /etc/fstab
      fi
      # zram and swap partitions that systemd finds by themselves come back at boot unless their units are masked.
      for unit in $(systemctl list-units --all --plain --no-legend --type=swap | awk '{print $1}'); do systemctl mask "$unit"; done`,
    hint: 'To keep swap, set kubelet_fail_swap_on: false',
  });
}
