import { joinShell, type Shell, sh } from '../../../shell/shell.js';

/**
 * Seconds for something that answers, but is not ready: an API server whose etcd elects a leader or whose disk is busy says so for a moment, and a
 * load balancer ends connections until it has noticed that an API server has gone.
 * What does not answer at all is not waited for.
 */
const PATIENCE_SEC = 30;

/**
 * Shell functions that print one line: `readyz KUBECONFIG SERVER`: `ok`, or what the API server said last; `etcd_health URL CA CERTIFICATE KEY`:
 * the member's answer. They want the PROLOGUE.
 */
export const PATIENT: Shell = joinShell([
  sh`
    # Function, its arguments.
    patiently() {
      until=$(($(date +%s) + ${PATIENCE_SEC}))
      while "$@"; [ "$rc" = 2 ] && [ "$(date +%s)" -lt "$until" ]; do sleep 2; done
      [ "$rc" != 2 ] || said="for ${PATIENCE_SEC} s: $said"
      printf '%s\\n' "$said"
    }
    # rc 0: ready, 1: no answer, 2: an answer that is not ready
    readyz_once() {
      rc=0
      said=$(timeout 15 kubectl --kubeconfig "$1" --server "$2" --request-timeout=10s get --raw '/readyz?verbose' 2>&1) || rc=1
      if [ "$rc" = 0 ]; then said=ok; return; fi
      # A load balancer takes connections for a moment whose API server has gone.
      case $said in *'[-]'* | *EOF* | *'connection reset'*) rc=2 ;; esac
      said=$(printf '%s' "$said" | sed 's/\\\\n/\\n/g' | grep -E '^\\[-\\]|error|refused|timeout|x509|unable|Unable' | grep -v '\\[+\\]' | head -n 3 | flat)
    }
    etcd_once() {
      rc=0
      if have curl; then
        said=$(curl -sS --max-time 5 --cacert "$2" --cert "$3" --key "$4" "$1/health" 2>&1 | flat)
      elif have socat; then
        said=$(printf 'GET /health HTTP/1.0\\r\\n\\r\\n' |
          socat -t5 -T5 - "OPENSSL:\${1#https://},cafile=$2,cert=$3,key=$4,verify=0" 2>&1 | tail -n 1 | flat)
      else said='neither curl nor socat is installed'; fi
      case $said in *'"health"'*true*) ;; *'"health"'*) rc=2 ;; *) rc=1 ;; esac
    }
    readyz() { patiently readyz_once "$@"; }
    etcd_health() { patiently etcd_once "$@"; }`,
]);
