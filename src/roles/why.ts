import { joinShell, type Shell, sh } from '../shell/shell.js';

/** Errors that say more than those around them, as klog prints them. */
const TELLING =
  'CreatePodSandbox|StartContainer|RunContainerError|CreateContainerError|ErrImagePull|no space left|x509|cgroup|command failed|failed to run Kubelet|validat|certificate';

/**
 * Why a control plane or a kubelet does not come up, as this host shows it at this moment: the cause if it is a known one, the
 * kubelet's own words, containers that died with their last lines; in the log more of each. For `Task.why`.
 */
export function hostWhy(): Shell {
  return joinShell([
    sh`
      set +eu
      kubelet=$(journalctl -u kubelet -o cat --no-pager --since '-2 min' 2>/dev/null | tail -n 2000)
      errors=$(printf '%s\\n' "$kubelet" | sed -n 's/^[EF][0-9]\\{4\\} [^]]*\\] //p')
      telling=$(printf '%s\\n' "$errors" | grep -E ${TELLING} | tail -n 1 | sed 's/\\\\\\\\*"/"/g')
      dead=
      if command -v crictl >/dev/null 2>&1; then
        running=$(crictl ps 2>/dev/null | awk '{for (i = 1; i < NF; i++) if ($i == "Running") print $(i + 1)}')
        dead=$(crictl ps -a --state Exited 2>/dev/null |
          awk -v running="$running" 'BEGIN {n = split(running, r, "\\n"); for (i = 1; i <= n; i++) up[r[i]] = 1}
            {for (i = 1; i < NF; i++) if ($i == "Exited" && !($(i + 1) in up) && !seen[$(i + 1)]++) print $1, $(i + 1)}' | head -n 3)
      fi
      logs=$(printf '%s\\n' "$dead" | while read -r id name; do
        [ -z "$id" ] || crictl logs --tail 40 "$id" 2>&1 | sed "s/^/$name: /"
      done)
      all=$(printf '%s\\n%s\\n' "$errors" "$logs")
      says() { printf '%s\\n' "$all" | grep -qE "$1"; }
      full=$(df -P / /var/lib/containerd /var/lib/kubelet /var/lib/etcd /var/log 2>/dev/null | awk 'NR > 1 && $5 + 0 >= 98 {print $6 " is " $5 " full"; exit}')
      if [ -n "$full" ] || says 'no space left on device'; then
        echo "cause: a disk of this host is full: \${full:-no space left on device}"
      elif says 'seccomp.*not supported'; then
        echo 'cause: runc was built without seccomp, so no pod can start; install one that supports it'
      elif says 'expected cgroupsPath to be of format|cgroup driver: .* is different from'; then
        echo 'cause: the kubelet and the container runtime use different cgroup drivers (settings kubelet_cgroup_driver, containerd_use_systemd_cgroup)'
      elif says '(ErrImagePull|failed to pull|ImagePullBackOff)'; then
        image=$(printf '%s\\n' "$errors" | sed -n 's/.*failed to pull and unpack image \\\\*"\\([^"\\\\]*\\).*/\\1/p' | tail -n 1)
        if says "$image.*not found"; then echo "cause: there is no image $image where the host looks for it (not found)"
        else echo "cause: the image \${image:-of a container} cannot be pulled"; fi
      elif says 'x509'; then
        echo "cause: a certificate is not accepted: $(printf '%s\\n' "$all" | grep -o 'x509: [^"\\\\]*' | tail -n 1)"
      elif [ "$(systemctl is-active kubelet 2>/dev/null)" != active ] || printf '%s' "$errors" | grep -qE 'command failed|failed to run Kubelet'; then
        echo 'cause: the kubelet ends again and again'
      fi
      if [ -n "$telling" ]; then printf '%s\\n' "$telling" | awk '{print "kubelet: " (length($0) > 400 ? "…" substr($0, length($0) - 380) : $0)}'
      elif [ -z "$kubelet" ]; then echo "kubelet: $(systemctl is-active kubelet 2>/dev/null), and nothing in its log of the last two minutes"; fi
      printf '%s\\n' "$dead" | while read -r id name; do
        [ -n "$id" ] || continue
        last=$(crictl logs --tail 3 "$id" 2>&1)
        printf '%s ended (exit status %s): %s\\n' "$name" "$(crictl inspect "$id" 2>/dev/null | sed -n 's/.*"exitCode": *\\([0-9]*\\).*/\\1/p' | head -n 1)" "$last"
      done
      echo --
      printf '%s\\n' "$logs"
      printf '%s\\n' "$errors" | tail -n 60
      exit 0`,
  ]);
}

/** One line for each container that is not well: node, pod, container, restarts, reason, message, separated by tabs. */
function troubled(k: Shell, selector: string): Shell {
  const container =
    '{range .status.initContainerStatuses[*]}{"c\\t"}{.name}{"\\t"}{.ready}{"\\t"}{.restartCount}{"\\t"}{.state.waiting.reason}{"\\t"}{.state.waiting.message}{"\\n"}{end}';
  const path = `jsonpath={range .items[*]}{"p\\t"}{.metadata.name}{"\\t"}{.spec.nodeName}{"\\n"}${container}${container.replace('initContainerStatuses', 'containerStatuses')}{end}`;
  return sh`
    troubled() {
      ${k} --request-timeout=10s -n kube-system get pods -l ${selector} -o ${path} | awk -F '\\t' -v OFS='\\t' '
        $1 == "p" {pod = $2; node = $3 == "" ? "no-node" : $3}
        $1 == "c" && $3 != "true" && $5 != "" && $5 != "PodInitializing" && $5 != "ContainerCreating" {print node, pod, $2, $4, $5, $6 == "" ? "-" : $6}'
    }
    tab=$(printf '\\t')
    # Of a crash the line that names it; numbers and addresses differ each time.
    last_words() {
      ${k} --request-timeout=10s -n kube-system logs "$1" -c "$2" --previous --tail=60 2>/dev/null |
        awk '/panic:|fatal|FATAL|rror/ && !first {first = $0} NF {last = $0} END {print first != "" ? first : last}' | cut -c1-300
    }`;
}

/** Why pods of the cluster do not run: waiting containers, and the last words of those that crash. For `Task.why` on a control plane. */
export function podsWhy(k: Shell, selector: string): Shell {
  return joinShell([
    troubled(k, selector),
    sh`
      set +eu
      list=$(troubled)
      printf '%s\\n' "$list" | head -n 4 | while IFS="$tab" read -r node pod container restarts reason message; do
        [ -n "$pod" ] || continue
        words=
        case $reason in CrashLoopBackOff | Error) words=$(last_words "$pod" "$container") ;; esac
        printf '%s on %s: %s (%s restarts): %s\\n' "$container" "$node" "$reason" "$restarts" "\${words:-$message}" | cut -c1-500
      done
      echo --
      printf '%s\\n' "$list" | head -n 3 | while IFS="$tab" read -r node pod container rest; do
        [ -z "$pod" ] || { ${k} -n kube-system logs "$pod" -c "$container" --previous --tail=40; ${k} -n kube-system describe pod "$pod" | tail -n 20; }
      done 2>&1
      exit 0`,
  ]);
}

/**
 * For `WaitOptions.hopeless`: an image that does not exist, or a container that has crashed three times with the same last words. `$notes`
 * holds what was seen so far.
 */
export function podsHopeless(k: Shell, selector: string): Shell {
  return joinShell([
    troubled(k, selector),
    sh`
      set +eu
      list=$(troubled)
      missing=$(printf '%s\\n' "$list" | grep -E 'ErrImagePull|ImagePullBackOff' | grep -E 'not found|manifest unknown' | head -n 1)
      if [ -n "$missing" ]; then
        printf '%s\\n' "$missing" | awk -F '\\t' '{print $3 " on " $1 ": its image does not exist: " $6}' | cut -c1-500
        exit 0
      fi
      printf '%s\\n' "$list" | grep CrashLoopBackOff | while IFS="$tab" read -r node pod container restarts rest; do
        words=$(last_words "$pod" "$container")
        [ -z "$words" ] || printf '%s %s %s %s\\n' "$pod" "$container" "$restarts" "$(printf '%s' "$words" | tr -d '0-9')"
      done >>"$notes"
      again=$(sort -u "$notes" | awk '{key = $2 " of " $1; $1 = $2 = $3 = ""; if (++n[key $0] == 3) {print key; exit}}')
      [ -n "$again" ] || exit 1
      echo "$again crashed three times with the same words"
      exit 0`,
  ]);
}
