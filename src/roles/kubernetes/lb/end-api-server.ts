import { type Shell, sh } from '../../../shell/shell.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { RoleContext } from '../../role.js';

/** Seconds in which a load balancer that asks every 3 s notices an API server that is away. */
const NOTICED = 6;
/** Seconds after which systemd starts a kubelet that a killed task has left stopped. */
const AT_LATEST = 60;
const NET = 'kubewright-kubelet';

/** Seconds that an API server has for the requests that it is answering. While clients watch, it would take all of its 30. */
export const SOFT_END = 5;

/** Whether the cluster has other API servers than that of this host. */
export function hasOtherServers({ cluster, host }: RoleContext): boolean {
  return host.controlPlane && cluster.controlPlane.length > 1;
}

/**
 * Defines `end_api_server` and `start_kubelet`. An API server that is started again at once has its port open before load balancers have
 * missed it, and answers late, and with 403, until it knows its roles. So `end_api_server` ends it, with the kubelet stopped, for so
 * long that they notice. It fails, and leaves it alone, where no other one is ready at that moment. Whatever ends the task, the kubelet
 * is started.
 */
export function endApiServer({ cluster, host }: RoleContext): Shell {
  const crictl = `${host.settings.bin_dir}/crictl`;
  const others = cluster.controlPlane
    .filter((h) => h.name !== host.name)
    .map((h) => `https://${h.accessIp}:${h.settings.kube_apiserver_port}`);
  // A host whose kubelet was disabled meanwhile is being reset.
  const net = '! systemctl is-enabled --quiet kubelet.service || systemctl start kubelet.service';
  return sh`
      other_is_ready() {
        for url in ${others}; do
          [ "$(NO_PROXY='*' ${kubectl(host.settings.bin_dir)} --request-timeout=5s --server "$url" get --raw /readyz 2>/dev/null)" != ok ] || return 0
        done
        return 1
      }
      start_kubelet() {
        trap - EXIT
        systemctl start kubelet.service
        systemctl stop ${`${NET}.timer`} 2>/dev/null || :
      }
      end_api_server() {
        servers=$(${crictl} ps -q --name '^kube-apiserver$' 2>/dev/null) || return 1
        [ -n "$servers" ] || return 1
        other_is_ready || { echo 'no other API server is ready: this one restarts at once'; return 1; }
        # Of a task that was killed.
        systemctl stop ${`${NET}.timer`} 2>/dev/null || :
        systemd-run --quiet --collect --unit ${NET} --on-active ${AT_LATEST} --timer-property AccuracySec=1s sh -c ${net} || return 1
        trap start_kubelet EXIT
        systemctl stop kubelet.service || return 1
        for c in $servers; do ${crictl} stop -t ${SOFT_END} "$c" >/dev/null || :; done
        sleep ${NOTICED}
      }`;
}
