import { sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { etcdctl, LOCAL_MEMBER } from '../../etcd/etcdctl.js';
import type { Role } from '../../role.js';

/** What the task exports: path, sha256 and size, separated by spaces. */
export const SNAPSHOT_EXPORT = 'etcd-snapshot';

export interface SnapshotOptions {
  /** The healthy member that it is taken from. */
  readonly member: string;
  /** Part of the file's name: `20261129T034500Z`. */
  readonly stamp: string;
}

/**
 * A snapshot of etcd in a directory that only root can read, because it holds all Secrets. The file gets its name when it is
 * complete and etcdutl has read it; then the oldest ones go.
 * Source: https://etcd.io/docs/v3.6/op-guide/recovery/
 */
export function etcdSnapshot({ member, stamp }: SnapshotOptions): Role {
  return {
    name: 'etcd-snapshot',
    tasks(ctx) {
      if (ctx.host.name !== member) return [];
      const s = ctx.host.settings;
      const dir = `${s.etcd_backup_prefix}/etcd`;
      const file = `${dir}/snapshot-${stamp}.db`;
      const keep = s.etcd_backup_retention_count;
      const db = `${s.etcd_data_dir}/member/snap/db`;
      return [
        action({
          id: 'etcd-snapshot/save',
          title: 'Take a snapshot of etcd',
          apply: sh`
            umask 077
            mkdir -p ${dir}
            chmod 0700 ${dir}
            free=$(df -Pk ${dir} | awk 'NR == 2 {print $4}')
            size=$(( $(stat -c %s ${db}) / 1024 ))
            if [ "$free" -lt $((size * 2)) ]; then
              echo "${dir} has $free kB free, and twice the size of the database is needed ($((size * 2)) kB)" >&2
              exit 1
            fi
            trap 'rm -f ${`${file}.new`} ${`${file}.new.part`}' EXIT
            ${etcdctl(ctx.host, '600s')} --endpoints ${LOCAL_MEMBER} snapshot save ${`${file}.new`} >/dev/null
            # etcd writes a hash at the end of the file, and etcdutl compares it.
            if [ -x ${`${s.bin_dir}/etcdutl`} ]; then ${`${s.bin_dir}/etcdutl`} snapshot status ${`${file}.new`} --write-out table; fi
            sync ${`${file}.new`}
            mv -f ${`${file}.new`} ${file}
            ${
              keep < 0
                ? sh``
                : sh`ls -1 ${dir} | grep '^snapshot-[0-9TZ]*\.db$' | sort -r | tail -n +${keep + 1} | while read -r old; do rm -f ${dir}/"$old"; done`
            }`,
          exports: { [SNAPSHOT_EXPORT]: sh`echo ${file} "$(sha256sum < ${file} | cut -d ' ' -f 1)" "$(stat -c %s ${file})"` },
          timeoutSec: 900,
          hint: 'Give the host space, or choose another directory with etcd_backup_prefix',
        }),
      ];
    },
  };
}
