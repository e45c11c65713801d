import { sh } from '../../shell/shell.js';
import type { PackageManager } from '../../tasks/package.js';
import type { OsFamily } from './family.js';

const apt: PackageManager = {
  program: 'apt-get',
  installed: (names) => sh`[ "$(${countInstalled(names)})" -eq ${names.length} ]`,
  install: (names) => sh`
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
    # Other programs (unattended upgrades after boot) may hold the lock for minutes.
    apt_get() { apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"; }
    apt_get install --no-install-recommends ${names} || {
      apt_get update
      apt_get install --no-install-recommends ${names}
    }`,
  absent: (names) => sh`[ "$(${countInstalled(names)})" -eq 0 ]`,
  remove: (names) => sh`
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
    apt-get -q -y -o DPkg::Lock::Timeout=300 remove ${names}`,
};

function countInstalled(names: readonly string[]): ReturnType<typeof sh> {
  return sh`dpkg-query -W -f '\${db:Status-Status}\n' ${names} 2>/dev/null | grep -cx installed`;
}

/** Debian, Ubuntu and what descends from them. */
export const debian: OsFamily = {
  name: 'debian',
  ids: ['debian', 'ubuntu'],
  releases: 'Debian 12 or newer, Ubuntu 22.04 or newer',
  // Source: https://github.com/containerd/containerd/releases/tag/v2.3.4 (built with the glibc of Ubuntu 22.04)
  oldest: {
    versions: { debian: 12, ubuntu: 22.04 },
    why: 'containerd 2.1 and newer need glibc 2.34, which it lacks',
    otherwise: 'set containerd_version to a 2.0 or 1.7 that the catalogue has (kubewright versions)',
  },
  packageManager: apt,
  packages: {
    node: [
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
    ipvs: ['ipset', 'ipvsadm'],
  },
};
