import { type Shell, sh } from '../shell/shell.js';
import { kubectl } from '../tasks/manifest.js';
import type { Task } from '../tasks/task.js';
import type { RoleContext } from './role.js';

/** The kubelet's own: it may read its node and the pods on it. */
export const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';

/** Two seconds apart. */
const TRIES = 90;

/** Whether pods may run on the host already. One that is about to join takes nothing from anybody: all of them may at once. */
export function isLivingNode(ctx: RoleContext): boolean {
  return ctx.facts.isNode && ctx.living !== undefined;
}

/** On nodes of a living cluster one host after the other; elsewhere at once. */
export function inTurn(ctx: RoleContext, tasks: readonly Task[]): Task[] {
  return isLivingNode(ctx) ? tasks.map((t) => ({ ...t, turn: true })) : [...tasks];
}

/** kubectl with the rights of the node itself. */
export function nodeApi(ctx: RoleContext): Shell {
  return sh`${kubectl(ctx.host.settings.bin_dir, KUBELET_CONF)} --request-timeout=10s`;
}

/**
 * How a unit of a living node is restarted: the next node has its turn only when this one is as well as it was before. Pods go on meanwhile.
 * A node that was not Ready, or whose API did not answer, is not waited for by that: the run may be what repairs it.
 *
 * @param well succeeds when the unit serves; prints what is wrong.
 */
export function restartNode(ctx: RoleContext, unit: string, well: Shell): Shell {
  const state =
    'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].lastHeartbeatTime} {.status.conditions[?(@.type=="Ready")].message}';
  return sh`(
        state() { ${nodeApi(ctx)} get node ${ctx.host.name} -o ${state}; }
        before=$(state 2>/dev/null) || before=
        since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
        systemctl restart ${unit} || exit 1
        kubelet_lives() {
          ! curl -sSf --max-time 5 http://127.0.0.1:10248/healthz >/dev/null || return 0
          # Its port may be another one, or none.
          systemctl is-active --quiet kubelet.service || return 1
          pid=$(systemctl show -p MainPID kubelet.service)
          [ $(( $(date +%s) - $(stat -c %Y "/proc/\${pid#MainPID=}") )) -ge 20 ]
        }
        well() {
          systemctl is-active --quiet ${unit} || { echo ${`${unit} is not active`}; return 1; }
          ${well}
          kubelet_lives || return 1
          case $before in True*) ;; *) return 0 ;; esac
          now=$(state) || return 1
          case $now in True*) ;; *) echo "the node is not Ready: $now"; return 1 ;; esac
          beat=\${now#True }
          beat=\${beat%% *}
          # It was Ready all the time: only what a kubelet says that was started since counts.
          [ ${unit} != kubelet.service ] || [ "$(printf '%s\n%s\n' "$since" "$beat" | sort | head -n 1)" = "$since" ] || {
            echo "the kubelet has reported nothing since its restart"
            return 1
          }
        }
        n=0
        until why=$(well 2>&1); do
          n=$((n + 1))
          [ $n -lt ${TRIES} ] || { printf '%s\n' "$why" 'the node has not come back after the restart' >&2; exit 1; }
          sleep 2
        done
      )`;
}
