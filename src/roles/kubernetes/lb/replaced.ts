import { sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { NODE_STATE } from '../../../tasks/paths.js';
import type { Task } from '../../../tasks/task.js';
import { KUBELET_CONF } from '../../node-turn.js';
import { hostWhy } from '../../why.js';
import { apiAnswers, findProcesses, type LoadBalancer } from './processes.js';

export interface BalancerPod extends LoadBalancer {
  /** Its manifest. */
  readonly manifest: string;
  /** On 127.0.0.1. */
  readonly healthPort: number;
}

const TRIES = 150;
/** The kubelet looks at its manifests every 20 s at least. After this time it has found nothing in a manifest that a pod would differ by. */
const SAME_POD_TRIES = 60;

/**
 * Waits until the kubelet has put the pod of the manifest into the old one's place. The old one closes its port and then waits for
 * its clients, 30 s long: the kubelet of the node is one of them. So it is ended when it no longer answers. An API server must answer
 * through the new one: only then has the next node its turn.
 */
export function balancerReplaced(pod: BalancerPod): Task {
  const stamp = `${NODE_STATE}/started/apiserver-lb-pod`;
  const hash = sh`sha256sum < ${pod.manifest}`;
  return command({
    id: 'apiserver-lb/replaced',
    title: 'Wait until the local load balancer runs with its manifest',
    check: sh`[ "$(cat ${stamp})" = "$(${hash})" ]`,
    apply: sh`
      ${findProcesses(pod)}
      # Seconds for which a process has run: by the host's uptime, so that a clock that is set does not matter.
      age() {
        set -- $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)
        [ $# -gt 20 ] || return 1
        shift 19
        up=$(cut -d . -f 1 /proc/uptime)
        echo $((up - $1 / $(getconf CLK_TCK)))
      }
      well() {
        processes
        [ -n "$masters" ] || { echo ${`no ${pod.program} of the pod runs`}; return 1; }
        answers=no
        ! curl -sf --noproxy '*' --max-time 5 ${`http://127.0.0.1:${pod.healthPort}/healthz`} >/dev/null 2>&1 || answers=yes
        written=$(( $(date +%s) - $(stat -c %Y ${pod.manifest}) ))
        for p in $masters; do
          seconds=$(age "$p") || continue
          [ "$seconds" -gt "$written" ] || continue
          if [ $answers = no ]; then kill -TERM "$p" 2>/dev/null || :; fi
          [ $n -ge ${SAME_POD_TRIES} ] || { echo 'the pod of the old manifest still runs'; return 1; }
        done
        [ $answers = yes ] || { echo ${`${pod.program} does not answer on port ${pod.healthPort}`}; return 1; }
        ${apiAnswers(pod)} || { echo 'no API server answers through it'; return 1; }
      }
      n=0
      # Before the host is a node nothing runs.
      if [ -s ${KUBELET_CONF} ]; then
        until why=$(well); do
          n=$((n + 1))
          [ $n -lt ${TRIES} ] || { printf '%s\n' "$why" 'the local load balancer has not come back' >&2; exit 1; }
          sleep 1
        done
      fi
      mkdir -p "$(dirname ${stamp})"
      ${hash} > ${stamp}`,
    reads: [pod.manifest],
    readOnly: true,
    timeoutSec: 1200,
    why: hostWhy(),
    hint: `crictl ps -a and crictl logs on the host show what ${pod.program} says; all other workers keep theirs. Repair it and run again`,
  });
}
