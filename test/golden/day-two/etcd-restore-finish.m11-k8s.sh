# etcd-restore/kube-proxy: Restart kube-proxy, which may know Services that are gone
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( [ -n "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system --request-timeout=20s get daemonset kube-proxy --ignore-not-found -o name)" ] || exit 0
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system --request-timeout=20s rollout restart daemonset kube-proxy )
: > "$KW_DIR/ran.$KW_N"

# etcd-restore/these-hosts: Let the cluster's own notes name these hosts, if they name others
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( endpoint() { sed -n 's/^controlPlaneEndpoint: *//p' | tr -d '"'\'''; }
have=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-system get configmap kubeadm-config --ignore-not-found -o 'jsonpath={.data.ClusterConfiguration}' | endpoint)
for e in '' 192.168.1.11:6443 192.168.1.11:6443 192.168.1.12:6443 192.168.1.13:6443; do [ "$have" != "$e" ] || exit 0; done
want=$(cat /etc/kubernetes/kubeadm-config.yaml 2>/dev/null | endpoint)
if [ "$want" != 192.168.1.11:6443 ]; then
  echo '/etc/kubernetes/kubeadm-config.yaml on this host is not of this inventory, so kubeadm-config and cluster-info still name another endpoint'": $have"
  exit 0
fi
echo "they name $have"
/usr/local/bin/kubeadm init phase upload-config kubeadm --config /etc/kubernetes/kubeadm-config.yaml
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-public get configmap cluster-info -o yaml | sed 's#^\( *server: \)https://.*#\1https://192.168.1.11:6443#' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s replace -f -
[ ! -s /var/lib/kubewright/cluster/applied.json ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-system create configmap kubewright --from-file=applied=/var/lib/kubewright/cluster/applied.json --dry-run=client -o yaml | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s apply --server-side --force-conflicts -f - )
: > "$KW_DIR/ran.$KW_N"
## export etcd-restored-nodes
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s get nodes -o 'jsonpath={.items[*].metadata.name}'

# etcd-restore/same-data: Compare the data of all members
# (changes nothing)
## check
rev=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 --write-out fields endpoint status | sed -n 's/^"Revision" : //p')
hashes=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 --write-out fields endpoint hashkv --rev "$rev" | sed -n 's/^"Hash" : //p')
echo "revision $rev:" $hashes
[ "$(echo "$hashes" | wc -l)" -eq 3 ]
[ "$(echo "$hashes" | sort -u | wc -l)" -eq 1 ]
## apply
look() {
rev=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 --write-out fields endpoint status | sed -n 's/^"Revision" : //p')
hashes=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 --write-out fields endpoint hashkv --rev "$rev" | sed -n 's/^"Hash" : //p')
echo "revision $rev:" $hashes
[ "$(echo "$hashes" | wc -l)" -eq 3 ]
[ "$(echo "$hashes" | sort -u | wc -l)" -eq 1 ]
}
end=$(( $(date +%s) + 30 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 30 s'
    exit 1
  fi
  sleep 1
done

# etcd-restore/forget: Forget the restore, and keep the old data
## check
[ ! -e /var/lib/etcd/kubewright-restore ]
## apply
[ "$(cat /var/lib/etcd/kubewright-restore/state)" = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa swapped' ]
rm -rf /var/lib/etcd/kubewright-restore
## export etcd-old-data
ls -1d /var/lib/etcd/before-restore-* 2>/dev/null | tail -n 1
