import type { ClusterHost } from '../../../cluster/cluster.js';
import { Secret } from '../../../shell/secret.js';
import { sh } from '../../../shell/shell.js';
import { command, waitFor } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { etcdctl, LOCAL_MEMBER } from '../../etcd/etcdctl.js';
import type { RoleContext } from '../../role.js';

const CA_KEY = 'etcd-ca-key';

/** Without its key no certificate of etcd can be made again, so it does not go with the host that holds it. */
export function keepEtcdCa(ctx: RoleContext): Task[] {
  if (!ctx.host.etcd) return [];
  const key = `${ctx.host.settings.etcd_cert_dir}/ca-key.pem`;
  return [
    command({
      id: 'remove/ca-key',
      title: "Read the key of etcd's certificate authority, if it is on this host",
      check: sh`:`,
      apply: sh`:`,
      exports: { [CA_KEY]: sh`[ ! -s ${key} ] || cat ${key}` },
      sensitive: true,
      readOnly: true,
    }),
  ];
}

export function receiveEtcdCa(ctx: RoleContext, removed: readonly ClusterHost[]): Task[] {
  const key = removed.map((h) => ctx.exported(h.name, CA_KEY)).find((v) => v instanceof Secret && v.reveal().trim() !== '');
  if (!(key instanceof Secret)) return [];
  const dir = ctx.host.settings.etcd_cert_dir;
  const file = `${dir}/ca-key.pem`;
  const secret = new Secret('etcd-ca-key', key.reveal());
  return [
    command({
      id: 'remove/receive-ca-key',
      title: "Keep the key of etcd's certificate authority on this host",
      check: sh`
        [ -s ${file} ]
        [ "$(openssl x509 -pubkey -noout -in ${`${dir}/ca.pem`})" = "$(openssl pkey -pubout -in ${file})" ]`,
      apply: sh`
        umask 077
        printf '%s\n' ${secret} > ${`${file}.kw-new`}
        mv -f ${`${file}.kw-new`} ${file}`,
      sensitive: true,
    }),
  ];
}

/**
 * The quorum is counted right before: of the members that stay, more than half must be healthy. A leader that is removed stops all
 * writes until the others have elected one, so it hands over first.
 * Source: https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
 */
export function removeMember(ctx: RoleContext, host: ClusterHost): Task[] {
  const ctl = sh`${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER}`;
  const peer = `https://${host.accessIp}:2380`;
  const listed = sh`
        list=$(${ctl} member list)
        [ -n "$list" ]`;
  return [
    command({
      id: `remove/member-${host.name}`,
      title: `Remove the etcd member of ${host.name}`,
      check: sh`
        ${listed}
        case $list in *${`, ${peer},`}*) exit 1 ;; esac`,
      apply: sh`
        ${listed}
        id=$(printf '%s\n' "$list" | awk -F', ' -v peer=${peer} '$4 == peer {print $1}')
        total=$(( $(printf '%s\n' "$list" | wc -l) - 1 ))
        healthy=0
        for e in $(printf '%s\n' "$list" | awk -F', ' -v peer=${peer} '$4 != peer && $6 != "true" {split($5, urls, ","); print urls[1]}'); do
          if ${etcdctl(ctx.host)} --endpoints "$e" endpoint health >/dev/null 2>&1; then healthy=$((healthy + 1)); fi
        done
        if [ $healthy -le $((total / 2)) ]; then
          echo "not removed: of the $total members that stay only $healthy are healthy, and $((total / 2 + 1)) are needed" >&2
          exit 1
        fi
        fields=$(${ctl} --write-out fields endpoint status)
        leader=$(printf '%x' "$(echo "$fields" | sed -n 's/^"Leader" : //p')")
        if [ "$leader" = "$id" ]; then
          next=$(echo "$fields" | sed -n 's/^"MemberID" : //p')
          ${etcdctl(ctx.host)} --endpoints ${`https://${host.accessIp}:2379`} move-leader "$(printf '%x' "$next")"
          sleep 1
        fi
        ${ctl} member remove "$id"`,
      timeoutSec: 120,
      hint: `Repair the members that are not healthy first: kubewright etcd status names them${host.controlPlane ? '. Until then provision puts the host back into the load balancers' : ''}`,
    }),
    waitFor({
      id: `remove/healthy-without-${host.name}`,
      title: 'Wait until the members that stay are healthy',
      // As etcd lists them: the inventory may have hosts that are not members, or not any more.
      until: sh`${ctl} endpoint health --cluster 2>&1`,
      timeoutSec: 120,
      hint: '`journalctl -u etcd` on the members says why',
    }),
  ];
}
