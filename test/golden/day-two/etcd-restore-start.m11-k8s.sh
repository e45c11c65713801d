# etcd-restore/start: Start the member
## check
case $(systemctl is-active etcd.service) in active | activating) ;; *) exit 1 ;; esac
## apply
systemctl start --no-block etcd.service
sleep 0.5

# etcd-restore/healthy: Wait until the member is healthy
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health 2>&1
}
end=$(( $(date +%s) + 180 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 180 s'
    exit 1
  fi
  sleep 1
done
