# upgrade/members-healthy-before: Wait until every member of etcd is healthy
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
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

# etcd/binaries: Install etcd
## check
[ -s /var/lib/kubewright/installed/etcd.binaries ]
[ "$({ echo 657463642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- etcd etcdctl ); })" = "$(cat /var/lib/kubewright/installed/etcd.binaries)" ]
## apply
src=$(kw_artifact 657463642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$src" -C "$tmp" --no-same-owner --strip-components=1 etcd-v3.4.23-linux-amd64/etcd etcd-v3.4.23-linux-amd64/etcdctl
mkdir -p /var/lib/kubewright/installed

for f in etcd etcdctl; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 657463642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- etcd etcdctl ); } > /var/lib/kubewright/installed/etcd.binaries
kw_artifact_done 657463642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
etcd

# upgrade/member: Restart the member with etcd 3.4.23
## check
pid=$(systemctl show -p MainPID etcd.service)
pid=${pid#MainPID=}
[ "${pid:-0}" -gt 0 ]
case " $("/proc/$pid/exe" --version | head -n 1 | tr -d v) " in *' 3.4.23 '* | *' 3.4.23~'*) ;; *) exit 1 ;; esac
## apply
systemctl daemon-reload
(
        systemctl is-active --quiet etcd.service && /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health >/dev/null 2>&1 || {
          { systemctl stop etcd.service && systemctl start --no-block etcd.service; }
          exit
        }
        turn=$KW_DIR/turn.$KW_N n=0
        # Whoever waits for the lock loses it when the member that he asks is restarted: he asks again.
        until /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.12:2379,https://192.168.1.13:2379 lock --ttl 15 kubewright/restart -- sh -ec '# A member that did not come back from its turn ends it for all others: with the next one the quorum would go.
n=0
until out=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1); do
  n=$((n + 1))
  [ $n -lt 30 ] || { echo "not restarted, because another member is not healthy: $out" >&2; echo refused > "$1"; exit 1; }
  sleep 1
done
echo begun > "$1"
# A leader that stops cuts its clients off before it hands over: they come to the others in the middle of an election.
local=https://127.0.0.1:2379
status=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints $local --write-out fields endpoint status || :)
field() { echo "$status" | grep "$1" | cut -d: -f2; }
if [ "$(field MemberID)" = "$(field Leader)" ]; then
  next=$(/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint status | head -n 1 | cut -d, -f2)
  /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints $local move-leader $next || :
  sleep 1
fi
systemctl stop etcd.service
systemctl start --no-block etcd.service
n=0
until /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints $local endpoint health >/dev/null 2>&1; do
  n=$((n + 1))
  [ $n -lt 60 ] || exit 1
  sleep 1
done
sleep 5
echo done > "$1"' turn "$turn"; do
          case $(cat "$turn" 2>/dev/null) in done) break ;; begun | refused) exit 1 ;; esac
          n=$((n + 1))
          [ $n -lt 30 ] || exit 1
          sleep 1
        done
      )
n=0
until /usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://127.0.0.1:2379 endpoint health >/dev/null 2>&1; do
  n=$((n + 1))
  [ $n -lt 90 ] || { journalctl --no-pager --quiet --lines=15 --output=cat --unit etcd.service >&2; exit 1; }
  sleep 1
done

# upgrade/members-healthy-after: Wait until every member of etcd is healthy
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m11-k8s.pem --key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
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
