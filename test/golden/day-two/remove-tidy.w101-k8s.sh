# os/hosts: Write the cluster's names into /etc/hosts
# (writes /etc/hosts)
## check
[ "$(awk -v b='# BEGIN kubewright hosts' -v e='# END kubewright hosts' '$0 == b {on = 1} on {print} $0 == e {on = 0}' /etc/hosts)" = '# BEGIN kubewright hosts
192.168.1.12 m12-k8s m12-k8s.cluster.local
192.168.1.13 m13-k8s m13-k8s.cluster.local
192.168.1.14 w101-k8s w101-k8s.cluster.local
# END kubewright hosts' ]
## apply
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
{
      [ ! -f /etc/hosts ] || awk -v b='# BEGIN kubewright hosts' -v e='# END kubewright hosts' '$0 == b {skip = 1} !skip {print} $0 == e {skip = 0}' /etc/hosts
      printf '%s
' '# BEGIN kubewright hosts
192.168.1.12 m12-k8s m12-k8s.cluster.local
192.168.1.13 m13-k8s m13-k8s.cluster.local
192.168.1.14 w101-k8s w101-k8s.cluster.local
# END kubewright hosts'
    } > "$tmp"
cat "$tmp" > /etc/hosts

# remove/load-balancer: Wait until the local load balancer answers
# (changes nothing)
## check
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s get --raw /readyz 2>&1
## apply
look() {
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s get --raw /readyz 2>&1
}
end=$(( $(date +%s) + 120 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 120 s'
    exit 1
  fi
  sleep 1
done
