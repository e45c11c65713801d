import { sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { saveSnapshot, snapshotDirectory } from '../../etcd/save-snapshot.js';
import type { Role } from '../../role.js';

/** What the task exports: path, sha256 and size, separated by spaces. */
export const SNAPSHOT_EXPORT = 'etcd-snapshot';

export interface SnapshotOptions {
  /** The healthy member that it is taken from. */
  readonly member: string;
  /** Part of the file's name: `20261129T034500Z`. */
  readonly stamp: string;
}

/** On one member, with the script that a timer would run. */
export function etcdSnapshot({ member, stamp }: SnapshotOptions): Role {
  return {
    name: 'etcd-snapshot',
    tasks(ctx) {
      if (ctx.host.name !== member) return [];
      const file = `${snapshotDirectory(ctx.host)}/snapshot-${stamp}.db`;
      return [
        action({
          id: 'etcd-snapshot/save',
          title: 'Take a snapshot of etcd',
          apply: sh`
            file=${file}
            ${saveSnapshot(ctx.host)}`,
          exports: { [SNAPSHOT_EXPORT]: sh`echo ${file} "$(sha256sum < ${file} | cut -d ' ' -f 1)" "$(stat -c %s ${file})"` },
          timeoutSec: 900,
          hint: 'Give the host space, or choose another directory with etcd_backup_prefix',
        }),
      ];
    },
  };
}
