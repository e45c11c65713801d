# dns/ready: Wait until CoreDNS runs
# (changes nothing)
## check
list=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get deployments -l 'k8s-app=kube-dns' -o 'jsonpath={range .items[*]}{.status.availableReplicas} of {.spec.replicas} replicas of {.metadata.name} run{"\n"}{end}')
printf '%s
' "$list"
printf '%s
' "$list" | awk 'NF { seen = 1 } $1 != $3 { less = 1 } END { exit less || !seen }'
## apply
hopeless() {
troubled() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get pods -l 'k8s-app=kube-dns' -o 'jsonpath={range .items[*]}{"p\t"}{.metadata.name}{"\t"}{.spec.nodeName}{"\n"}{range .status.initContainerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{range .status.containerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{end}' | awk -F '\t' -v OFS='\t' '
    $1 == "p" {pod = $2; node = $3 == "" ? "no-node" : $3}
    $1 == "c" && $3 != "true" && $5 != "" && $5 != "PodInitializing" && $5 != "ContainerCreating" {print node, pod, $2, $4, $5, $6 == "" ? "-" : $6}'
}
tab=$(printf '\t')
# Of a crash the line that names it; numbers and addresses differ each time.
last_words() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system logs "$1" -c "$2" --previous --tail=60 2>/dev/null |
    awk '/panic:|fatal|FATAL|rror/ && !first {first = $0} NF {last = $0} END {print first != "" ? first : last}' | cut -c1-300
}
set +eu
list=$(troubled)
missing=$(printf '%s\n' "$list" | grep -E 'ErrImagePull|ImagePullBackOff' | grep -E 'not found|manifest unknown' | head -n 1)
if [ -n "$missing" ]; then
  printf '%s\n' "$missing" | awk -F '\t' '{print $3 " on " $1 ": its image does not exist: " $6}' | cut -c1-500
  exit 0
fi
printf '%s\n' "$list" | grep CrashLoopBackOff | while IFS="$tab" read -r node pod container restarts rest; do
  words=$(last_words "$pod" "$container")
  [ -z "$words" ] || printf '%s %s %s %s\n' "$pod" "$container" "$restarts" "$(printf '%s' "$words" | tr -d '0-9')"
done >>"$notes"
again=$(sort -u "$notes" | awk '{key = $2 " of " $1; $1 = $2 = $3 = ""; if (++n[key $0] == 3) {print key; exit}}')
[ -n "$again" ] || exit 1
echo "$again crashed three times with the same words"
exit 0
}
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
next=$(( $(date +%s) + 10 ))
stay_hopeful() {
  [ "$(date +%s)" -ge "$next" ] || return 0
  if bad=$( (set -eu; hopeless) 2>/dev/null ); then
    printf '%s\n' "$bad"
    echo 'gave up: waiting does not make this better'
    exit 1
  fi
  next=$(( $(date +%s) + 10 ))
}
look() {
list=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get deployments -l 'k8s-app=kube-dns' -o 'jsonpath={range .items[*]}{.status.availableReplicas} of {.spec.replicas} replicas of {.metadata.name} run{"\n"}{end}')
printf '%s
' "$list"
printf '%s
' "$list" | awk 'NF { seen = 1 } $1 != $3 { less = 1 } END { exit less || !seen }'
}
end=$(( $(date +%s) + 300 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 300 s'
    exit 1
  fi
  stay_hopeful; sleep 1
done
