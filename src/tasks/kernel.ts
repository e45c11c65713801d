import { joinShell, rawShell, type Shell, sh } from '../shell/shell.js';
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
  /** Raised to the number, and left alone where they are higher. */
  readonly atLeast?: Readonly<Record<string, number>>;
}

const SYSCTL_FILE = '/etc/sysctl.d/99-kubewright.conf';

/** Kernel parameters, now and after a reboot. */
export function sysctls(o: SysctlOptions): Task {
  const exact = Object.entries(o.values).map(([key, value]) => new Parameter(key, value, '='));
  const floors = Object.entries(o.atLeast ?? {}).map(([key, value]) => new Parameter(key, `${value}`, '-ge'));
  const all = [...exact, ...floors];
  const text = exact.map((p) => `${p.key} = ${p.value}\n`).join('');
  const content = sh`{ printf '%s' ${text}; ${joinShell(floors.map((p) => p.line))} }`;
  return {
    id: o.id,
    title: o.title,
    check: joinShell([...all.map((p) => p.isRight), sh`${content} | cmp -s - ${SYSCTL_FILE}`]),
    apply: joinShell([
      sh`
      mkdir -p /etc/sysctl.d
      ${content} > ${SYSCTL_FILE}`,
      // Some cannot be written in a container, where they may be right all the same.
      ...all.map((p) => sh`( set -eu; ${p.isRight} ) || sysctl -q -w ${`${p.key}=${p.value}`}`),
    ]),
    diff: joinShell([...all.map((p) => p.change), fileDiff({ path: SYSCTL_FILE, content })]),
  };
}

class Parameter {
  readonly key: string;
  readonly value: string;
  readonly #relation: '=' | '-ge';
  readonly #path: string;

  constructor(key: string, value: string, relation: '=' | '-ge') {
    this.key = key;
    this.value = value;
    this.#relation = relation;
    this.#path = `/proc/sys/${key.replaceAll('.', '/')}`;
  }

  get isRight(): Shell {
    return sh`[ "$(cat ${this.#path})" ${rawShell(this.#relation)} ${this.value} ]`;
  }

  /** Prints its line of the file, with the value that it has if that is right. */
  get line(): Shell {
    return sh`n=$(cat ${this.#path} 2>/dev/null || echo 0); [ "$n" ${rawShell(this.#relation)} ${this.value} ] || n=${this.value}; echo ${`${this.key} = `}"$n";`;
  }

  get change(): Shell {
    return sh`
      now=$(cat ${this.#path} 2>/dev/null || echo unset)
      [ "$now" ${rawShell(this.#relation)} ${this.value} ] 2>/dev/null || echo ${`${this.key}: `}"$now becomes "${this.value}`;
  }
}
