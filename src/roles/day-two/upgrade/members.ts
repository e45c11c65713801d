import { sh } from '../../../shell/shell.js';
import { command, waitFor } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { etcdBinaries, restartMember } from '../../etcd/etcd.js';
import { etcdctl, etcdEndpoints } from '../../etcd/etcdctl.js';
import type { RoleContext } from '../../role.js';
import { runs } from './running.js';

/**
 * A member of etcd gets its new program when all members are healthy, and all must be healthy again before the next one has its turn.
 * A leader hands over first.
 * Source: https://etcd.io/docs/v3.7/upgrades/upgrade_3_7/
 */
export function upgradeMember(ctx: RoleContext): Task[] {
  if (!ctx.host.etcd) return [];
  const { version } = ctx.artifacts.file('etcd');
  return [
    allHealthy(ctx, 'before'),
    ...etcdBinaries(ctx),
    command({
      id: 'upgrade/member',
      title: `Restart the member with etcd ${version}`,
      check: runs('etcd', version),
      apply: sh`
        systemctl daemon-reload
        ${restartMember(ctx)}
        n=0
        until ${etcdctl(ctx.host)} --endpoints https://127.0.0.1:2379 endpoint health >/dev/null 2>&1; do
          n=$((n + 1))
          [ $n -lt 90 ] || { journalctl --no-pager --quiet --lines=15 --output=cat --unit etcd.service >&2; exit 1; }
          sleep 1
        done`,
      timeoutSec: 300,
      hint: '`journalctl -u etcd` on the host says why it does not come back; the snapshot that was taken before is in etcd_backup_prefix',
    }),
    allHealthy(ctx, 'after'),
  ];
}

export function allHealthy(ctx: RoleContext, when: 'before' | 'after'): Task {
  return waitFor({
    id: `upgrade/members-healthy-${when}`,
    title: 'Wait until every member of etcd is healthy',
    until: sh`${etcdctl(ctx.host)} --endpoints ${etcdEndpoints(ctx.cluster.etcd).join(',')} endpoint health 2>&1`,
    timeoutSec: 120,
    hint: 'Repair the member that is not healthy first: kubewright etcd status names it',
  });
}
