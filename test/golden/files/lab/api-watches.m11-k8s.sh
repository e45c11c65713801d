# api-watches/apiserver: Restart the API server when those who watch Services hear nothing since etcd was restarted
## check
log=$(ls -t /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log 2>/dev/null | head -n 1)
ended=$([ -z "$log" ] || grep 'cacher [*]core.Service$' "$log" | tail -n 1 | cut -d ' ' -f 1)
if [ -n "$ended" ]; then
  ended=$(( $(date +%s) - $(date -d "$ended" +%s) ))
  etcd=$(systemctl show -p ActiveEnterTimestampMonotonic etcd.service | cut -d = -f 2)
  apart=$(( ended - ( $(cut -d . -f 1 /proc/uptime) - etcd / 1000000 ) ))
  [ $ended -gt 600 ] || [ $apart -gt 300 ] || [ $apart -lt -300 ]
fi
## apply
old=
for p in /proc/[0-9]*; do
  [ "$(cat "$p/comm" 2>/dev/null)" != kube-apiserver ] || old="$old $p"
done
for p in $old; do kill "$(basename "$p")"; done
n=0
for p in $old; do
  while [ -d "$p" ]; do n=$((n + 1)); [ $n -lt 90 ] || { echo 'the API server does not end' >&2; exit 1; }; sleep 1; done
done
until out=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 --request-timeout=5s get --raw /readyz 2>&1); do
  n=$((n + 1))
  [ $n -lt 180 ] || { printf '%s
' "$out" >&2; exit 1; }
  sleep 1
done
