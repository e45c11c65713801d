import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import type { PackageManager } from '../../tasks/package.js';
import type { Task } from '../../tasks/task.js';
import type { OsFamily } from './family.js';

const dnf: PackageManager = {
  program: 'dnf',
  installed: (names) => sh`rpm -q --quiet ${names}`,
  install: (names) => sh`dnf install -y --setopt=install_weak_deps=False ${names}`,
  absent: (names) => sh`for p in ${names}; do if rpm -q --quiet "$p"; then exit 1; fi; done`,
  remove: (names) => sh`dnf remove -y ${names}`,
};

/** RHEL, Fedora and what descends from them: Rocky, Alma, CentOS Stream, Oracle. */
export const rhel: OsFamily = {
  name: 'rhel',
  ids: ['rhel', 'fedora', 'centos', 'rocky', 'almalinux'],
  releases: 'RHEL, Rocky or Alma 9 or newer',
  oldest: {
    versions: { rhel: 9, centos: 9, rocky: 9, almalinux: 9, ol: 9 },
    why: 'It has no package iptables-nft, its kernel 4.18 is too old for kubeadm, and its glibc for containerd 2.1 and newer',
  },
  packageManager: dnf,
  packages: {
    node: [
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
    ipvs: ['ipset', 'ipvsadm'],
  },
  selinux: () => [selinuxPermissive()],
};

/** Source: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/ (Red Hat-based distributions) */
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
