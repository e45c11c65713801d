import type { ClusterHost } from '../../../cluster/cluster.js';
import { type Shell, sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { command } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { ownServer } from '../../kubernetes/lb/own-server.js';
import type { RoleContext } from '../../role.js';
import { drained } from '../nodes/drained.js';
import { CORDONED } from './upgrade-options.js';

/** kubectl of this control plane, asking its own API server: others, and a load balancer, may have another version. */
export function ownApi(ctx: RoleContext): Shell {
  return sh`${ownServer(ctx)} --request-timeout=20s`;
}

/** Succeeds when the node runs the new kubelet and runtime already. */
function upgraded(ctx: RoleContext, host: ClusterHost): Shell {
  const state = 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}';
  const runtime = ctx.artifacts.file('containerd').version;
  return sh`case $(${ownApi(ctx)} get node ${host.name} -o ${state}) in ${`v${ctx.cluster.settings.kube_version} containerd://${runtime}`}*) exit 0 ;; esac`;
}

/**
 * Takes the pods off a node, unless it has been upgraded. That it was us who cordoned it is noted on the node in the same step: a node
 * that the operator has cordoned stays so. Budgets are respected; when the time is up the node takes pods again, as nothing on it has
 * changed.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
 */
export function drain(ctx: RoleContext, host: ClusterHost, seconds: number): Task[] {
  const k = ownApi(ctx);
  const { name } = host;
  const done = upgraded(ctx, host);
  const patch = { metadata: { annotations: { [CORDONED]: ctx.cluster.settings.kube_version } }, spec: { unschedulable: true } };
  return [
    command({
      id: `upgrade/cordon-${name}`,
      title: `Let no new pods onto ${name}`,
      check: sh`
        ${done}
        [ "$(${k} get node ${name} -o ${'jsonpath={.spec.unschedulable}'})" = true ]`,
      apply: sh`${k} patch node ${name} --type merge -p ${JSON.stringify(patch)}`,
    }),
    command({
      id: `upgrade/drain-${name}`,
      title: `Drain ${name}`,
      check: sh`
        ${done}
        ${drained(k, name)}`,
      apply: sh`
        if ! ${ownServer(ctx)} drain ${name} --ignore-daemonsets --delete-emptydir-data --timeout ${`${seconds}s`}; then
          ${free(ctx, host)}
          exit 1
        fi`,
      timeoutSec: seconds + 60,
      why: blockers(k, name),
      hint: 'Repair what the budget protects, give more time with --drain-timeout, or remove pods without a controller yourself; then run again',
    }),
  ];
}

/**
 * A node must not be drained while another one has no kube-proxy: it would go on sending requests to pods that are gone. A node that is
 * down holds its rollout up for ever, so the wait is bounded.
 */
export function kubeProxyRolledOut(ctx: RoleContext): Task {
  const state =
    'jsonpath={.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled} {.status.updatedNumberScheduled} {.status.numberAvailable}';
  return action({
    id: 'upgrade/kube-proxy-rollout',
    title: 'Wait until kube-proxy runs on every node',
    apply: sh`
      n=0
      while [ $n -lt ${ROLLOUT_TRIES} ]; do
        set -- $(${ownApi(ctx)} -n kube-system get daemonset kube-proxy --ignore-not-found -o ${state} 2>/dev/null || echo '? !')
        if [ $# -eq 0 ] || { [ "$1" = "$2" ] && [ "$3" = "\${4:-0}" ] && [ "$3" = "\${5:-0}" ]; }; then exit 0; fi
        n=$((n + 1))
        sleep 2
      done
      echo "not on every node: generation $1, seen $2, wanted on \${3:-?}, new on \${4:-0}, ready on \${5:-0}"`,
    timeoutSec: 600,
    readOnly: true,
  });
}

/** Two seconds apart. */
const ROLLOUT_TRIES = 90;

/** Lets pods back onto a node that an upgrade has cordoned. */
export function uncordon(ctx: RoleContext, host: ClusterHost): Task {
  return command({
    id: `upgrade/uncordon-${host.name}`,
    title: `Let pods back onto ${host.name}`,
    check: sh`
      mark=$(${ownApi(ctx)} get node ${host.name} -o ${`jsonpath={.metadata.annotations.${CORDONED}}`})
      [ -z "$mark" ]`,
    apply: free(ctx, host),
  });
}

function free(ctx: RoleContext, host: ClusterHost): Shell {
  const k = ownApi(ctx);
  const patch = { metadata: { annotations: { [CORDONED]: null } }, spec: { unschedulable: null } };
  return sh`
          mark=$(${k} get node ${host.name} -o ${`jsonpath={.metadata.annotations.${CORDONED}}`})
          [ -z "$mark" ] || ${k} patch node ${host.name} --type merge -p ${JSON.stringify(patch)}`;
}

function blockers(k: Shell, node: string): Shell {
  return sh`
    set +eu
    ${k} get poddisruptionbudgets --all-namespaces -o ${'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace}/{.metadata.name}: {.status.currentHealthy} of {.status.expectedPods} pods healthy, {.status.desiredHealthy} must be{"\\n"}{end}'} | sed 's/^/a budget allows no disruption: /' | head -n 5
    echo --
    ${k} get pods --all-namespaces --field-selector ${`spec.nodeName=${node}`} -o wide
    exit 0`;
}
