import { minorOf } from '../../../cluster/versions.js';
import { toleratedChecks } from '../../../kubeadm/build.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import { command, waitFor } from '../../../tasks/command.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { Task } from '../../../tasks/task.js';
import { apiserverLb } from '../../kubernetes/apiserver-lb.js';
import { kubeadmOf } from '../../kubernetes/kubeadm-command.js';
import { joinedNode, node } from '../../kubernetes/kubelet.js';
import { endApiServer, hasOtherServers } from '../../kubernetes/lb/end-api-server.js';
import { KUBELET_CONF } from '../../node-turn.js';
import type { RoleContext } from '../../role.js';
import { hostWhy } from '../../why.js';
import { ownApi } from './drain.js';
import { images, runtimeTasks } from './fetch.js';
import { runs } from './running.js';

/**
 * A node that has been drained: runtime, kubelet and, on a worker, the local load balancer. It is done when the API says that the node is
 * Ready with the new version.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/upgrading-linux-nodes/
 */
export function upgradeNode(ctx: RoleContext): Task[] {
  // Nodes of a batch have their turn together, and are drained already.
  return tasks(ctx)
    .filter((t) => t.id !== 'node/drain')
    .map((t) => ({ ...t, turn: false }));
}

function tasks(ctx: RoleContext): Task[] {
  const worker = !ctx.host.controlPlane;
  // A control plane has had its kubeadm and its images before.
  const programs = node.tasks(ctx).filter((t) => worker || t.id !== 'node/kubeadm');
  return [
    ...(worker ? images(ctx) : []),
    ...runtimeTasks(ctx),
    restartContainerd(ctx),
    ...programs,
    ...(worker ? [...apiserverLb.tasks(ctx), nodeConfiguration(ctx)] : []),
    // One of them is named like the installation of the kubelet, which in provision is in another play.
    ...joinedNode(ctx).map((t) => (t.id === 'node/kubelet' ? { ...t, id: 'upgrade/kubelet-service' } : t)),
    restartKubelet(ctx),
    ready(ctx),
  ];
}

export function restartContainerd(ctx: RoleContext): Task {
  const runtime = ctx.artifacts.file('containerd').version;
  return command({
    id: 'upgrade/containerd',
    title: `Restart containerd with version ${runtime}`,
    check: runs('containerd', runtime),
    apply: sh`
        systemctl daemon-reload
        systemctl restart containerd.service`,
    why: unitWhy('containerd'),
    hint: '`journalctl -u containerd` on the host says why it does not start',
  });
}

/** The kubelet's settings as the cluster has them for the new version. */
function nodeConfiguration(ctx: RoleContext): Task {
  const run = sh`${kubeadmOf(ctx.host)} upgrade node ${ignoring(ctx)}`;
  return command({
    id: 'upgrade/node-configuration',
    title: "Take over the kubelet's settings of the new version",
    check: sh`[ -e "$KW_DIR/ran.$KW_N" ] || ( ${runs('kubelet', ctx.cluster.settings.kube_version)} )`,
    apply: sh`
      # kubeadm asks once. The local load balancer needs a moment after a restart.
      n=0
      until ${kubectl(ctx.host.settings.bin_dir, KUBELET_CONF)} --request-timeout=5s get --raw /readyz >/dev/null 2>&1; do
        n=$((n + 1))
        [ $n -lt 60 ] || exit 1
        sleep 2
      done
      ${run}
      : > "$KW_DIR/ran.$KW_N"`,
    why: hostWhy(),
  });
}

/** A kubelet of another minor version ends the static pods and starts them at once, so the API server ends before. */
function startNewKubelet(ctx: RoleContext): Shell {
  if (!hasOtherServers(ctx)) return sh`systemctl restart kubelet.service`;
  return sh`
      ${endApiServer(ctx)}
      pid=$(systemctl show -p MainPID kubelet.service)
      minor=$("/proc/\${pid#MainPID=}/exe" --version 2>/dev/null | sed -n 's/^Kubernetes v1[.]\\([0-9]*\\)[.].*/\\1/p')
      if [ -n "$minor" ] && [ "$minor" != ${minorOf(ctx.cluster.settings.kube_version)} ] && end_api_server; then
        start_kubelet
      else
        systemctl restart kubelet.service
      fi`;
}

export function restartKubelet(ctx: RoleContext): Task {
  return command({
    id: 'upgrade/kubelet',
    title: `Restart the kubelet with version ${ctx.cluster.settings.kube_version}`,
    check: runs('kubelet', ctx.cluster.settings.kube_version),
    apply: joinShell([
      sh`systemctl daemon-reload`,
      startNewKubelet(ctx),
      sh`
      n=0
      until curl -sSf --max-time 2 http://127.0.0.1:10248/healthz >/dev/null 2>&1 || [ $n -ge 60 ]; do
        n=$((n + 1))
        sleep 1
      done
      systemctl is-active --quiet kubelet.service`,
    ]),
    timeoutSec: 240,
    why: hostWhy(),
    hint: '`journalctl -u kubelet` on the host says why it does not start; the node stays cordoned',
  });
}

/** Of what the host's own kubeconfig says: on a worker through its load balancer, which must answer, too. */
export function ready(ctx: RoleContext): Task {
  const { name, controlPlane, settings } = ctx.host;
  const api = controlPlane ? ownApi(ctx) : sh`${kubectl(settings.bin_dir, KUBELET_CONF)} --request-timeout=10s`;
  const state = 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}';
  const why = 'jsonpath={.status.conditions[?(@.type=="Ready")].message}';
  return waitFor({
    id: 'upgrade/node-ready',
    title: `Wait until the node is Ready with ${settings.kube_version}`,
    until: sh`
      state=$(${api} get node ${name} -o ${state})
      if [ "$state" != ${`v${settings.kube_version} True`} ]; then
        echo "the node says: $state $(${api} get node ${name} -o ${why})"
        exit 1
      fi`,
    timeoutSec: 300,
    why: hostWhy(),
    hint: 'The node stays cordoned. `journalctl -u kubelet` on the host says more',
  });
}

/** `--ignore-preflight-errors` for an upgrade, where a setting makes a check pass. */
export function ignoring(ctx: RoleContext): Shell {
  const checks = toleratedChecks(ctx.host.settings);
  return checks.length > 0 ? sh`--ignore-preflight-errors=${checks.join(',')}` : sh``;
}

function unitWhy(unit: string): Shell {
  return sh`journalctl --no-pager --quiet --lines=5 --output=cat --unit ${unit}`;
}
