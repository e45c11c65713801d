import { sh } from '../../../shell/shell.js';

/** Defines `components_answer`: whether the controller manager and the scheduler of the host do. */
export const COMPONENTS_ANSWER = sh`components_answer() {
      for p in 10257 10259; do curl -ksSf --max-time 3 "https://127.0.0.1:$p/healthz" >/dev/null 2>&1 || return 1; done
    }`;

/**
 * To the kubelet a static pod that was stopped has crashed: where it had crashed before, it stays away for up to 5 minutes. A kubelet that is
 * restarted has forgotten that; pods go on meanwhile. Needs `COMPONENTS_ANSWER`.
 */
export const FORGET_BACK_OFF = sh`
    n=0
    until components_answer || [ $n -ge 20 ]; do
      n=$((n + 1))
      sleep 1
    done
    components_answer || systemctl restart kubelet.service`;
