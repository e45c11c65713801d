import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { controlPlaneEndpoint } from '../../../kubeadm/build.js';
import { type Shell, sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { Task } from '../../../tasks/task.js';
import { isNode, type RoleContext } from '../../role.js';
import { drained } from '../nodes/drained.js';
import type { RemoveOptions } from './remove-options.js';

function api(ctx: RoleContext): Shell {
  return sh`${kubectl(ctx.host.settings.bin_dir)} --request-timeout=20s`;
}

/** Succeeds when the cluster has no such node. An API that does not answer proves nothing. */
function gone(ctx: RoleContext, host: ClusterHost): Shell {
  return sh`
      found=$(${api(ctx)} get node ${host.name} --ignore-not-found -o name)
      [ -z "$found" ]`;
}

/** Budgets are respected: kubectl evicts, and waits. Pods of a dead host do not end by themselves: the taint says that the host is out of service. */
export function drain(ctx: RoleContext, host: ClusterHost, o: RemoveOptions): Task[] {
  if (!isNode(host)) return [];
  const dead = o.dead.has(host.name);
  // A run that was cut off after the reset: nothing runs there any more.
  const empty = ctx.allFacts.get(host.name)?.isNode === false;
  const cordoned = sh`
      found=$(${api(ctx)} get node ${host.name} --ignore-not-found -o ${'jsonpath={.metadata.name} {.spec.unschedulable}'})
      [ -z "$found" ] || [ "$found" = ${`${host.name} true`} ]`;
  const cordon = command({
    id: `remove/cordon-${host.name}`,
    title: `Let no new pods onto ${host.name}`,
    check: cordoned,
    apply: sh`${api(ctx)} cordon ${host.name}`,
  });
  if (empty) return [cordon];
  const taint = 'node.kubernetes.io/out-of-service';
  if (dead) {
    return [
      cordon,
      command({
        id: `remove/out-of-service-${host.name}`,
        title: `Say that ${host.name} is out of service, so that its pods and volumes move`,
        check: sh`
          found=$(${api(ctx)} get node ${host.name} --ignore-not-found -o ${'jsonpath={.metadata.name} {.spec.taints[*].key}'})
          case "$found " in ' ' | *" ${taint} "*) ;; *) exit 1 ;; esac`,
        apply: sh`${api(ctx)} taint --overwrite node ${host.name} ${`${taint}=nodeshutdown:NoExecute`}`,
      }),
    ];
  }
  return [
    cordon,
    command({
      id: `remove/drain-${host.name}`,
      title: `Drain ${host.name}`,
      check: sh`
          found=$(${api(ctx)} get node ${host.name} --ignore-not-found -o name)
          [ -n "$found" ] || exit 0
          ${drained(api(ctx), host.name)}`,
      apply: sh`${kubectl(ctx.host.settings.bin_dir)} drain ${host.name} --ignore-daemonsets --delete-emptydir-data --timeout ${`${o.drainTimeout}s`} ${o.force ? ['--force'] : []}`,
      timeoutSec: o.drainTimeout + 60,
      hint: `A budget may block it: kubectl get pdb -A. Repair what it protects, or give more time with --drain-timeout, or --force for pods without a controller. ${host.name} stays cordoned; kubectl uncordon takes that back`,
    }),
  ];
}

/** Deleting a node stops nothing on its host: that has been reset before, or is dead. */
export function deleteNode(ctx: RoleContext, host: ClusterHost): Task {
  return command({
    id: `remove/delete-${host.name}`,
    title: `Delete the node ${host.name}`,
    check: gone(ctx, host),
    apply: sh`${api(ctx)} delete node ${host.name} --ignore-not-found --timeout=60s`,
    timeoutSec: 120,
  });
}

/**
 * What joining hosts and the next upgrade read: both name the control plane that the cluster was made with. Only the lines that name a
 * removed host change.
 */
export function clusterConfigs(ctx: RoleContext, removed: readonly ClusterHost[], rest: Cluster): Task[] {
  const before = new Set(removed.filter((h) => h.controlPlane).map((h) => `${h.accessIp}:${rest.settings.kube_apiserver_port}`));
  const names = [...new Set(removed.flatMap((h) => [h.name, h.ip, h.accessIp, `https://${h.accessIp}:2379`]))];
  if (!removed.some((h) => h.controlPlane || h.etcd)) return [];
  const endpoint = controlPlaneEndpoint(rest);
  const escaped = (text: string): string => text.replaceAll('.', '\\.');
  const old = [...before].map(escaped);
  const k = api(ctx);
  return [
    ...(old.length > 0
      ? [
          command({
            id: 'remove/cluster-info',
            title: 'Let joining hosts ask a control plane that stays',
            check: sh`
              text=$(${k} -n kube-public get configmap cluster-info --ignore-not-found -o yaml)
              if printf '%s\n' "$text" | grep -qE ${`server: https://(${old.join('|')})$`}; then exit 1; fi`,
            apply: sh`${k} -n kube-public get configmap cluster-info -o yaml | sed -E ${`s#server: https://(${old.join('|')})$#server: https://${endpoint}#`} | ${k} replace -f -`,
          }),
        ]
      : []),
    command({
      id: 'remove/kubeadm-config',
      title: "Take the removed hosts out of kubeadm's configuration",
      check: sh`
        text=$(${k} -n kube-system get configmap kubeadm-config -o ${'jsonpath={.data.ClusterConfiguration}'})
        [ -n "$text" ]
        if printf '%s\n' "$text" | grep -qE ${pattern(names, old, escaped)}; then exit 1; fi`,
      apply: sh`${k} -n kube-system get configmap kubeadm-config -o yaml | sed -E -e ${`\\#^ *- (${names.map(escaped).join('|')})$#d`} ${
        old.length > 0 ? ['-e', `s#^( *controlPlaneEndpoint: )(${old.join('|')})$#\\1${endpoint}#`] : []
      } | ${k} replace -f -`,
    }),
  ];
}

function pattern(names: readonly string[], old: readonly string[], escaped: (text: string) => string): string {
  const items = `^ *- (${names.map(escaped).join('|')})$`;
  return old.length > 0 ? `${items}|^ *controlPlaneEndpoint: (${old.join('|')})$` : items;
}
