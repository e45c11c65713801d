import { osFamily } from '../../facts/facts.js';
import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { block, directories } from '../../tasks/file.js';
import { kernelModules, sysctls } from '../../tasks/kernel.js';
import { packages } from '../../tasks/package.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import type { Role, RoleContext } from '../role.js';

/** What Kubernetes and its runtime call on the machine; by the names of each distribution. */
const PACKAGES = {
  apt: [
    'ca-certificates',
    'conntrack',
    'curl',
    'ethtool',
    'iptables',
    'iproute2',
    'kmod',
    'libseccomp2',
    'openssl',
    'socat',
    'util-linux',
    'bash-completion',
  ],
  dnf: [
    'ca-certificates',
    'conntrack-tools',
    'ethtool',
    'iptables-nft',
    'iproute',
    'iproute-tc',
    'kmod',
    'libseccomp',
    'openssl',
    'socat',
    'util-linux',
    'bash-completion',
    'tar',
  ],
} as const;

/** Source: https://kubernetes.io/docs/setup/production-environment/container-runtimes/#network-configuration */
export const os: Role = {
  name: 'os',
  tasks(ctx) {
    const s = ctx.host.settings;
    const tasks: Task[] = [
      directories({ id: 'os/state', title: "Make the folder of Kubewright's notes", paths: [NODE_STATE], mode: '0700' }),
      directories({ id: 'os/bin', title: 'Make the folder of binaries', paths: [s.bin_dir] }),
    ];
    if (s.populate_inventory_to_hosts_file) tasks.push(hostsFile(ctx));
    if (s.kubelet_fail_swap_on) tasks.push(swapOff());
    const manager = ctx.facts.packageManager;
    if (manager) {
      const names = [...PACKAGES[manager]];
      if (s.kube_proxy_mode === 'ipvs') names.push('ipset' as never, 'ipvsadm' as never);
      tasks.push(packages({ id: 'os/packages', title: 'Install packages of the distribution', manager, names }));
    }
    tasks.push(
      kernelModules({
        id: 'os/modules',
        title: 'Load kernel modules',
        modules: [
          { name: 'overlay', filesystem: 'overlay' },
          { name: 'br_netfilter', path: '/proc/sys/net/bridge/bridge-nf-call-iptables' },
          { name: 'nf_conntrack', path: '/proc/sys/net/netfilter/nf_conntrack_max' },
          ...(s.kube_proxy_mode === 'ipvs' ? [{ name: 'ip_vs', path: '/proc/net/ip_vs' }] : []),
        ],
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
      }),
    );
    if (osFamily(ctx.facts) === 'redhat') tasks.push(selinuxPermissive());
    return tasks;
  },
};

function hostsFile(ctx: RoleContext): Task {
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

function selinuxPermissive(): Task {
  return command({
    id: 'os/selinux',
    title: 'Set SELinux to permissive',
    check: sh`
      mode=$(getenforce 2>/dev/null || echo Disabled)
      [ "$mode" != Enforcing ]
      [ ! -f /etc/selinux/config ] || ! grep -q '^SELINUX=enforcing' /etc/selinux/config`,
    apply: sh`
      setenforce 0 || true
      sed -i 's/^SELINUX=enforcing/SELINUX=permissive/' /etc/selinux/config`,
  });
}
