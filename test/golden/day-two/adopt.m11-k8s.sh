# record/directory: Make the directory of the notes about the cluster
## check
for d in /var/lib/kubewright/cluster; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /var/lib/kubewright/cluster
chmod 00755 -- /var/lib/kubewright/cluster
chown root:root -- /var/lib/kubewright/cluster

# record/applied: Note the settings that were applied
# (writes /var/lib/kubewright/cluster/applied.json)
## check
[ -f /var/lib/kubewright/cluster/applied.json ]
[ ! -L /var/lib/kubewright/cluster/applied.json ]
[ "$(stat -c %a:%U:%G /var/lib/kubewright/cluster/applied.json)" = 600:root:root ]
[ "$(sha256sum < /var/lib/kubewright/cluster/applied.json)" = '339b7922263d7f0394ee5239018dcb763ce8c4b54ca67d9d63081ba3fa5a6b3e  -' ]
## apply
tmp=$(mktemp /var/lib/kubewright/cluster/applied.json.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '{"schema":1,"settings":{"kube_version":"1.35.4"},"hosts":{}}' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /var/lib/kubewright/cluster/applied.json

# record/config-map: Note the settings that were applied in the cluster
## check
printf '%s' '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kubewright","namespace":"kube-system"},"data":{"applied":"{\"schema\":1,\"settings\":{\"kube_version\":\"1.35.4\"},\"hosts\":{}}"}}' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( printf '%s' '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kubewright","namespace":"kube-system"},"data":{"applied":"{\"schema\":1,\"settings\":{\"kube_version\":\"1.35.4\"},\"hosts\":{}}"}}' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - ) 2>&1 ); do
  if [ "$(date +%s)" -ge "$end" ] || ! printf '%s
' "$said" | grep -Eq 'connection refused|was refused - did you specify|connection reset by peer|client connection lost|TLS handshake timeout|i/o timeout|: EOF$|unexpected EOF|Error from server \((ServiceUnavailable|Timeout)\)|etcdserver: (request timed out|leader changed)|status\.conditions accessor error: <nil>|no matches for kind'; then
    printf '%s
' "$said"
    exit 1
  fi
  sleep 2
done
printf '%s
' "$said"
