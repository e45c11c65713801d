# etcd-restore/prepare: Check the snapshot, and restore it beside the data
## check
case $(cat /var/lib/etcd/kubewright-restore/state) in 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa prepared' | 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa swapped') ;; *) exit 1 ;; esac
## apply
umask 077
if [ ! -x /usr/local/bin/etcdutl ]; then
  echo '/usr/local/bin/etcdutl is not installed: it restores snapshots' >&2
  exit 1
fi
free=$(df -Pk /var/lib/etcd | awk 'NR == 2 {print $4}')
if [ "$free" -lt 7813 ]; then
  echo "/var/lib/etcd has $free kB free, and twice the size of the snapshot is needed" >&2
  exit 1
fi
file=$(kw_artifact aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)
/usr/local/bin/etcdutl snapshot status "$file" --write-out table
rm -rf /var/lib/etcd/kubewright-restore
mkdir -p /var/lib/etcd/kubewright-restore
set -a
. /etc/etcd.env
set +a
# A token of its own: a member that was away keeps its old data, and must not find its way back in with it.
( unset ETCD_DATA_DIR; /usr/local/bin/etcdutl snapshot restore "$file" --name etcd1 --initial-cluster 'etcd1=https://192.168.1.11:2380,etcd2=https://192.168.1.12:2380,etcd3=https://192.168.1.13:2380' --initial-cluster-token "$ETCD_INITIAL_CLUSTER_TOKEN-"aaaaaaaaaaaa --initial-advertise-peer-urls "$ETCD_INITIAL_ADVERTISE_PEER_URLS" --data-dir /var/lib/etcd/kubewright-restore/new --bump-revision 1000000000 --mark-compacted )
[ -s /var/lib/etcd/kubewright-restore/new/member/snap/db ]
echo 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa prepared' > /var/lib/etcd/kubewright-restore/state.new
mv -f /var/lib/etcd/kubewright-restore/state.new /var/lib/etcd/kubewright-restore/state
kw_artifact_done aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
## export etcd-restore-phase
cut -d ' ' -f 2 /var/lib/etcd/kubewright-restore/state
## needs
the snapshot of etcd
