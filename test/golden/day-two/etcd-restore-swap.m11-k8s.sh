# etcd-restore/swap: Stop the member, keep its old data, and put the restored data in their place
## check
[ "$(cat /var/lib/etcd/kubewright-restore/state)" = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa swapped' ]
## apply
[ "$(cat /var/lib/etcd/kubewright-restore/state)" = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa prepared' ]
systemctl stop etcd.service
if [ -d /var/lib/etcd/kubewright-restore/new/member ]; then
  if [ -d /var/lib/etcd/member ]; then
    mkdir -p /var/lib/etcd/before-restore-20261129T034500Z
    chmod 0700 /var/lib/etcd/before-restore-20261129T034500Z
    mv /var/lib/etcd/member /var/lib/etcd/before-restore-20261129T034500Z/member
  fi
  mv /var/lib/etcd/kubewright-restore/new/member /var/lib/etcd/member
fi
sync
echo 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa swapped' > /var/lib/etcd/kubewright-restore/state.new
mv -f /var/lib/etcd/kubewright-restore/state.new /var/lib/etcd/kubewright-restore/state
