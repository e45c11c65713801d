import { joinShell, type Shell, sh } from '../shell/shell.js';
import { fileDiff } from './diff.js';
import type { Task } from './task.js';

export interface KernelModule {
  readonly name: string;
  /** Path that exists exactly when the feature is there, even if it is built into the kernel. */
  readonly path?: string;
  /** File system that the module provides, as in /proc/filesystems. */
  readonly filesystem?: string;
  /** It leaves no trace where it is built into the kernel; without a directory of modules it counts as there. */
  readonly traceless?: true;
}

export interface KernelModulesOptions {
  readonly id: string;
  readonly title: string;
  readonly modules: readonly KernelModule[];
}

const MODULES_FILE = '/etc/modules-load.d/kubewright.conf';

/** Kernel features, now and after a reboot. A feature that is built in, or that a container's host has loaded, counts. */
export function kernelModules(o: KernelModulesOptions): Task {
  const content = sh`printf '%s\n' ${o.modules.map((m) => m.name)}`;
  return {
    id: o.id,
    title: o.title,
    check: joinShell([...o.modules.map(present), sh`${content} | cmp -s - ${MODULES_FILE}`]),
    apply: joinShell([
      sh`mkdir -p /etc/modules-load.d`,
      sh`${content} > ${MODULES_FILE}`,
      ...o.modules.map((m) => sh`( set -eu; ${present(m)} ) || modprobe -- ${m.name}`),
    ]),
    diff: fileDiff({ path: MODULES_FILE, content }),
    hint: 'The kernel lacks a module: install the full kernel image (linux-image-generic, kernel-modules-extra) and reboot',
  };
}

function present(m: KernelModule): Shell {
  if (m.filesystem) return sh`grep -qw ${m.filesystem} /proc/filesystems`;
  const path = m.path ?? `/sys/module/${m.name}`;
  if (!m.traceless) return sh`[ -e ${path} ]`;
  return sh`
    dir=/lib/modules/$(uname -r)
    [ -e ${path} ] || [ ! -d "$dir" ] || grep -qs ${`/${m.name}.ko`} "$dir/modules.builtin"`;
}

export interface SysctlOptions {
  readonly id: string;
  readonly title: string;
  /** `net.ipv4.ip_forward` → `1`. */
  readonly values: Readonly<Record<string, string>>;
}

const SYSCTL_FILE = '/etc/sysctl.d/99-kubewright.conf';

/** Kernel parameters, now and after a reboot. */
export function sysctls(o: SysctlOptions): Task {
  const entries = Object.entries(o.values);
  const text = entries.map(([k, v]) => `${k} = ${v}\n`).join('');
  const content = sh`printf '%s' ${text}`;
  const live = entries.map(([k, v]) => sh`[ "$(cat ${`/proc/sys/${k.replaceAll('.', '/')}`})" = ${v} ]`);
  const changes = entries.map(
    ([k, v]) => sh`
      now=$(cat ${`/proc/sys/${k.replaceAll('.', '/')}`} 2>/dev/null || echo unset)
      [ "$now" = ${v} ] || echo ${`${k}: `}"$now becomes "${v}`,
  );
  return {
    id: o.id,
    title: o.title,
    check: joinShell([...live, sh`${content} | cmp -s - ${SYSCTL_FILE}`]),
    apply: sh`
      mkdir -p /etc/sysctl.d
      ${content} > ${SYSCTL_FILE}
      sysctl -q -p ${SYSCTL_FILE}`,
    diff: joinShell([...changes, fileDiff({ path: SYSCTL_FILE, content })]),
  };
}
