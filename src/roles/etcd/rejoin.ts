import { type ClusterHost, memberName } from '../../cluster/cluster.js';
import { memberAt } from '../../cluster/living/living-etcd.js';
import { type Shell, sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';
import { etcdctl, etcdEndpoints } from './etcdctl.js';

export function peerUrl(host: ClusterHost): string {
  return `https://${host.accessIp}:2380`;
}

/**
 * `new` only for a cluster that has no data anywhere: a member whose data is gone must be taken for another one by the rest, or it
 * votes twice. What is written for a member that has its data stays: etcd no longer reads it, and a change would restart it.
 * Source: https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
 */
export function initialState(ctx: RoleContext): string {
  const { living, host } = ctx;
  const own = living?.hosts.get(host.name)?.etcd;
  if (own && own.data.length > 0) return own.env.ETCD_INITIAL_CLUSTER_STATE ?? 'existing';
  return living?.etcd.hasQuorum ? 'existing' : 'new';
}

/**
 * The member of this host is in etcd's list, but its data is gone (a new disk, a new host). It is taken out and added again as
 * a learner, which has no vote until it has caught up.
 * Source: https://etcd.io/docs/v3.6/learning/design-learner/
 */
export function rejoin(ctx: RoleContext): Task[] {
  if (!isEmptied(ctx)) return [];
  const { host } = ctx;
  const data = `${host.settings.etcd_data_dir}/member`;
  const ctl = askOthers(ctx);
  const url = peerUrl(host);
  return [
    command({
      id: 'etcd/rejoin',
      title: 'Replace the member of this host, whose data is gone',
      check: sh`
        [ -d ${data} ] || ${ctl} member list -w simple | grep -F ${url} | grep -q ', unstarted,'`,
      apply: sh`
        systemctl stop etcd.service 2>/dev/null || true
        # Asked with a quorum: with another member down, the removal would cost it.
        out=$(${ctl} endpoint health 2>&1) || { printf '%s\n' "$out" >&2; echo 'another member is not healthy: repair it first' >&2; exit 1; }
        line=$(${ctl} member list -w simple | grep -F ${url} || true)
        case $line in
          *', unstarted,'*) exit 0 ;;
          ?*) ${ctl} member remove "\${line%%,*}" ;;
        esac
        ${ctl} member add ${memberName(host)} --learner --peer-urls=${url}`,
      hint: '`etcdctl member list` on another etcd host shows the members; a member that is down comes first',
    }),
  ];
}

/** Gives a learner its vote when it has caught up. */
export function promote(ctx: RoleContext): Task[] {
  const { host } = ctx;
  const learner = ctx.living !== undefined && memberAt(ctx.living.etcd, host.accessIp)?.isLearner === true;
  if (!isEmptied(ctx) && !learner) return [];
  const ctl = askOthers(ctx);
  const mine = sh`${ctl} member list -w simple | grep -F ${peerUrl(host)}`;
  return [
    command({
      id: 'etcd/promote',
      title: 'Let the new member vote when it has caught up',
      check: sh`
        line=$(${mine})
        case $line in *', started,'*', false') ;; *) exit 1 ;; esac`,
      apply: sh`
        n=0
        until line=$(${mine}) && case $line in *', true') out=$(${ctl} member promote "\${line%%,*}" 2>&1) ;; *', started,'*) true ;; *) false ;; esac; do
          n=$((n + 1))
          [ $n -lt 150 ] || { echo "not promoted: \${out:-it has not started}" >&2; exit 1; }
          sleep 1
        done`,
      timeoutSec: 600,
      hint: '`journalctl -u etcd` on the host says how far it is',
    }),
  ];
}

function isEmptied(ctx: RoleContext): boolean {
  const { living, host } = ctx;
  if (!living?.etcd.hasQuorum || ctx.cluster.etcd.length < 2) return false;
  if ((living.hosts.get(host.name)?.etcd?.data.length ?? 0) > 0) return false;
  return memberAt(living.etcd, host.accessIp) !== undefined;
}

function askOthers(ctx: RoleContext): Shell {
  const others = etcdEndpoints(ctx.cluster.etcd.filter((m) => m !== ctx.host)).join(',');
  return sh`${etcdctl(ctx.host)} --endpoints ${others}`;
}
