# etcd-snapshot/save: Take a snapshot of etcd
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( file=/var/backups/etcd/snapshot-20261129T034500Z.db
umask 077
mkdir -p /var/backups/etcd
chmod 0700 /var/backups/etcd
free=$(df -Pk /var/backups/etcd | awk 'NR == 2 {print $4}')
size=$(( $(stat -c %s /var/lib/etcd/member/snap/db) / 1024 ))
if [ "$free" -lt $((size * 2)) ]; then
  echo "/var/backups/etcd has $free kB free, and twice the size of the database is needed ($((size * 2)) kB)" >&2
  exit 1
fi
trap 'rm -f "$file.new" "$file.new.part"' EXIT
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 600s --endpoints https://127.0.0.1:2379 snapshot save "$file.new" >/dev/null
# etcd writes a hash at the end of the file, and etcdutl compares it.
if [ -x /usr/local/bin/etcdutl ]; then /usr/local/bin/etcdutl snapshot status "$file.new" --write-out table; fi
sync "$file.new"
mv -f "$file.new" "$file"
ls -1 /var/backups/etcd | grep '^snapshot-[0-9TZ]*[.]db$' | sort -r | tail -n +6 | while read -r old; do rm -f /var/backups/etcd/"$old"; done )
: > "$KW_DIR/ran.$KW_N"
## export etcd-snapshot
echo /var/backups/etcd/snapshot-20261129T034500Z.db "$(sha256sum < /var/backups/etcd/snapshot-20261129T034500Z.db | cut -d ' ' -f 1)" "$(stat -c %s /var/backups/etcd/snapshot-20261129T034500Z.db)"
