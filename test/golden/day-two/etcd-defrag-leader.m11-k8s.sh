# etcd-defrag/all-healthy: Wait until every member is healthy
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
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

# etcd-defrag/leader: Hand over the lead, and defragment the member
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( status=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 --write-out fields endpoint status)
field() { echo "$status" | grep "$1" | cut -d: -f2; }
if [ "$(field MemberID)" = "$(field Leader)" ]; then
  next=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint status | head -n 1 | cut -d, -f2)
  /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 move-leader $next
  sleep 1
fi
before=$(stat -c %s /var/lib/etcd/member/snap/db)
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 300s --endpoints https://127.0.0.1:2379 defrag
echo "database file: $before bytes before, $(stat -c %s /var/lib/etcd/member/snap/db) bytes now" )
: > "$KW_DIR/ran.$KW_N"

# etcd-defrag/healthy: Wait until the member is healthy again
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health 2>&1
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
