import type { HostFacts } from '../../facts/facts.js';
import type { PackageManager } from '../../tasks/package.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

/** What packages are for; each family has its own names for them. */
export type PackagePurpose = 'node' | 'ipvs';

/** Distributions that share a package manager and habits. To add one: a file beside this one, an entry in `families.ts`. */
export interface OsFamily {
  readonly name: string;
  /** ID and ID_LIKE of /etc/os-release by which its members are recognised. */
  readonly ids: readonly string[];
  /** What preflight says is supported: `Debian 12 or newer`. */
  readonly releases: string;
  /** Older releases are refused. Absent: any release will do. */
  readonly oldest?: {
    /** ID of /etc/os-release → the first VERSION_ID that works. Others are not judged: a derivative counts in its own way. */
    readonly versions: Readonly<Record<string, number>>;
    /** Why, and what is to be done besides another system. */
    readonly why: string;
    readonly otherwise?: string;
  };
  readonly packageManager: PackageManager;
  /** `node`: what Kubernetes and its runtime call on a host. `ipvs`: what kube-proxy needs besides in that mode. */
  readonly packages: Readonly<Record<PackagePurpose, readonly string[]>>;
  /** Opens what the nodes need between each other. Absent: nothing to do. */
  firewall?(ctx: RoleContext): readonly Task[];
  /** Lets containers read what the kubelet mounts. Absent: nothing to do. */
  selinux?(ctx: RoleContext): readonly Task[];
}

/** Whether the host's release is older than the family's oldest one that works. */
export function isTooOld(family: OsFamily, { os }: HostFacts): boolean {
  return Number.parseFloat(os.version) < (family.oldest?.versions[os.id] ?? 0);
}

/** Whether the host belongs to the family by what /etc/os-release says and has its package manager. */
export function isMember(family: OsFamily, facts: HostFacts): boolean {
  return facts.os.like.some((id) => family.ids.includes(id)) && facts.tools.has(family.packageManager.program);
}
