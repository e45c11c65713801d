# remove/member-m11-k8s: Remove the etcd member of m11-k8s
## check
list=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 member list)
[ -n "$list" ]
case $list in *', https://192.168.1.11:2380,'*) exit 1 ;; esac
## apply
list=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 member list)
[ -n "$list" ]
id=$(printf '%s
' "$list" | awk -F', ' -v peer=https://192.168.1.11:2380 '$4 == peer {print $1}')
total=$(( $(printf '%s
' "$list" | wc -l) - 1 ))
healthy=0
for e in $(printf '%s
' "$list" | awk -F', ' -v peer=https://192.168.1.11:2380 '$4 != peer && $6 != "true" {split($5, urls, ","); print urls[1]}'); do
  if /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints "$e" endpoint health >/dev/null 2>&1; then healthy=$((healthy + 1)); fi
done
if [ $healthy -le $((total / 2)) ]; then
  echo "not removed: of the $total members that stay only $healthy are healthy, and $((total / 2 + 1)) are needed" >&2
  exit 1
fi
fields=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 --write-out fields endpoint status)
leader=$(printf '%x' "$(echo "$fields" | sed -n 's/^"Leader" : //p')")
if [ "$leader" = "$id" ]; then
  next=$(echo "$fields" | sed -n 's/^"MemberID" : //p')
  /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379 move-leader "$(printf '%x' "$next")"
  sleep 1
fi
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 member remove "$id"

# remove/healthy-without-m11-k8s: Wait until the members that stay are healthy
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health --cluster 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health --cluster 2>&1
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
