import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import type { Role } from '../../roles/role.js';
import { type ClusterSource, readCluster } from '../inventory/read-cluster.js';
import { type PlaybookOptions, type PlaybookRun, runPlaybook } from '../run/run-playbook.js';

/** What the commands that look after a living cluster have in common. */
export type OperationOptions = Omit<PlaybookOptions, 'tags' | 'skipTags' | 'limit'>;

export interface Operation extends Pick<PlaybookRun, 'title' | 'finish' | 'secretFiles' | 'upgrades' | 'plays' | 'anyEtcd'> {
  /** In `playbooks/`: `etcd-snapshot.yml`. */
  readonly playbook: string;
  /** Its roles, made for what the operator asked for. */
  readonly roles: readonly Role[];
  /** Hosts that take part, of those that the playbook names; default: all. */
  readonly hosts?: readonly string[];
}

/** Runs a playbook of the package with roles of its own. @returns the exit code, see `runPlaybook`. */
export async function runOperation(o: OperationOptions, operation: Operation): Promise<number> {
  const { playbook, roles, hosts, ...rest } = operation;
  return runPlaybook({
    ...o,
    ...rest,
    playbook: join(PACKAGE_ROOT, 'playbooks', playbook),
    cluster: true,
    evenEtcd: true,
    tags: [],
    skipTags: [],
    roles: new Map(roles.map((role) => [role.name, role])),
    ...(hosts ? { only: new Set(hosts) } : {}),
  });
}

/** The cluster of the inventory, to look at before a run. Nothing in it is open. */
export async function readForLook(
  o: Pick<OperationOptions, 'inventory' | 'extraVars' | 'vault' | 'bundle'>,
): Promise<ClusterSource> {
  const source = await readCluster({ ...o, evenEtcd: true });
  await source.bundle?.close();
  return source;
}
