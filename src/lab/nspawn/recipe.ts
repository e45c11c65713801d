import type { LabOs } from '../provider.js';

/** What a lab machine is made of. Any change here renames the cached disk, so it is built again. */

/** Systems of lab machines, by their suite in Debian's archive. */
export const LAB_SUITES: Readonly<Record<LabOs, string>> = { debian12: 'bookworm', debian13: 'trixie' };

/** Debian packages that the box itself needs. */
export const LAB_PACKAGES = [
  'systemd-container',
  'mmdebstrap',
  'openssh-client',
  'iptables',
  'iproute2',
  'mount',
  'util-linux',
  'debian-archive-keyring',
];

export const ROOTFS_PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
  'iptables',
  'sudo',
  'ca-certificates',
  'procps',
  'kmod',
  'curl',
  'conntrack',
  'socat',
  'ethtool',
  'iputils-ping',
  'openssl',
  'bash-completion',
  'libseccomp2',
  'less',
  'util-linux',
];

/** The user of every lab machine, with its name as the password, as in the users' Vagrant lab. */
export const LAB_USER = 'vagrant';
export const LAB_USER_ID = 1000;

// systemd-nspawn mounts a v1 hierarchy read-only for the machine's root, except systemd's own. The kubelet then dies of
// "mkdir /sys/fs/cgroup/cpuset/kubepods.slice: read-only file system".
const CGROUPS_SCRIPT = `#!/bin/sh
# The machine's own cgroups, writable for the container runtime and the kubelet.
while read -r _ target type options _; do
  case "$type:$target" in
    cgroup:/sys/fs/cgroup/* | cgroup2:/sys/fs/cgroup*) ;;
    *) continue ;;
  esac
  case ",$options," in *,ro,*) mount -o remount,rw,bind "$target" ;; esac
done < /proc/self/mounts
`;

const CGROUPS_UNIT = `[Unit]
Description=Writable cgroups for Kubernetes
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target containerd.service kubelet.service etcd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/kubewright-lab/cgroups

[Install]
WantedBy=sysinit.target
`;

export const ROOTFS_FILES: Readonly<Record<string, string>> = {
  '/usr/local/lib/kubewright-lab/cgroups': CGROUPS_SCRIPT,
  '/etc/systemd/system/kubewright-lab-cgroups.service': CGROUPS_UNIT,
  [`/etc/sudoers.d/${LAB_USER}`]: `${LAB_USER} ALL=(ALL) NOPASSWD: ALL\n`,
  '/etc/ssh/sshd_config.d/lab.conf': 'PasswordAuthentication yes\nUseDNS no\n',
};

/** Runs in the new root once the packages and files are there. */
export const ROOTFS_SCRIPT = `
useradd --create-home --uid ${LAB_USER_ID} --shell /bin/bash ${LAB_USER}
printf '%s\\n' '${LAB_USER}:${LAB_USER}' | chpasswd
systemctl enable kubewright-lab-cgroups.service
# Nine machines on one disk must share neither keys nor an identity, and the box's way to its archive is not for a cache.
rm -f /etc/ssh/ssh_host_*key* /etc/machine-id /var/lib/dbus/machine-id /etc/hostname /etc/apt/apt.conf.d/99mmdebstrap
: > /etc/apt/sources.list
rm -rf /etc/apt/sources.list.d/*
# Units that need a real machine, and would only fail or wait.
systemctl mask systemd-firstboot.service console-getty.service apt-daily.timer apt-daily-upgrade.timer
`;
