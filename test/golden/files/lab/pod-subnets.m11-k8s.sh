# pod-subnets/assigned: Wait until every node has its pod subnet
# (changes nothing)
## check
list=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR}{"\n"}{end}')
for n in m11-k8s m12-k8s m13-k8s w101-k8s w102-k8s; do
  printf '%s
' "$list" | grep -q "^$n [0-9]" || { echo "node $n has no pod subnet yet"; exit 1; }
done
## apply
look() {
list=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR}{"\n"}{end}')
for n in m11-k8s m12-k8s m13-k8s w101-k8s w102-k8s; do
  printf '%s
' "$list" | grep -q "^$n [0-9]" || { echo "node $n has no pod subnet yet"; exit 1; }
done
}
end=$(( $(date +%s) + 60 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 60 s'
    exit 1
  fi
  sleep 1
done
## export pod-subnets
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR}{"\n"}{end}'
