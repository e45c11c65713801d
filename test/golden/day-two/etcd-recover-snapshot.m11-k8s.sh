# etcd-recover/snapshot: Take a snapshot of what this member has
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( umask 077
[ -d /var/lib/etcd/member ] || { echo '/var/lib/etcd holds no member' >&2; exit 1; }
[ -x /usr/local/bin/etcdutl ] || { echo '/usr/local/bin/etcdutl is not installed: it restores snapshots' >&2; exit 1; }
size=$(du -sk /var/lib/etcd/member | cut -f 1)
free=$(df -Pk /var/lib/etcd | awk 'NR == 2 {print $4}')
if [ "$free" -lt $((size * 2)) ]; then
  echo "/var/lib/etcd has $free kB free, and a copy of its data needs $((size * 2)) kB" >&2
  exit 1
fi
# A member at work would change its files while they are copied. Without a quorum it can do nothing anyway.
systemctl stop etcd.service
rm -rf /var/lib/etcd/kubewright-recover
mkdir -p /var/lib/etcd/kubewright-recover /var/backups/etcd
chmod 0700 /var/backups/etcd
cp -a /var/lib/etcd/member /var/lib/etcd/kubewright-recover/
pid=''
finish() {
  [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || :; }
  rm -rf /var/lib/etcd/kubewright-recover /var/backups/etcd/recovered-20261129T034500Z.db.new /var/backups/etcd/recovered-20261129T034500Z.db.new.part
  systemctl start --no-block etcd.service || :
}
trap finish EXIT
/usr/local/bin/etcd --name recovered --data-dir /var/lib/etcd/kubewright-recover --force-new-cluster --listen-client-urls https://127.0.0.1:23790 --advertise-client-urls https://127.0.0.1:23790 --listen-peer-urls https://127.0.0.1:23800 --initial-advertise-peer-urls https://127.0.0.1:23800 --initial-cluster 'recovered=https://127.0.0.1:23800' --trusted-ca-file /etc/ssl/etcd/ssl/ca.pem --cert-file /etc/ssl/etcd/ssl/member-m11-k8s.pem --key-file /etc/ssl/etcd/ssl/member-m11-k8s-key.pem --client-cert-auth --peer-trusted-ca-file /etc/ssl/etcd/ssl/ca.pem --peer-cert-file /etc/ssl/etcd/ssl/member-m11-k8s.pem --peer-key-file /etc/ssl/etcd/ssl/member-m11-k8s-key.pem --peer-client-cert-auth > /var/lib/etcd/kubewright-recover/log 2>&1 &
pid=$!
n=0
until /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --endpoints https://127.0.0.1:23790 --command-timeout 60s endpoint health >/dev/null 2>&1; do
  n=$((n + 1))
  if [ $n -ge 90 ] || ! kill -0 "$pid" 2>/dev/null; then
    echo 'etcd does not start on a copy of the data:' >&2
    tail -n 5 /var/lib/etcd/kubewright-recover/log >&2
    exit 1
  fi
  sleep 1
done
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --endpoints https://127.0.0.1:23790 --command-timeout 60s snapshot save /var/backups/etcd/recovered-20261129T034500Z.db.new >/dev/null
/usr/local/bin/etcdutl snapshot status /var/backups/etcd/recovered-20261129T034500Z.db.new --write-out table
sync /var/backups/etcd/recovered-20261129T034500Z.db.new
mv -f /var/backups/etcd/recovered-20261129T034500Z.db.new /var/backups/etcd/recovered-20261129T034500Z.db )
: > "$KW_DIR/ran.$KW_N"
## export etcd-recovered
echo /var/backups/etcd/recovered-20261129T034500Z.db "$(sha256sum < /var/backups/etcd/recovered-20261129T034500Z.db | cut -d ' ' -f 1)" "$(stat -c %s /var/backups/etcd/recovered-20261129T034500Z.db)" "$(/usr/local/bin/etcdutl snapshot status /var/backups/etcd/recovered-20261129T034500Z.db --write-out fields | sed -n 's/^"Revision" : //p')"
