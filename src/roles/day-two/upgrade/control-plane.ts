import { type Shell, sh } from '../../../shell/shell.js';
import { command, waitFor } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { kubeProxyEndpoint } from '../../kubernetes/kube-proxy.js';
import { kubeadmOf } from '../../kubernetes/kubeadm-command.js';
import { MANIFESTS, node } from '../../kubernetes/kubelet.js';
import type { RoleContext } from '../../role.js';
import { hostWhy } from '../../why.js';
import { drain, kubeProxyRolledOut, ownApi, uncordon } from './drain.js';
import { images } from './fetch.js';
import { allHealthy } from './members.js';
import { ignoring, upgradeNode } from './node.js';
import { STARTED } from './upgrade-options.js';

export const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/**
 * One control plane: first the static pods by kubeadm, while its node still takes pods, then the node itself. The next one has its turn
 * only when this API server has been ready for a while: a kubelet of another minor version restarts all static pods.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-upgrade/
 */
export function upgradeControlPlane(ctx: RoleContext, drainTimeout: number): Task[] {
  return [
    allHealthy(ctx, 'before'),
    othersReady(ctx),
    ...images(ctx),
    ...node.tasks(ctx).filter((t) => t.id === 'node/kubeadm'),
    kubeadmUpgrade(ctx),
    componentsRun(ctx),
    // kubeadm has set it to the control plane that the cluster was made with.
    kubeProxyEndpoint(ctx),
    kubeProxyRolledOut(ctx),
    ...drain(ctx, ctx.host, drainTimeout),
    ...upgradeNode(ctx),
    steady(ctx),
    uncordon(ctx, ctx.host),
  ];
}

function othersReady(ctx: RoleContext): Task {
  const others = ctx.cluster.controlPlane.filter((h) => h !== ctx.host);
  const k = ownApi(ctx);
  return waitFor({
    id: 'upgrade/others-ready',
    title: 'Wait until the other API servers are ready',
    until: sh`
      for url in ${others.map((h) => `https://${h.accessIp}:${h.settings.kube_apiserver_port}`)}; do
        [ "$(${k} --server "$url" get --raw /readyz 2>&1)" = ok ] || { echo "$url is not ready"; exit 1; }
      done`,
    timeoutSec: 240,
    hint: 'Two API servers must not be away at once: repair the other one first',
  });
}

/** `apply` on the first control plane, and wherever the cluster's configuration does not say the new version yet; `node` elsewhere. */
function kubeadmUpgrade(ctx: RoleContext): Task {
  const version = `v${ctx.cluster.settings.kube_version}`;
  const kubeadm = kubeadmOf(ctx.host);
  const first = ctx.host === ctx.cluster.controlPlane[0];
  const apply = sh`${kubeadm} upgrade apply ${version} --yes --etcd-upgrade=false ${ignoring(ctx)}`;
  const follow = sh`${kubeadm} upgrade node --etcd-upgrade=false ${ignoring(ctx)}`;
  const known = sh`${ownApi(ctx)} -n kube-system get configmap kubeadm-config -o ${'jsonpath={.data.ClusterConfiguration}'} | grep -qxF ${`kubernetesVersion: ${version}`}`;
  return command({
    id: 'upgrade/control-plane',
    title: `Upgrade the control plane to ${version} with kubeadm`,
    check: sh`
      [ ! -e ${STARTED} ]
      for c in ${COMPONENTS}; do
        grep -q ${`^ *image: .*:${version}$`} ${MANIFESTS}/"$c".yaml
      done
      ${known}`,
    apply: sh`
      echo ${version} > ${STARTED}
      ${endOldServer(ctx, version)}
      ${first ? apply : sh`if ${known}; then ${follow}; else ${apply}; fi`}
      rm -f ${STARTED}`,
    timeoutSec: 1500,
    why: hostWhy(),
    hint: 'kubeadm puts the old manifests back when a component does not come up, and keeps them in /etc/kubernetes/tmp. Repair the cause and run again',
  });
}

/**
 * While clients watch, an API server that is told to end goes on for the 30 s that it is given. When its manifest has changed it gets 5:
 * clients have to come again in any case, and those of a load balancer go to another one.
 */
function endOldServer(ctx: RoleContext, version: string): Shell {
  const crictl = `${ctx.host.settings.bin_dir}/crictl`;
  return sh`
      if [ -x ${crictl} ] && old=$(${crictl} ps -q --name '^kube-apiserver$') && [ -n "$old" ]; then
        (
          until grep -q ${`^ *image: .*:${version}$`} ${MANIFESTS}/kube-apiserver.yaml; do sleep 0.5; done
          sleep 1
          for c in $old; do ${crictl} stop -t 5 "$c"; done
        ) >/dev/null 2>&1 &
        trap "kill $! 2>/dev/null || true" EXIT
      fi`;
}

/** The processes, not the manifests: the kubelet needs a moment to follow them. */
export function componentsRun(ctx: RoleContext): Task {
  const version = `v${ctx.cluster.settings.kube_version}`;
  const pods =
    'jsonpath={range .items[*]}{.metadata.labels.component} {.status.containerStatuses[0].image} {.status.containerStatuses[0].ready}{"\\n"}{end}';
  return waitFor({
    id: 'upgrade/components',
    title: `Wait until the API server, the controller manager and the scheduler run ${version}`,
    until: sh`
      ${apiReady(ctx)}
      running=$(${ownApi(ctx)} get --raw /version | sed -n 's/.*"gitVersion": *"\\([^"]*\\)".*/\\1/p')
      [ "$running" = ${version} ] || { echo "the API server runs $running"; exit 1; }
      pods=$(${ownApi(ctx)} -n kube-system get pods -l tier=control-plane --field-selector ${`spec.nodeName=${ctx.host.name}`} -o ${pods})
      for c in ${COMPONENTS}; do
        printf '%s\n' "$pods" | grep -q "^$c .*:${version} true$" || { printf '%s\n' "$pods" | grep "^$c " || echo "$c has no pod"; exit 1; }
      done`,
    timeoutSec: 300,
    why: hostWhy(),
    hint: '`journalctl -u kubelet` on the host, and the logs under /var/log/pods/kube-system_kube-*',
  });
}

function apiReady(ctx: RoleContext): Shell {
  return sh`
      out=$(${ownApi(ctx)} get --raw /readyz 2>&1) || { printf '%s\n' "$out" | tail -n 1; exit 1; }`;
}

/** Ready once says nothing soon after the kubelet was restarted: the static pods may be about to be. */
function steady(ctx: RoleContext): Task {
  return waitFor({
    id: 'upgrade/api-steady',
    title: 'Wait until the API server stays ready',
    until: sh`
      pid=$(systemctl show -p MainPID kubelet.service)
      n=$(( $(date +%s) - $(stat -c %Y "/proc/\${pid#MainPID=}") < 60 ? 8 : 1 ))
      while [ $n -gt 0 ]; do
        ${apiReady(ctx)}
        n=$((n - 1))
        [ $n -eq 0 ] || sleep 2
      done`,
    timeoutSec: 240,
    why: hostWhy(),
    hint: '`journalctl -u kubelet` on the host, and the logs under /var/log/pods/kube-system_kube-apiserver-*',
  });
}
