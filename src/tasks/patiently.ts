import { type Shell, sh } from '../shell/shell.js';

/** Seconds for which a call is repeated. An API server that its kubelet restarts is back within them, on slow hosts too. */
const PATIENCE_SEC = 90;

/**
 * What kubectl says when no answer came: from client-go (https://github.com/kubernetes/client-go, rest/request.go and
 * util/net), net/http, and an API server whose etcd elects a leader; and of a kind that has just been defined: `kubectl wait` where it has
 * no status yet, and another API server behind a load balancer that has not heard of it. Everything else is an answer, and final.
 */
const NO_ANSWER = [
  'connection refused',
  'was refused - did you specify',
  'connection reset by peer',
  'client connection lost',
  'TLS handshake timeout',
  'i/o timeout',
  ': EOF$',
  'unexpected EOF',
  'Error from server \\((ServiceUnavailable|Timeout)\\)',
  'etcdserver: (request timed out|leader changed)',
  'status\\.conditions accessor error: <nil>',
  'no matches for kind',
].join('|');

/**
 * A call of kubectl, again while the API server does not answer it or does not know yet: one that is restarted or whose etcd has no leader for a moment fails no
 * run. What was said is printed once, at the end.
 *
 * @param call one pipeline that may be repeated after it was carried out and the answer got lost, as `apply` may.
 */
export function patiently(call: Shell): Shell {
  return sh`
    end=$(( $(date +%s) + ${PATIENCE_SEC} ))
    until said=$( ( ${call} ) 2>&1 ); do
      if [ "$(date +%s)" -ge "$end" ] || ! printf '%s\n' "$said" | grep -Eq ${NO_ANSWER}; then
        printf '%s\n' "$said"
        exit 1
      fi
      sleep 2
    done
    printf '%s\n' "$said"`;
}
