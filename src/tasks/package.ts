import { sh } from '../shell/shell.js';
import type { Task } from './task.js';

export interface PackageOptions {
  readonly id: string;
  readonly title: string;
  /** The distribution's package manager. */
  readonly manager: 'apt' | 'dnf';
  readonly names: readonly string[];
}

/** Packages of the distribution, any version. Package lists are refreshed only when an installation needs it. */
export function packages(o: PackageOptions): Task {
  const hint = 'The machine needs a working package source (apt or dnf), or these packages in its image';
  if (o.manager === 'dnf') {
    return {
      id: o.id,
      title: o.title,
      check: sh`rpm -q --quiet ${o.names}`,
      apply: sh`dnf install -y --setopt=install_weak_deps=False ${o.names}`,
      timeoutSec: 1200,
      hint,
    };
  }
  const installed = sh`dpkg-query -W -f '\${db:Status-Status}\n' ${o.names} 2>/dev/null | grep -cx installed`;
  return {
    id: o.id,
    title: o.title,
    check: sh`[ "$(${installed})" -eq ${o.names.length} ]`,
    apply: sh`
      export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
      # Other programs (unattended upgrades after boot) may hold the lock for minutes.
      apt_get() { apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"; }
      apt_get install --no-install-recommends ${o.names} || {
        apt_get update
        apt_get install --no-install-recommends ${o.names}
      }`,
    timeoutSec: 1200,
    hint,
  };
}
