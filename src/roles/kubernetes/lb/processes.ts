import { type Shell, sh } from '../../../shell/shell.js';

/** A local load balancer on a host. */
export interface LoadBalancer {
  readonly program: 'haproxy' | 'nginx';
  /** On the host; the pod has its directory mounted. */
  readonly config: string;
  /** The same file as the pod sees it. */
  readonly inPod: string;
  /** Of the API, on 127.0.0.1. */
  readonly apiPort: number;
}

/**
 * Defines `parent PID`, and `processes`, which sets `masters` (while a pod takes another one's place there are two), `master` (one of them)
 * and `workers` (` PID PID `): what has the same name and another file is not ours.
 */
export function findProcesses({ program, config, inPod }: LoadBalancer): Shell {
  return sh`
      parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
      processes() {
        masters='' master='' workers=' '
        for p in $(grep -lx ${program} /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
          [ "/proc/$p/root"${inPod} -ef ${config} ] || continue
          if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = ${program} ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
        done
      }`;
}

/** Succeeds when an API server answers through it; a refusal is an answer, too. */
export function apiAnswers({ apiPort }: LoadBalancer): Shell {
  return sh`curl -sk --noproxy '*' --max-time 5 -o /dev/null ${`https://127.0.0.1:${apiPort}/readyz`}`;
}
