import type { ClusterHost } from '../../cluster/cluster.js';
import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

interface RestorePlaces {
  readonly data: string;
  readonly staging: string;
  readonly state: string;
}

/** Beside the data, on the same file system: the directory itself may be a mount. */
export function restorePlaces(host: ClusterHost): RestorePlaces {
  const data = host.settings.etcd_data_dir;
  return { data, staging: `${data}/kubewright-restore`, state: `${data}/kubewright-restore/state` };
}

/**
 * A restore that was cut off when everything ran again leaves its note, and a later one of the same snapshot would take itself for done.
 * Only where every control plane is known to run again.
 */
export function endedRestore(ctx: RoleContext): Task[] {
  if (!ctx.cluster.controlPlane.every((h) => ctx.allFacts.get(h.name)?.living?.restoring === false)) return [];
  const { staging, state } = restorePlaces(ctx.host);
  return [
    command({
      id: 'etcd/ended-restore',
      title: 'Forget a restore that has ended',
      check: sh`if grep -qs ' swapped$' ${state}; then exit 1; fi`,
      apply: sh`rm -rf ${staging}`,
    }),
  ];
}
