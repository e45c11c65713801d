# nodes/ready: Wait until every node is Ready
# (changes nothing)
# (for other hosts)
## check
list=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}')
missing=0
for n in m11-k8s m12-k8s m13-k8s w101-k8s w102-k8s; do
  printf '%s
' "$list" | grep -q "^$n True" || { missing=1; printf '%s
' "$list" | grep "^$n " || echo "$n is not there"; }
done
[ $missing -eq 0 ]
## apply
look() {
list=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}')
missing=0
for n in m11-k8s m12-k8s m13-k8s w101-k8s w102-k8s; do
  printf '%s
' "$list" | grep -q "^$n True" || { missing=1; printf '%s
' "$list" | grep "^$n " || echo "$n is not there"; }
done
[ $missing -eq 0 ]
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
  sleep 2
done
## export node-settled
:
