import { KUBEADM_SETTINGS } from '../../facts/living/probe-living.js';
import { type Shell, sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { sha256 } from '../../tasks/file.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';
import { KUBE_PROXY } from './kube-proxy.js';
import { kubeadmOf } from './kubeadm-command.js';
import { MANIFESTS } from './kubelet.js';
import { endApiServer, hasOtherServers, SOFT_END } from './lb/end-api-server.js';
import { ownServer } from './lb/own-server.js';

const APISERVER = `${MANIFESTS}/kube-apiserver.yaml`;

/**
 * Whether the first control plane runs the only API server, and others are to join it in this run. Its manifest has to change then, since
 * etcd gets members, too; but the API would be away while it restarts, so it does when others answer.
 */
export function isAlone(ctx: RoleContext): boolean {
  const [first, ...others] = ctx.cluster.controlPlane;
  if (!first || others.length === 0) return false;
  const isNode = (name: string): boolean | undefined => ctx.allFacts.get(name)?.isNode;
  return isNode(first.name) === true && others.every((h) => isNode(h.name) === false);
}

/**
 * Settings that changed since the manifests were written. kubelets and kube-proxy read the uploaded configuration.
 *
 * @param announced by `announceSettings`, in this run or one before it: what is uploaded is not uploaded again.
 */
export function applySettings(ctx: RoleContext, config: string, path: string, announced = false): Task {
  const kubeadm = kubeadmOf(ctx.host);
  const uploads = ctx.host === ctx.cluster.controlPlane[0] && !announced;
  return command({
    id: 'control-plane/settings',
    title: 'Apply changed settings to the control plane',
    check: sh`[ "$(cat ${KUBEADM_SETTINGS})" = ${sha256(config)} ]`,
    apply: sh`
      # An API server that restarts answers valid clients with 403 for a moment, and kubeadm takes that for a lost right.
      ready() {
        n=0
        until [ "$(${ownServer(ctx)} --request-timeout=5s get --raw /readyz 2>&1)" = ok ]; do
          n=$((n + 1))
          [ $n -lt 240 ] || { echo 'the API server is not ready' >&2; exit 1; }
          sleep 1
        done
      }
      running() { for p in /proc/[0-9]*; do if [ "$(cat "$p/comm" 2>/dev/null)" = kube-apiserver ]; then echo "$p"; fi; done; }
      replaced() {
        n=0
        while [ -n "$old" ] && [ "$(running)" = "$old" ] && [ $n -lt 120 ]; do
          n=$((n + 1))
          sleep 1
        done
        ready
      }
      ${missedByClients(ctx, path)}
      old=$(running)
      ${serverContainers(ctx)}
      before=$(sha256sum < ${APISERVER})
      ${kubeadm} init phase control-plane all --config ${path}
      if [ "$(sha256sum < ${APISERVER})" != "$before" ]; then
        ${endServer(ctx)}
        replaced
      fi
      ready
      ${uploads ? upload(ctx, path) : sh`:`}
      echo ${sha256(config)} > ${KUBEADM_SETTINGS}`,
    timeoutSec: 900,
    doneBy: ['control-plane/init', 'node/join'],
    ...(uploads ? { writes: [KUBE_PROXY] } : {}),
  });
}

/**
 * Where another API server is ready, one whose manifest changes ends so that load balancers see it. The kubelet follows a manifest at once, so
 * kubeadm writes it to another place first, to see whether it is another one: the controller manager and the scheduler take theirs as ever.
 */
function missedByClients(ctx: RoleContext, path: string): Shell {
  if (!hasOtherServers(ctx)) return sh`:`;
  const write = sh`${kubeadmOf(ctx.host)} init phase control-plane apiserver --config ${path}`;
  return sh`
      ${endApiServer(ctx)}
      server_changes() {
        new=$(mktemp -d) || return 1
        changes=no
        # Its place is fixed: a mount that only kubeadm sees.
        if unshare -m sh -ec 'mount --bind "$1" "$2"; shift 2; exec "$@"' sh "$new" ${MANIFESTS} ${write} >/dev/null 2>&1 && [ -s "$new"/kube-apiserver.yaml ]; then
          [ "$(sha256sum < "$new"/kube-apiserver.yaml)" = "$(sha256sum < ${APISERVER})" ] || changes=yes
        else
          echo 'whether the API server changes could not be seen before: if it does, it restarts at once'
        fi
        rm -rf "$new"
        [ $changes = yes ]
      }
      old=$(running)
      if server_changes && end_api_server; then
        ${write}
        start_kubelet
        replaced
      fi`;
}

/** What the control planes that join read; the manifests of this one follow when they have joined. */
export function announceSettings(ctx: RoleContext, config: string, path: string): Task {
  // Not what the manifests have: a run that is cut off, or another inventory, applies its own.
  const announced = `announced ${sha256(config)}`;
  return command({
    id: 'control-plane/announce',
    title: 'Upload the changed settings for the control planes that join',
    check: sh`case $(cat ${KUBEADM_SETTINGS}) in ${sha256(config)} | ${announced}) ;; *) exit 1 ;; esac`,
    apply: sh`
      ${upload(ctx, path)}
      echo ${announced} > ${KUBEADM_SETTINGS}`,
    timeoutSec: 300,
    writes: [KUBE_PROXY],
  });
}

function upload(ctx: RoleContext, path: string): Shell {
  const kubeadm = kubeadmOf(ctx.host);
  return sh`${kubeadm} init phase upload-config all --config ${path}
      ${kubeadm} init phase addon kube-proxy --config ${path}`;
}

function serverContainers(ctx: RoleContext): Shell {
  const crictl = `${ctx.host.settings.bin_dir}/crictl`;
  return sh`containers=$([ ! -x ${crictl} ] || ${crictl} ps -q --name '^kube-apiserver$' 2>/dev/null || :)`;
}

/**
 * While clients watch, an API server that is told to end goes on for the 30 s that it is given, with its port closed. It gets 5, when the
 * kubelet has seen that its manifest is another one.
 */
function endServer(ctx: RoleContext): Shell {
  return sh`sleep 1
        for c in $containers; do ${`${ctx.host.settings.bin_dir}/crictl`} stop -t ${SOFT_END} "$c" >/dev/null 2>&1 || :; done`;
}
