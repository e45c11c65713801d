import { dirname } from 'node:path/posix';
import { joinConfig } from '../../kubeadm/build.js';
import { Secret } from '../../shell/secret.js';
import { joinShell, type Shell, sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import { KUBELET_CONF } from '../node-turn.js';
import { exportedText, type RoleContext } from '../role.js';
import { hostWhy } from '../why.js';
import { checksOfFirstRun, kubeadmOf } from './kubeadm-command.js';
import { joinSecrets, kubeadmHost } from './kubeadm-host.js';
import { KUBELET_FILES, kubeletStamp, MANIFESTS } from './kubelet.js';
import { NODE_SETTLED } from './wait-for-nodes.js';

const DONE = `${NODE_STATE}/kubeadm/joined`;
export const INITIALISED = `${NODE_STATE}/kubeadm/init`;
const STARTED = `${NODE_STATE}/kubeadm/join-started`;

/** Runs `body` with `$config` naming a root-only file on tmpfs that holds the secret and is removed afterwards. */
export function withConfig(secret: Secret, body: Shell): Shell {
  return joinShell([
    sh`umask 077`,
    sh`config=$(mktemp /run/kubewright-kubeadm-XXXXXX)`,
    sh`trap 'rm -f "$config"' EXIT`,
    sh`printf '%s' ${secret} > "$config"`,
    body,
    sh`umask 022`,
  ]);
}

/**
 * An init or a join as a control plane that may have been cut off: kubeadm's preflight finds what the first one has left, and refuses
 * to go on. It passes where `started` says that it was ours.
 */
export function repeatable(ctx: RoleContext, started: string, run: Shell): Shell {
  const checks = `--ignore-preflight-errors=${checksOfFirstRun(ctx.cluster.settings.kube_apiserver_port)}`;
  const touch = begun(started);
  if (ctx.artifacts.offline) return joinShell([touch, run]); // without the phase preflight
  return joinShell([sh`again=; if [ -e ${started} ]; then again=${checks}; fi`, touch, sh`${run} $again`]);
}

/** Notes that a run of kubeadm of ours has begun: what it leaves behind is not another tool's. */
function begun(started: string): Shell {
  return sh`mkdir -p ${dirname(started)} && touch ${started}`;
}

/** kubeadm join, as a control plane or as a worker. `after` runs when it has succeeded. */
export function join(ctx: RoleContext, after: Shell): Task[] {
  const { cluster, host } = ctx;
  const first = cluster.controlPlane[0]?.name ?? '';
  const caHash = exportedText(ctx, first, 'ca-hash') ?? '';
  // Reading them is enough: it adds the tasks that export them to a run that leaves their host out.
  if (!ctx.facts.isNode) ctx.exported(first, 'handed-over');
  ctx.exported(first, NODE_SETTLED);
  const kubeadm = kubeadmOf(host);
  const yaml = joinConfig(kubeadmHost(ctx), joinSecrets(ctx), caHash);
  const run = sh`${kubeadm} join --config "$config" ${ctx.artifacts.offline ? sh`--skip-phases=preflight` : sh``}`;
  const manifest = host.controlPlane ? sh`[ -s ${`${MANIFESTS}/kube-apiserver.yaml`} ]` : sh`true`;
  const again = host.controlPlane ? sh`${kubeadm} join phase control-plane-join mark-control-plane --config "$config"` : sh`true`;
  return [
    command({
      id: 'node/join',
      title: host.controlPlane ? 'Join the cluster as a control plane' : 'Join the cluster as a worker',
      check: sh`
        [ -s ${KUBELET_CONF} ]
        ${manifest}
        # A control plane that was the first of the inventory has been initialised, not joined; nodes of another tool we have never joined.
        [ -e ${DONE} ] || [ -e ${INITIALISED} ] || [ ! -e ${STARTED} ]`,
      apply: sh`
        ${withConfig(
          new Secret('kubeadm-join', yaml),
          sh`
            # A join that was cut off after the node had its certificate is finished, not repeated.
            if [ -s ${KUBELET_CONF} ] && [ -s /var/lib/kubelet/config.yaml ] && ${manifest}; then
              ${again}
            else
              ${host.controlPlane ? repeatable(ctx, STARTED, run) : joinShell([begun(STARTED), run])}
            fi`,
        )}
        ${kubeletStamp(ctx)}
        ${after}
        touch ${DONE}`,
      timeoutSec: 600,
      writes: KUBELET_FILES,
      hint: 'Can the host reach the API server (port 6443 of the control planes)? `journalctl -u kubelet` on it says more',
      why: hostWhy(),
    }),
  ];
}
