import { sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { NODE_STATE } from '../../../tasks/paths.js';
import type { Task } from '../../../tasks/task.js';
import { apiAnswers, findProcesses, type LoadBalancer } from './processes.js';

/**
 * Lets the running load balancer take its changed configuration without closing a connection: a new worker takes the port over,
 * the old one goes on with what it has. A pod that starts later reads the file anyway.
 * Source: https://docs.haproxy.org/2.6/management.html#4 and https://nginx.org/en/docs/control.html
 */
export function reloadLoadBalancer(balancer: LoadBalancer): Task {
  const { program, config, inPod } = balancer;
  const stamp = `${NODE_STATE}/started/apiserver-lb`;
  const hash = sh`sha256sum < ${config}`;
  const test = program === 'haproxy' ? ['-c', '-f', inPod] : ['-t', '-c', inPod];
  return command({
    id: 'apiserver-lb/reload',
    title: 'Let the local load balancer take its configuration',
    check: sh`[ "$(cat ${stamp})" = "$(${hash})" ]`,
    apply: sh`
      ${findProcesses(balancer)}
      processes
      if [ -n "$master" ]; then
        exe=$(readlink "/proc/$master/exe")
        if ! out=$(chroot "/proc/$master/root" "\${exe% (deleted)}" ${test} 2>&1); then
          printf '%s\n' "$out" >&2
          echo 'the load balancer goes on with the configuration that it has' >&2
          exit 1
        fi
        # An API that was away before is not waited for.
        answered=no
        ! ${apiAnswers(balancer)} || answered=yes
        signal=${program === 'haproxy' ? 'USR2' : 'HUP'}
        # Without a master process, which the images of Kubewright and upstream start, it can only be started again.
        [ "$workers" != ' ' ] || signal=TERM
        kill -$signal "$master"
        n=0 fresh=''
        until [ -n "$fresh" ] || [ $signal = TERM ]; do
          n=$((n + 1))
          [ $n -lt 40 ] || { echo ${`${program} has started no worker with the new configuration`} >&2; exit 1; }
          sleep 0.5
          for p in $(grep -lx ${program} /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
            [ "$(parent "$p")" != "$master" ] || case $workers in *" $p "*) ;; *) fresh=$p ;; esac
          done
        done
        n=0
        until [ $answered = no ] || ${apiAnswers(balancer)}; do
          n=$((n + 1))
          [ $n -lt 60 ] || { echo ${`no API server answers through ${program} since it has its new configuration`} >&2; exit 1; }
          sleep 1
        done
      fi
      mkdir -p "$(dirname ${stamp})"
      ${hash} > ${stamp}`,
    reads: [config],
    hint: `crictl logs shows what ${program} says`,
  });
}
