import { type ClusterHost, memberName } from '../../../cluster/cluster.js';
import { RESTORE_ASIDE } from '../../../facts/living/probe-living.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { command, waitFor } from '../../../tasks/command.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { ArtifactRef } from '../../../tasks/task.js';
import { etcdctl, etcdEndpoints, LOCAL_MEMBER } from '../../etcd/etcdctl.js';
import { initialCluster } from '../../etcd/join.js';
import { restorePlaces } from '../../etcd/restore-places.js';
import { MANIFESTS } from '../../kubernetes/kubelet.js';
import type { Role, RoleContext } from '../../role.js';
import { without } from '../remove/remove-options.js';
import { nameTheseHosts } from './new-hosts.js';
import { registerNodes } from './register.js';

/** `prepared` or `swapped`: how far a member has come with this snapshot. */
const PHASE = 'etcd-restore-phase';
const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

export interface RestoreOptions {
  /** The snapshot on the operator's machine; its tasks take it by its sha256. */
  readonly snapshot: ArtifactRef;
  /** Part of the name of the directory that keeps the old data: `20261129T034500Z`. */
  readonly stamp: string;
  /** Hosts that are lost, and left out of the etcd that is restored. */
  readonly lost?: readonly string[];
}

/**
 * A snapshot onto the members that are there. Everything that can go wrong goes wrong while etcd still runs: every member checks
 * the file and restores it beside its data. Then the clients stop, then all members, then all change over, then they start.
 *
 * The revision is raised above everything that clients have seen: otherwise kubelets, kube-proxy and controllers, which go on from
 * the revision that they know, miss what changes afterwards, without an error (etcd-io/etcd#16028).
 * Source: https://etcd.io/docs/v3.6/op-guide/recovery/
 */
export function etcdRestore(o: RestoreOptions): Role[] {
  const { lost = [] } = o;
  const roles: Role[] = [
    { name: 'etcd-restore-prepare', tasks: (ctx) => prepare(ctx, o) },
    { name: 'etcd-restore-stop', tasks: (ctx) => (allSwapped(ctx) ? [] : [stopClients(ctx)]) },
    { name: 'etcd-restore-swap', tasks: (ctx) => [swap(ctx, o)] },
    { name: 'etcd-restore-start', tasks: (ctx) => start(ctx) },
    { name: 'etcd-restore-api', tasks: (ctx) => startClients(ctx) },
    registerNodes,
    { name: 'etcd-restore-finish', tasks: (ctx) => finish(ctx, o, lost.length === 0) },
  ];
  if (lost.length === 0) return roles;
  return roles.map(({ name, tasks }) => ({ name, tasks: (ctx) => tasks({ ...ctx, cluster: without(ctx.cluster, lost) }) }));
}

function prepare(ctx: RoleContext, { snapshot }: RestoreOptions): ReturnType<Role['tasks']> {
  const { data, staging, state } = restorePlaces(ctx.host);
  const etcdutl = `${ctx.host.settings.bin_dir}/etcdutl`;
  return [
    command({
      id: 'etcd-restore/prepare',
      title: 'Check the snapshot, and restore it beside the data',
      needs: [snapshot],
      check: sh`
        case $(cat ${state}) in ${`${snapshot.sha256} prepared`} | ${`${snapshot.sha256} swapped`}) ;; *) exit 1 ;; esac`,
      apply: sh`
        umask 077
        if [ ! -x ${etcdutl} ]; then
          echo ${`${etcdutl} is not installed: it restores snapshots`} >&2
          exit 1
        fi
        free=$(df -Pk ${data} | awk 'NR == 2 {print $4}')
        if [ "$free" -lt ${Math.ceil((snapshot.size ?? 0) / 512)} ]; then
          echo "${data} has $free kB free, and twice the size of the snapshot is needed" >&2
          exit 1
        fi
        file=$(kw_artifact ${snapshot.sha256})
        ${etcdutl} snapshot status "$file" --write-out table
        rm -rf ${staging}
        mkdir -p ${staging}
        set -a
        . /etc/etcd.env
        set +a
        # A token of its own: a member that was away keeps its old data, and must not find its way back in with it.
        ( unset ETCD_DATA_DIR; ${etcdutl} snapshot restore "$file" --name ${memberName(ctx.host)} --initial-cluster ${initialCluster(ctx.cluster)} --initial-cluster-token "$ETCD_INITIAL_CLUSTER_TOKEN-"${snapshot.sha256.slice(0, 12)} --initial-advertise-peer-urls "$ETCD_INITIAL_ADVERTISE_PEER_URLS" --data-dir ${`${staging}/new`} --bump-revision 1000000000 --mark-compacted )
        [ -s ${`${staging}/new/member/snap/db`} ]
        echo ${`${snapshot.sha256} prepared`} > ${`${state}.new`}
        mv -f ${`${state}.new`} ${state}
        kw_artifact_done ${snapshot.sha256}`,
      exports: { [PHASE]: sh`cut -d ' ' -f 2 ${state}` },
      timeoutSec: 1800,
      hint: 'Nothing has been stopped. Run provision once if etcdutl is missing: it installs etcdutl with etcd 3.5 and newer. Take another snapshot if this one is damaged',
    }),
  ];
}

function phase(ctx: RoleContext, host: ClusterHost): string {
  const value = ctx.exported(host.name, PHASE);
  return typeof value === 'string' ? value.trim() : '';
}

/** A run that was cut off after the change-over: the clients may be up on the new data already. */
function allSwapped(ctx: RoleContext): boolean {
  return ctx.cluster.etcd.every((h) => phase(ctx, h) === 'swapped');
}

function stopClients(ctx: RoleContext): ReturnType<typeof command> {
  const crictl = `${ctx.host.settings.bin_dir}/crictl`;
  return command({
    id: 'etcd-restore/stop-clients',
    title: 'Stop the API server, the controller manager and the scheduler',
    check: sh`
      for c in ${COMPONENTS}; do
        [ ! -e ${MANIFESTS}/"$c.yaml" ]
        if ${running()}; then exit 1; fi
      done`,
    apply: sh`
      mkdir -p ${RESTORE_ASIDE}
      chmod 0700 ${RESTORE_ASIDE}
      # The kubelet deletes images that no container uses when the disk fills up; without a registry they would not come back.
      ${pinImages(ctx, 'pinned')}
      for c in ${COMPONENTS}; do
        [ ! -e ${MANIFESTS}/"$c.yaml" ] || mv -f ${MANIFESTS}/"$c.yaml" ${RESTORE_ASIDE}/
      done
      # An API server does not end by itself while clients watch: half a minute less without an API.
      for c in ${COMPONENTS}; do
        for id in $(${crictl} ps -q --name "^$c$" 2>/dev/null); do timeout 20 ${crictl} stop -t 3 "$id" >/dev/null 2>&1 || :; done
      done
      n=0
      for c in ${COMPONENTS}; do
        while ${running()}; do
          n=$((n + 1))
          [ $n -lt 120 ] || { echo "$c does not end" >&2; exit 1; }
          sleep 1
        done
      done`,
    timeoutSec: 240,
    hint: 'Run the same command again: it goes on from here',
  });
}

/** An empty value takes the label away. Source: https://github.com/containerd/containerd/blob/main/internal/cri/labels/labels.go */
export function pinImages(ctx: RoleContext, value: 'pinned' | ''): Shell {
  const ctr = `${ctx.host.settings.bin_dir}/ctr`;
  return sh`
      for c in ${COMPONENTS}; do
        for f in ${MANIFESTS}/"$c.yaml" ${RESTORE_ASIDE}/"$c.yaml"; do
          image=$(sed -n 's/^ *image: *//p' "$f" 2>/dev/null | head -n 1)
          [ -z "$image" ] || ${ctr} --namespace k8s.io images label "$image" ${`io.cri-containerd.pinned=${value}`} >/dev/null
        done
      done`;
}

/** Whether `$c` runs. By its command line: the kernel's name of a process has 15 characters, as many as Calico's kube-controllers shares. */
function running(): Shell {
  return sh`pgrep -f "^(/[^ ]*/)?$c( |$)" >/dev/null`;
}

function swap(ctx: RoleContext, { snapshot, stamp }: RestoreOptions): ReturnType<typeof command> {
  const { data, staging, state } = restorePlaces(ctx.host);
  const kept = `${data}/before-restore-${stamp}`;
  return command({
    id: 'etcd-restore/swap',
    title: 'Stop the member, keep its old data, and put the restored data in their place',
    check: sh`[ "$(cat ${state})" = ${`${snapshot.sha256} swapped`} ]`,
    apply: sh`
      [ "$(cat ${state})" = ${`${snapshot.sha256} prepared`} ]
      systemctl stop etcd.service
      if [ -d ${`${staging}/new/member`} ]; then
        if [ -d ${`${data}/member`} ]; then
          mkdir -p ${kept}
          chmod 0700 ${kept}
          mv ${`${data}/member`} ${`${kept}/member`}
        fi
        mv ${`${staging}/new/member`} ${`${data}/member`}
      fi
      sync
      echo ${`${snapshot.sha256} swapped`} > ${`${state}.new`}
      mv -f ${`${state}.new`} ${state}`,
    timeoutSec: 180,
    hint: 'Run the same command again: it goes on from here',
  });
}

function start(ctx: RoleContext): ReturnType<Role['tasks']> {
  return [
    command({
      id: 'etcd-restore/start',
      title: 'Start the member',
      check: sh`case $(systemctl is-active etcd.service) in active | activating) ;; *) exit 1 ;; esac`,
      apply: sh`
        systemctl start --no-block etcd.service
        sleep 0.5`,
    }),
    waitFor({
      id: 'etcd-restore/healthy',
      title: 'Wait until the member is healthy',
      until: sh`${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER} endpoint health 2>&1`,
      timeoutSec: 180,
      hint: '`journalctl -u etcd` on the host says why; then run the same command again',
    }),
  ];
}

function startClients(ctx: RoleContext): ReturnType<Role['tasks']> {
  return [
    command({
      id: 'etcd-restore/start-clients',
      title: 'Start the control plane again',
      check: sh`for c in ${COMPONENTS}; do [ -e ${MANIFESTS}/"$c.yaml" ]; done`,
      apply: sh`
        for c in ${COMPONENTS}; do
          [ ! -e ${RESTORE_ASIDE}/"$c.yaml" ] || mv -f ${RESTORE_ASIDE}/"$c.yaml" ${MANIFESTS}/
        done
        rmdir ${RESTORE_ASIDE} 2>/dev/null || :`,
    }),
    waitFor({
      id: 'etcd-restore/ready',
      title: 'Wait until the API server is ready',
      until: sh`${kubectl(ctx.host.settings.bin_dir)} --request-timeout=5s get --raw /readyz 2>&1`,
      timeoutSec: 300,
      hint: '`journalctl -u kubelet` on the host says why; then run the same command again. If images are missing, `provision --tags containerd` imports them again',
    }),
    action({
      id: 'etcd-restore/unpin',
      title: 'Let the kubelet delete unused images of the control plane again',
      apply: pinImages(ctx, ''),
    }),
  ];
}

/** @param whole no host is lost, whose names `remove` would take out. */
function finish(ctx: RoleContext, { snapshot }: RestoreOptions, whole: boolean): ReturnType<Role['tasks']> {
  const tasks = [];
  if (ctx.host === ctx.cluster.controlPlane[0]) {
    const k = sh`${kubectl(ctx.host.settings.bin_dir)} -n kube-system --request-timeout=20s`;
    tasks.push(
      action({
        id: 'etcd-restore/kube-proxy',
        title: 'Restart kube-proxy, which may know Services that are gone',
        apply: sh`
          [ -n "$(${k} get daemonset kube-proxy --ignore-not-found -o name)" ] || exit 0
          ${k} rollout restart daemonset kube-proxy`,
      }),
      ...(whole ? [nameTheseHosts(ctx)] : []),
    );
  }
  if (ctx.host.etcd) {
    const { data, staging, state } = restorePlaces(ctx.host);
    tasks.push(
      ...(ctx.host === ctx.cluster.etcd[0] ? [sameData(ctx)] : []),
      command({
        id: 'etcd-restore/forget',
        title: 'Forget the restore, and keep the old data',
        check: sh`[ ! -e ${staging} ]`,
        apply: sh`
          [ "$(cat ${state})" = ${`${snapshot.sha256} swapped`} ]
          rm -rf ${staging}`,
        exports: { 'etcd-old-data': sh`ls -1d ${data}/before-restore-* 2>/dev/null | tail -n 1` },
      }),
    );
  }
  return tasks;
}

function sameData(ctx: RoleContext): ReturnType<typeof waitFor> {
  const all = etcdEndpoints(ctx.cluster.etcd).join(',');
  return waitFor({
    id: 'etcd-restore/same-data',
    title: 'Compare the data of all members',
    until: joinShell([
      sh`rev=$(${etcdctl(ctx.host)} --endpoints ${LOCAL_MEMBER} --write-out fields endpoint status | sed -n 's/^"Revision" : //p')`,
      sh`hashes=$(${etcdctl(ctx.host)} --endpoints ${all} --write-out fields endpoint hashkv --rev "$rev" | sed -n 's/^"Hash" : //p')`,
      sh`echo "revision $rev:" $hashes`,
      sh`[ "$(echo "$hashes" | wc -l)" -eq ${ctx.cluster.etcd.length} ]`,
      sh`[ "$(echo "$hashes" | sort -u | wc -l)" -eq 1 ]`,
    ] satisfies Shell[]),
    timeoutSec: 30,
    hint: 'The members were restored from different data: run the same command again with the same file',
  });
}
