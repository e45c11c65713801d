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

# etcd/cert-member: Install the member certificate of etcd
# (writes /etc/ssl/etcd/ssl/member-m11-k8s.pem)
## check
printf '%s
' '-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----' | cmp -s - /etc/ssl/etcd/ssl/member-m11-k8s.pem
[ "$(stat -c %a:%U /etc/ssl/etcd/ssl/member-m11-k8s.pem)" = 644:root ]
## apply
umask 022
printf '%s
' '-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----' > /etc/ssl/etcd/ssl/member-m11-k8s.pem.kw-new
chmod 0644 /etc/ssl/etcd/ssl/member-m11-k8s.pem.kw-new
mv -f /etc/ssl/etcd/ssl/member-m11-k8s.pem.kw-new /etc/ssl/etcd/ssl/member-m11-k8s.pem

# etcd/cert-admin: Install the admin certificate of etcd
# (writes /etc/ssl/etcd/ssl/admin-m11-k8s.pem)
## check
[ -s /etc/ssl/etcd/ssl/admin-m11-k8s.pem ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/ssl/etcd/ssl/admin-m11-k8s.pem 2>/dev/null)
openssl verify -CAfile /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/admin-m11-k8s.pem >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
[ "${#names}" -eq 2 ]
## apply
echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1

# etcd/data: Make etcd's data directory
## check
for d in /var/lib/etcd; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:700:root:root ]; done
## apply
mkdir -p -- /var/lib/etcd
chmod 00700 -- /var/lib/etcd
chown root:root -- /var/lib/etcd

# etcd/env: Write the settings of etcd
# (writes /etc/etcd.env)
## check
[ -f /etc/etcd.env ]
[ ! -L /etc/etcd.env ]
[ "$(stat -c %a:%U:%G /etc/etcd.env)" = 600:root:root ]
[ "$(sha256sum < /etc/etcd.env)" = '55af67de8e1b18f632c71dba2b6e86f6051d4ec8e0e8026617805ae9d39c09b2  -' ]
## apply
tmp=$(mktemp /etc/etcd.env.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'ETCD_NAME=etcd1
ETCD_DATA_DIR=/var/lib/etcd
ETCD_LISTEN_CLIENT_URLS=https://192.168.1.11:2379,https://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=https://192.168.1.11:2379
ETCD_LISTEN_PEER_URLS=https://192.168.1.11:2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://192.168.1.11:2380
ETCD_INITIAL_CLUSTER=etcd1=https://192.168.1.11:2380,etcd2=https://192.168.1.12:2380,etcd3=https://192.168.1.13:2380
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_INITIAL_CLUSTER_TOKEN=k8s_etcd
ETCD_AUTO_COMPACTION_RETENTION=8
ETCD_QUOTA_BACKEND_BYTES=2147483648
ETCD_HEARTBEAT_INTERVAL=250
ETCD_ELECTION_TIMEOUT=5000
ETCD_TRUSTED_CA_FILE=/etc/ssl/etcd/ssl/ca.pem
ETCD_CERT_FILE=/etc/ssl/etcd/ssl/member-m11-k8s.pem
ETCD_KEY_FILE=/etc/ssl/etcd/ssl/member-m11-k8s-key.pem
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_TRUSTED_CA_FILE=/etc/ssl/etcd/ssl/ca.pem
ETCD_PEER_CERT_FILE=/etc/ssl/etcd/ssl/member-m11-k8s.pem
ETCD_PEER_KEY_FILE=/etc/ssl/etcd/ssl/member-m11-k8s-key.pem
ETCD_PEER_CLIENT_CERT_AUTH=true
' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/etcd.env

# etcd/unit: Write the unit of etcd
# (writes /etc/systemd/system/etcd.service)
## check
[ -f /etc/systemd/system/etcd.service ]
[ ! -L /etc/systemd/system/etcd.service ]
[ "$(stat -c %a:%U:%G /etc/systemd/system/etcd.service)" = 644:root:root ]
[ "$(sha256sum < /etc/systemd/system/etcd.service)" = '54f5a104210fc3d78fe2fa652438f714ef0973b1cf6d47592789522fd73893e3  -' ]
## apply
tmp=$(mktemp /etc/systemd/system/etcd.service.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '[Unit]
Description=etcd
Documentation=https://etcd.io/docs/
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
EnvironmentFile=/etc/etcd.env
ExecStart=/usr/local/bin/etcd
Restart=always
RestartSec=5
TimeoutStartSec=0
LimitNOFILE=40000

[Install]
WantedBy=multi-user.target
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/systemd/system/etcd.service

# etcd/service: Start the etcd member
# (reads /etc/systemd/system/etcd.service, /etc/etcd.env, /etc/ssl/etcd/ssl/ca.pem, /etc/ssl/etcd/ssl/member-m11-k8s.pem)
## check
systemctl is-enabled --quiet etcd.service
case $(systemctl is-active etcd.service) in active|activating) ;; *) exit 1 ;; esac
[ "$(cat /var/lib/kubewright/started/etcd.service)" = "$(cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum)" ]
## apply
systemctl daemon-reload
systemctl enable --quiet etcd.service
if ! (
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
      ); then
  systemctl status --no-pager --lines=0 etcd.service || true
  journalctl --no-pager --quiet --lines=15 --output=cat --unit etcd.service || true
  exit 1
fi
sleep 0.5
mkdir -p /var/lib/kubewright/started
cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum > /var/lib/kubewright/started/etcd.service

# etcd/healthy: Wait until the etcd member is healthy
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

# etcd/no-backup-timer: Take no snapshots by a timer
## check
for f in /etc/systemd/system/kubewright-etcd-backup.timer /etc/systemd/system/kubewright-etcd-backup.service /var/lib/kubewright/bin/etcd-backup; do [ ! -e "$f" ]; done
## apply
systemctl disable --now --quiet kubewright-etcd-backup.timer || :
rm -f /etc/systemd/system/kubewright-etcd-backup.timer /etc/systemd/system/kubewright-etcd-backup.service /var/lib/kubewright/bin/etcd-backup
systemctl daemon-reload
