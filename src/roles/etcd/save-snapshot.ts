import type { ClusterHost } from '../../cluster/cluster.js';
import { type Shell, sh } from '../../shell/shell.js';
import { etcdctl, LOCAL_MEMBER } from './etcdctl.js';

/** Directory of a host's snapshots; only root can read it, because they hold all Secrets. */
export function snapshotDirectory(host: ClusterHost): string {
  return `${host.settings.etcd_backup_prefix}/etcd`;
}

/**
 * Saves a snapshot as `$file` in the directory of snapshots. The file gets its name when it is complete and etcdutl has read it; then the
 * oldest ones go.
 * Source: https://etcd.io/docs/v3.6/op-guide/recovery/
 */
export function saveSnapshot(host: ClusterHost): Shell {
  const s = host.settings;
  const dir = snapshotDirectory(host);
  const keep = s.etcd_backup_retention_count;
  const etcdutl = `${s.bin_dir}/etcdutl`;
  return sh`
    umask 077
    mkdir -p ${dir}
    chmod 0700 ${dir}
    free=$(df -Pk ${dir} | awk 'NR == 2 {print $4}')
    size=$(( $(stat -c %s ${`${s.etcd_data_dir}/member/snap/db`}) / 1024 ))
    if [ "$free" -lt $((size * 2)) ]; then
      echo "${dir} has $free kB free, and twice the size of the database is needed ($((size * 2)) kB)" >&2
      exit 1
    fi
    trap 'rm -f "$file.new" "$file.new.part"' EXIT
    ${etcdctl(host, '600s')} --endpoints ${LOCAL_MEMBER} snapshot save "$file.new" >/dev/null
    # etcd writes a hash at the end of the file, and etcdutl compares it.
    if [ -x ${etcdutl} ]; then ${etcdutl} snapshot status "$file.new" --write-out table; fi
    sync "$file.new"
    mv -f "$file.new" "$file"
    ${
      keep < 0
        ? sh``
        : sh`ls -1 ${dir} | grep '^snapshot-[0-9TZ]*[.]db$' | sort -r | tail -n +${keep + 1} | while read -r old; do rm -f ${dir}/"$old"; done`
    }`;
}
