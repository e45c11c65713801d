import { sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import type { Role } from '../../role.js';

/** What the task exports: path, sha256, size and revision, separated by spaces. */
export const RECOVERED_EXPORT = 'etcd-recovered';

/** Loopback, on which a member answers for a moment, alone, on ports that nothing else asks. */
const CLIENT_PORT = 23790;
const PEER_PORT = 23800;

/**
 * A snapshot of what a member without a quorum has. A member that cannot find the others does not serve clients, and its database alone lacks
 * what is still in its log. So a copy of its data is started for a moment as a cluster of one, with the member's own certificates.
 * The member's data are only read.
 * Source: https://etcd.io/docs/v3.6/op-guide/recovery/ (--force-new-cluster)
 */
export function recoverSnapshot(stamp: string): Role {
  return {
    name: 'etcd-recover-snapshot',
    tasks(ctx) {
      if (!ctx.host.etcd) return [];
      const s = ctx.host.settings;
      const certs = s.etcd_cert_dir;
      const admin = `${certs}/admin-${ctx.host.name}`;
      const copy = `${s.etcd_data_dir}/kubewright-recover`;
      const dir = `${s.etcd_backup_prefix}/etcd`;
      const file = `${dir}/recovered-${stamp}.db`;
      const etcdutl = `${s.bin_dir}/etcdutl`;
      const client = `https://127.0.0.1:${CLIENT_PORT}`;
      const peer = `https://127.0.0.1:${PEER_PORT}`;
      const ctl = sh`${`${s.bin_dir}/etcdctl`} --cacert ${`${certs}/ca.pem`} --cert ${`${admin}.pem`} --key ${`${admin}-key.pem`} --endpoints ${client} --command-timeout 60s`;
      return [
        action({
          id: 'etcd-recover/snapshot',
          title: 'Take a snapshot of what this member has',
          apply: sh`
            umask 077
            [ -d ${`${s.etcd_data_dir}/member`} ] || { echo ${`${s.etcd_data_dir} holds no member`} >&2; exit 1; }
            [ -x ${etcdutl} ] || { echo ${`${etcdutl} is not installed: it restores snapshots`} >&2; exit 1; }
            size=$(du -sk ${`${s.etcd_data_dir}/member`} | cut -f 1)
            free=$(df -Pk ${s.etcd_data_dir} | awk 'NR == 2 {print $4}')
            if [ "$free" -lt $((size * 2)) ]; then
              echo "${s.etcd_data_dir} has $free kB free, and a copy of its data needs $((size * 2)) kB" >&2
              exit 1
            fi
            # A member at work would change its files while they are copied. Without a quorum it can do nothing anyway.
            systemctl stop etcd.service
            rm -rf ${copy}
            mkdir -p ${copy} ${dir}
            chmod 0700 ${dir}
            cp -a ${`${s.etcd_data_dir}/member`} ${copy}/
            pid=''
            finish() {
              [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || :; }
              rm -rf ${copy} ${`${file}.new`} ${`${file}.new.part`}
              systemctl start --no-block etcd.service || :
            }
            trap finish EXIT
            ${`${s.bin_dir}/etcd`} --name recovered --data-dir ${copy} --force-new-cluster --listen-client-urls ${client} --advertise-client-urls ${client} --listen-peer-urls ${peer} --initial-advertise-peer-urls ${peer} --initial-cluster ${`recovered=${peer}`} --trusted-ca-file ${`${certs}/ca.pem`} --cert-file ${`${certs}/member-${ctx.host.name}.pem`} --key-file ${`${certs}/member-${ctx.host.name}-key.pem`} --client-cert-auth --peer-trusted-ca-file ${`${certs}/ca.pem`} --peer-cert-file ${`${certs}/member-${ctx.host.name}.pem`} --peer-key-file ${`${certs}/member-${ctx.host.name}-key.pem`} --peer-client-cert-auth > ${`${copy}/log`} 2>&1 &
            pid=$!
            n=0
            until ${ctl} endpoint health >/dev/null 2>&1; do
              n=$((n + 1))
              if [ $n -ge 90 ] || ! kill -0 "$pid" 2>/dev/null; then
                echo 'etcd does not start on a copy of the data:' >&2
                tail -n 5 ${`${copy}/log`} >&2
                exit 1
              fi
              sleep 1
            done
            ${ctl} snapshot save ${`${file}.new`} >/dev/null
            ${etcdutl} snapshot status ${`${file}.new`} --write-out table
            sync ${`${file}.new`}
            mv -f ${`${file}.new`} ${file}`,
          exports: {
            [RECOVERED_EXPORT]: sh`echo ${file} "$(sha256sum < ${file} | cut -d ' ' -f 1)" "$(stat -c %s ${file})" "$(${etcdutl} snapshot status ${file} --write-out fields | sed -n 's/^"Revision" : //p')"`,
          },
          timeoutSec: 900,
          hint: 'The data of the member are as they were. If they are damaged, recover from a snapshot: kubewright recover --snapshot FILE',
        }),
      ];
    },
  };
}
