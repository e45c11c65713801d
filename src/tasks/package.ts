import { joinShell, type Shell } from '../shell/shell.js';
import type { Task } from './task.js';

/** A package manager of a distribution, in shell. Implementations live with the OS families (`roles/os/`). */
export interface PackageManager {
  /** Program that must exist for it to be used: `apt-get`. */
  readonly program: string;
  /** Read-only; exit 0 = all of them are installed, in any version. */
  installed(names: readonly string[]): Shell;
  /** Installs what is missing; refreshes its lists only when that is needed. */
  install(names: readonly string[]): Shell;
  /** Read-only; exit 0 = none of them is installed. */
  absent(names: readonly string[]): Shell;
  /** Removes what is there, and leaves the rest. */
  remove(names: readonly string[]): Shell;
}

export interface PackageOptions {
  readonly id: string;
  readonly title: string;
  readonly manager: PackageManager;
  readonly names: readonly string[];
  /** What the package manager needs in its environment. */
  readonly environment?: Shell;
}

const PATIENCE_SEC = 1200;

/** Packages of the distribution, any version. */
export function packages(o: PackageOptions): Task {
  return {
    id: o.id,
    title: o.title,
    check: o.manager.installed(o.names),
    apply:
      o.environment && o.environment.text !== ''
        ? joinShell([o.environment, o.manager.install(o.names)])
        : o.manager.install(o.names),
    timeoutSec: PATIENCE_SEC,
    hint: `The host needs a working package source (${o.manager.program}), or these packages in its image`,
  };
}

/** Packages that must not be there. */
export function noPackages(o: PackageOptions): Task {
  return {
    id: o.id,
    title: o.title,
    check: o.manager.absent(o.names),
    apply: o.manager.remove(o.names),
    timeoutSec: PATIENCE_SEC,
    hint: `${o.manager.program} on the host says what keeps it from removing ${o.names.join(', ')}`,
  };
}
