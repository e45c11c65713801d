import { byName, type Cluster, type ClusterHost, memberName } from '../../cluster/cluster.js';
import { memberAt } from '../../cluster/living/living-etcd.js';
import { type Shell, sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';
import { etcdctl, etcdEndpoints } from './etcdctl.js';

/** What only the first start of a joining member reads. Lost with a reboot: by then the member has its data, or joins again. */
const DROP_IN = '/run/systemd/system/etcd.service.d/kubewright-join.conf';
const DROP_IN_ENV = '/run/kubewright-etcd-join.env';

/** Minutes that a host may wait until another one has joined: etcd takes one learner at a time. */
const TURN_MINUTES = 8;

export function peerUrl(host: ClusterHost): string {
  return `https://${host.accessIp}:2380`;
}

/** `etcd1=https://10.0.0.1:2380,…`, sorted: another order in the inventory changes nothing. */
export function initialCluster(cluster: Cluster): string {
  return byName(cluster.etcd)
    .map((m) => `${memberName(m)}=${peerUrl(m)}`)
    .join(',');
}

/**
 * How a member finds the others at its first start. `new` only for a cluster that has no data anywhere: a member whose data is gone
 * must be taken for another one by the rest, or it votes twice. What is written for a member that has its data stays: etcd no longer
 * reads it, and a change would restart it.
 * Source: https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
 */
export function bootstrap(ctx: RoleContext): { readonly members: string; readonly state: string } {
  const { living, host, cluster } = ctx;
  const own = living?.hosts.get(host.name)?.etcd;
  const members = initialCluster(cluster);
  if (own && own.data.length > 0)
    return { members: own.env.ETCD_INITIAL_CLUSTER ?? members, state: own.env.ETCD_INITIAL_CLUSTER_STATE ?? 'existing' };
  return { members, state: living?.etcd.hasQuorum ? 'existing' : 'new' };
}

/** The etcd hosts that are members now; all of them before there is a cluster. */
export function standing(ctx: RoleContext): readonly ClusterHost[] {
  const { living, cluster } = ctx;
  if (!living?.etcd.hasQuorum) return cluster.etcd;
  return cluster.etcd.filter((h) => !isEmpty(ctx, h) && memberAt(living.etcd, h.accessIp) !== undefined);
}

/**
 * A host that etcd does not know yet, or whose data is gone (a new disk, a new host): added as a learner, which has no vote until it
 * has caught up. A member without its data is taken out first.
 * Source: https://etcd.io/docs/v3.6/learning/design-learner/
 */
export function join(ctx: RoleContext): Task[] {
  if (!isJoining(ctx)) return [];
  const { host } = ctx;
  const data = `${host.settings.etcd_data_dir}/member`;
  const ctl = askOthers(ctx);
  const url = peerUrl(host);
  const known = ctx.living !== undefined && memberAt(ctx.living.etcd, host.accessIp) !== undefined;
  return [
    command({
      id: 'etcd/join',
      title: known ? 'Replace the member of this host, whose data is gone' : 'Add this host to etcd, without a vote yet',
      check: sh`
        [ -d ${data} ] || { [ -e ${DROP_IN} ] && ${ctl} member list -w simple | grep -F ${url} | grep -q ', unstarted,'; }`,
      apply: sh`
        systemctl stop etcd.service 2>/dev/null || true
        # Asked with a quorum: with another member down, a change of the members would cost it.
        out=$(${ctl} endpoint health 2>&1) || { printf '%s\n' "$out" >&2; echo 'another member is not healthy: repair it first' >&2; exit 1; }
        line=$(${ctl} member list -w simple | grep -F ${url} || true)
        case $line in
          *', unstarted,'* | '') ;;
          *) ${ctl} member remove "\${line%%,*}"; line='' ;;
        esac
        n=0
        until [ -n "$line" ]; do
          if out=$(${ctl} member add ${memberName(host)} --learner --peer-urls=${url} 2>&1); then break; fi
          # One learner at a time; and right after another one was promoted, the members must have talked to it for a while.
          case $out in *'too many learner'* | *'unhealthy cluster'*) ;; *) printf '%s\n' "$out" >&2; exit 1 ;; esac
          n=$((n + 1))
          [ $n -lt ${TURN_MINUTES * 30} ] || { printf '%s\n' "$out" >&2; ${ctl} member list -w table >&2; exit 1; }
          sleep 2
        done
        # etcd refuses to start with more or fewer members than there are now.
        members=$(${ctl} member list -w simple | awk -F ', ' -v me=${memberName(host)} -v url=${url} '{
          n = split($4, urls, ",")
          name = index($4, url) ? me : $3 == "" ? $1 : $3
          for (i = 1; i <= n; i++) printf "%s%s=%s", sep, name, urls[i]; sep = ","
        }')
        case ",$members," in *,${`${memberName(host)}=${url}`},*) ;; *) echo "not in the list of members: $members" >&2; exit 1 ;; esac
        mkdir -p "$(dirname ${DROP_IN})"
        printf 'ETCD_INITIAL_CLUSTER=%s\nETCD_INITIAL_CLUSTER_STATE=existing\n' "$members" > ${DROP_IN_ENV}
        printf '[Service]\nEnvironmentFile=%s\n' ${DROP_IN_ENV} > ${DROP_IN}
        systemctl daemon-reload`,
      timeoutSec: (TURN_MINUTES + 1) * 60,
      hint: '`etcdctl member list` on another etcd host shows the members; a member that is down, or a learner that never started, comes first',
    }),
  ];
}

/** Gives a learner its vote when it has caught up. */
export function promote(ctx: RoleContext): Task[] {
  const { host } = ctx;
  const learner = ctx.living !== undefined && memberAt(ctx.living.etcd, host.accessIp)?.isLearner === true;
  if (!isJoining(ctx) && !learner) return [];
  const ctl = askOthers(ctx);
  const mine = sh`${ctl} member list -w simple | grep -F ${peerUrl(host)}`;
  return [
    command({
      id: 'etcd/promote',
      title: 'Let the new member vote when it has caught up',
      check: sh`
        [ ! -e ${DROP_IN} ]
        line=$(${mine})
        case $line in *', started,'*', false') ;; *) exit 1 ;; esac`,
      apply: sh`
        n=0
        until line=$(${mine}) && case $line in *', true') out=$(${ctl} member promote "\${line%%,*}" 2>&1) ;; *', started,'*) true ;; *) false ;; esac; do
          n=$((n + 1))
          [ $n -lt 150 ] || { echo "not promoted: \${out:-it has not started}" >&2; exit 1; }
          sleep 1
        done
        rm -f ${DROP_IN} ${DROP_IN_ENV}
        systemctl daemon-reload`,
      timeoutSec: 600,
      hint: '`journalctl -u etcd` on the host says how far it is',
    }),
  ];
}

function isJoining(ctx: RoleContext): boolean {
  return ctx.living?.etcd.hasQuorum === true && ctx.cluster.etcd.length > 1 && isEmpty(ctx, ctx.host);
}

function isEmpty(ctx: RoleContext, host: ClusterHost): boolean {
  return (ctx.living?.hosts.get(host.name)?.etcd?.data.length ?? 0) === 0;
}

function askOthers(ctx: RoleContext): Shell {
  const others = etcdEndpoints(standing(ctx).filter((m) => m !== ctx.host)).join(',');
  return sh`${etcdctl(ctx.host)} --endpoints ${others}`;
}
