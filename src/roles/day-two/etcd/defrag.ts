import type { ClusterHost } from '../../../cluster/cluster.js';
import { sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { waitFor } from '../../../tasks/command.js';
import { etcdctl, etcdEndpoints, LOCAL_MEMBER } from '../../etcd/etcdctl.js';
import type { Role, RoleContext } from '../../role.js';

/** `yes` or `no`: whether the member had its turn. */
const TURN = 'etcd-defragmented';

/**
 * Members one after the other: a member gives no answers while it defragments, so the others must be healthy before and after. The
 * leader comes last, in a play of its own, and hands over first.
 * Source: https://etcd.io/docs/v3.6/op-guide/maintenance/#defragmentation
 */
export const etcdDefrag: Role = {
  name: 'etcd-defrag',
  tasks(ctx) {
    return [
      othersHealthy(ctx),
      action({
        id: 'etcd-defrag/member',
        title: 'Defragment the member, unless it leads',
        apply: sh`
          status=$(${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER} --write-out fields endpoint status)
          field() { echo "$status" | grep "$1" | cut -d: -f2; }
          if [ "$(field MemberID)" = "$(field Leader)" ]; then
            echo 'this member leads: its turn is the last'
            echo no > "$KW_DIR/turn"
            exit 0
          fi
          ${defragment(ctx.host)}
          echo yes > "$KW_DIR/turn"`,
        exports: { [TURN]: sh`cat "$KW_DIR/turn"` },
        timeoutSec: 600,
      }),
      healthy(ctx),
    ];
  },
};

export const etcdDefragLeader: Role = {
  name: 'etcd-defrag-leader',
  tasks(ctx) {
    // Not by who leads now: that may have changed since the first play.
    const had = ctx.exported(ctx.host.name, TURN);
    if (typeof had === 'string' && had.trim() === 'yes') return [];
    const others = etcdEndpoints(ctx.cluster.etcd.filter((m) => m !== ctx.host)).join(',');
    return [
      othersHealthy(ctx),
      action({
        id: 'etcd-defrag/leader',
        title: 'Hand over the lead, and defragment the member',
        apply: sh`
          status=$(${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER} --write-out fields endpoint status)
          field() { echo "$status" | grep "$1" | cut -d: -f2; }
          ${
            others === ''
              ? sh``
              : sh`
          if [ "$(field MemberID)" = "$(field Leader)" ]; then
            next=$(${etcdctl(ctx.host)} --endpoints ${others} endpoint status | head -n 1 | cut -d, -f2)
            ${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER} move-leader $next
            sleep 1
          fi`
          }
          ${defragment(ctx.host)}`,
        timeoutSec: 600,
      }),
      healthy(ctx),
    ];
  },
};

function defragment(host: ClusterHost): ReturnType<typeof sh> {
  const db = `${host.settings.etcd_data_dir}/member/snap/db`;
  return sh`
          before=$(stat -c %s ${db})
          ${etcdctl(host, '300s')} --endpoints ${LOCAL_MEMBER} defrag
          echo "database file: $before bytes before, $(stat -c %s ${db}) bytes now"`;
}

function othersHealthy(ctx: RoleContext): ReturnType<typeof waitFor> {
  const all = etcdEndpoints(ctx.cluster.etcd).join(',');
  return waitFor({
    id: 'etcd-defrag/all-healthy',
    title: 'Wait until every member is healthy',
    until: sh`${etcdctl(ctx.host)} --endpoints ${all} endpoint health 2>&1`,
    timeoutSec: 60,
    hint: 'Repair the member that is not healthy first: while one defragments, the others must have the quorum',
  });
}

function healthy(ctx: RoleContext): ReturnType<typeof waitFor> {
  return waitFor({
    id: 'etcd-defrag/healthy',
    title: 'Wait until the member is healthy again',
    until: sh`${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER} endpoint health 2>&1`,
    timeoutSec: 120,
    hint: '`journalctl -u etcd` on the host says why',
  });
}
