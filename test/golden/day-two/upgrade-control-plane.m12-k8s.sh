# upgrade/members-healthy-before: Wait until every member of etcd is healthy
# (changes nothing)
## check
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
## apply
look() {
/usr/local/bin/etcdctl --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-m12-k8s.pem --key /etc/ssl/etcd/ssl/admin-m12-k8s-key.pem --command-timeout 5s --endpoints https://192.168.1.11:2379,https://192.168.1.12:2379,https://192.168.1.13:2379 endpoint health 2>&1
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

# upgrade/others-ready: Wait until the other API servers are ready
# (changes nothing)
## check
for url in https://192.168.1.11:6443 https://192.168.1.13:6443; do
  [ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s --server "$url" get --raw /readyz 2>&1)" = ok ] || { echo "$url is not ready"; exit 1; }
done
## apply
look() {
for url in https://192.168.1.11:6443 https://192.168.1.13:6443; do
  [ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s --server "$url" get --raw /readyz 2>&1)" = ok ] || { echo "$url is not ready"; exit 1; }
done
}
end=$(( $(date +%s) + 240 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 240 s'
    exit 1
  fi
  sleep 1
done

# containerd/images: Import container images
## check
have=$(/usr/local/bin/ctr -n k8s.io images ls -q)
printf '%s
' "$have" | grep -qxF k8s.gcr.io/pause:3.2
grep -qxF '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' /var/lib/kubewright/images
printf '%s
' "$have" | grep -qxF k8s.gcr.io/kube-apiserver:v1.20.2
grep -qxF '6b38732e6763722e696f2f6b7562652d6170697365727665723a76312e32302e k8s.gcr.io/kube-apiserver:v1.20.2' /var/lib/kubewright/images
printf '%s
' "$have" | grep -qxF k8s.gcr.io/kube-proxy:v1.20.2
grep -qxF '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images
## apply
mkdir -p /var/lib/kubewright; touch /var/lib/kubewright/images
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF k8s.gcr.io/pause:3.2 || ! grep -qxF '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' /var/lib/kubewright/images; then
  src=$(kw_artifact 6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' k8s.gcr.io/pause:3.2' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e
fi
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF k8s.gcr.io/kube-apiserver:v1.20.2 || ! grep -qxF '6b38732e6763722e696f2f6b7562652d6170697365727665723a76312e32302e k8s.gcr.io/kube-apiserver:v1.20.2' /var/lib/kubewright/images; then
  src=$(kw_artifact 6b38732e6763722e696f2f6b7562652d6170697365727665723a76312e32302e)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' k8s.gcr.io/kube-apiserver:v1.20.2' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '6b38732e6763722e696f2f6b7562652d6170697365727665723a76312e32302e k8s.gcr.io/kube-apiserver:v1.20.2' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 6b38732e6763722e696f2f6b7562652d6170697365727665723a76312e32302e
fi
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF k8s.gcr.io/kube-proxy:v1.20.2 || ! grep -qxF '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images; then
  src=$(kw_artifact 6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e
fi
## needs
k8s.gcr.io/pause:3.2
k8s.gcr.io/kube-apiserver:v1.20.2
k8s.gcr.io/kube-proxy:v1.20.2

# node/kubeadm: Install kubeadm
## check
[ -s /var/lib/kubewright/installed/node.kubeadm ]
[ "$({ echo 6b75626561646d2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubeadm ); })" = "$(cat /var/lib/kubewright/installed/node.kubeadm)" ]
## apply
src=$(kw_artifact 6b75626561646d2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/kubeadm
mkdir -p /var/lib/kubewright/installed

for f in kubeadm; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 6b75626561646d2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubeadm ); } > /var/lib/kubewright/installed/node.kubeadm
kw_artifact_done 6b75626561646d2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
kubeadm

# upgrade/control-plane: Upgrade the control plane to v1.36.4 with kubeadm
## check
[ ! -e /var/lib/kubewright/kubeadm/upgrade-started ]
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  grep -q '^ *image: .*:v1.36.4$' /etc/kubernetes/manifests/"$c".yaml
done
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' | grep -qxF 'kubernetesVersion: v1.36.4'
## apply
echo v1.36.4 > /var/lib/kubewright/kubeadm/upgrade-started
if [ -x /usr/local/bin/crictl ] && old=$(/usr/local/bin/crictl ps -q --name '^kube-apiserver$') && [ -n "$old" ]; then
  (
    until grep -q '^ *image: .*:v1.36.4$' /etc/kubernetes/manifests/kube-apiserver.yaml; do sleep 0.5; done
    sleep 1
    for c in $old; do /usr/local/bin/crictl stop -t 5 "$c"; done
  ) >/dev/null 2>&1 &
  trap "kill $! 2>/dev/null || true" EXIT
fi
if /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' | grep -qxF 'kubernetesVersion: v1.36.4'; then /usr/local/bin/kubeadm upgrade node --etcd-upgrade=false ; else /usr/local/bin/kubeadm upgrade apply v1.36.4 --yes --etcd-upgrade=false ; fi
rm -f /var/lib/kubewright/kubeadm/upgrade-started

# upgrade/components: Wait until the API server, the controller manager and the scheduler run v1.36.4
# (changes nothing)
## check
out=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get --raw /readyz 2>&1) || { printf '%s
' "$out" | tail -n 1; exit 1; }
running=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get --raw /version | sed -n 's/.*"gitVersion": *"\([^"]*\)".*/\1/p')
[ "$running" = v1.36.4 ] || { echo "the API server runs $running"; exit 1; }
pods=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s -n kube-system get pods -l tier=control-plane --field-selector 'spec.nodeName=m12-k8s' -o 'jsonpath={range .items[*]}{.metadata.labels.component} {.status.containerStatuses[0].image} {.status.containerStatuses[0].ready}{"\n"}{end}')
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  printf '%s
' "$pods" | grep -q "^$c .*:v1.36.4 true$" || { printf '%s
' "$pods" | grep "^$c " || echo "$c has no pod"; exit 1; }
done
## apply
look() {
out=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get --raw /readyz 2>&1) || { printf '%s
' "$out" | tail -n 1; exit 1; }
running=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get --raw /version | sed -n 's/.*"gitVersion": *"\([^"]*\)".*/\1/p')
[ "$running" = v1.36.4 ] || { echo "the API server runs $running"; exit 1; }
pods=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s -n kube-system get pods -l tier=control-plane --field-selector 'spec.nodeName=m12-k8s' -o 'jsonpath={range .items[*]}{.metadata.labels.component} {.status.containerStatuses[0].image} {.status.containerStatuses[0].ready}{"\n"}{end}')
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  printf '%s
' "$pods" | grep -q "^$c .*:v1.36.4 true$" || { printf '%s
' "$pods" | grep "^$c " || echo "$c has no pod"; exit 1; }
done
}
end=$(( $(date +%s) + 300 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 300 s'
    exit 1
  fi
  sleep 1
done

# control-plane/kube-proxy: Let kube-proxy use the API on localhost
# (reads kube-system/kube-proxy)
## check
data=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get configmap kube-proxy -o 'go-template={{index .data "kubeconfig.conf"}}{{index .data "config.conf"}}')
hash=$(printf '%s' "$data" | sha256sum | cut -d ' ' -f 1)
printf '%s
' "$data" | grep -q '^ *server: https://127.0.0.1:6443$'
[ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get daemonset kube-proxy -o 'jsonpath={.spec.template.metadata.annotations.kubewright/config}')" = "$hash" ]
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get configmap kube-proxy -o yaml | sed 's#^\( *server: \)https://.*#\1https://127.0.0.1:6443#' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system replace -f - ) 2>&1 ); do
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
data=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get configmap kube-proxy -o 'go-template={{index .data "kubeconfig.conf"}}{{index .data "config.conf"}}')
hash=$(printf '%s' "$data" | sha256sum | cut -d ' ' -f 1)
end=$(( $(date +%s) + 90 ))
until said=$( ( /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system patch daemonset kube-proxy -p '{"spec":{"template":{"metadata":{"annotations":{"kubewright/config":"'"$hash"'"}}}}}' ) 2>&1 ); do
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

# upgrade/kube-proxy-rollout: Wait until kube-proxy runs on every node
# (changes nothing)
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( n=0
while [ $n -lt 90 ]; do
  set -- $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s -n kube-system get daemonset kube-proxy --ignore-not-found -o 'jsonpath={.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled} {.status.updatedNumberScheduled} {.status.numberAvailable}' 2>/dev/null || echo '? !')
  if [ $# -eq 0 ] || { [ "$1" = "$2" ] && [ "$3" = "${4:-0}" ] && [ "$3" = "${5:-0}" ]; }; then exit 0; fi
  n=$((n + 1))
  sleep 2
done
echo "not on every node: generation $1, seen $2, wanted on ${3:-?}, new on ${4:-0}, ready on ${5:-0}" )
: > "$KW_DIR/ran.$KW_N"

# upgrade/cordon-m12-k8s: Let no new pods onto m12-k8s
## check
case $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}') in 'v1.36.4 containerd://1.6.20'*) exit 0 ;; esac
[ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.spec.unschedulable}')" = true ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s patch node m12-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":"1.36.4"}},"spec":{"unschedulable":true}}'

# upgrade/drain-m12-k8s: Drain m12-k8s
## check
case $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}') in 'v1.36.4 containerd://1.6.20'*) exit 0 ;; esac
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get pods --all-namespaces --field-selector 'spec.nodeName=m12-k8s' -o 'jsonpath={range .items[*]}{.metadata.ownerReferences[0].kind}|{.status.phase}|{range .spec.tolerations[*]},{.key}:{.effect},{end}{"\n"}{end}')
[ -z "$(printf '%s
' "$left" | awk -F '|' 'NF > 1 && !($1 == "DaemonSet" || $1 == "Node" || $2 == "Succeeded" || $2 == "Failed" || ($1 != "" && $3 ~ ",(node[.]kubernetes[.]io/unschedulable)?:(NoSchedule)?,"))')" ]
## apply
if ! /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 drain m12-k8s --ignore-daemonsets --delete-emptydir-data --timeout 300s; then
  mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s patch node m12-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":null}},"spec":{"unschedulable":null}}'
  exit 1
fi

# containerd/directories: Make the directories of containerd and CNI
## check
for d in /etc/containerd /etc/containerd/certs.d /opt/cni /opt/cni/bin /etc/cni /etc/cni/net.d; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/containerd /etc/containerd/certs.d /opt/cni /opt/cni/bin /etc/cni /etc/cni/net.d
chmod 00755 -- /etc/containerd /etc/containerd/certs.d /opt/cni /opt/cni/bin /etc/cni /etc/cni/net.d
chown root:root -- /etc/containerd /etc/containerd/certs.d /opt/cni /opt/cni/bin /etc/cni /etc/cni/net.d

# containerd/runc: Install runc
## check
[ -s /var/lib/kubewright/installed/containerd.runc ]
[ "$({ echo 72756e632e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- runc ); })" = "$(cat /var/lib/kubewright/installed/containerd.runc)" ]
## apply
src=$(kw_artifact 72756e632e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/runc
mkdir -p /var/lib/kubewright/installed

for f in runc; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 72756e632e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- runc ); } > /var/lib/kubewright/installed/containerd.runc
kw_artifact_done 72756e632e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
runc

# containerd/binaries: Install containerd
## check
[ -s /var/lib/kubewright/installed/containerd.binaries ]
[ "$({ echo 636f6e7461696e6572642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.binaries.files) ); })" = "$(cat /var/lib/kubewright/installed/containerd.binaries)" ]
## apply
src=$(kw_artifact 636f6e7461696e6572642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$src" -C "$tmp" --no-same-owner --strip-components=1 bin
mkdir -p /var/lib/kubewright/installed
( cd "$tmp" && find . -type f -printf '%P
' | sort ) > /var/lib/kubewright/installed/containerd.binaries.files
for f in $(cat /var/lib/kubewright/installed/containerd.binaries.files); do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 636f6e7461696e6572642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.binaries.files) ); } > /var/lib/kubewright/installed/containerd.binaries
kw_artifact_done 636f6e7461696e6572642e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
containerd

# containerd/cni: Install the CNI plugins
## check
[ -s /var/lib/kubewright/installed/containerd.cni ]
[ "$({ echo 636e692d706c7567696e732e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /opt/cni/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.cni.files) ); })" = "$(cat /var/lib/kubewright/installed/containerd.cni)" ]
## apply
src=$(kw_artifact 636e692d706c7567696e732e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /opt/cni/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$src" -C "$tmp" --no-same-owner  
mkdir -p /var/lib/kubewright/installed
( cd "$tmp" && find . -type f -printf '%P
' | sort ) > /var/lib/kubewright/installed/containerd.cni.files
for f in $(cat /var/lib/kubewright/installed/containerd.cni.files); do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /opt/cni/bin/"$f"
done
{ echo 636e692d706c7567696e732e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /opt/cni/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.cni.files) ); } > /var/lib/kubewright/installed/containerd.cni
kw_artifact_done 636e692d706c7567696e732e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
cni-plugins

# containerd/config: Write the configuration of containerd
# (writes /etc/containerd/config.toml)
## check
[ -f /etc/containerd/config.toml ]
[ ! -L /etc/containerd/config.toml ]
[ "$(stat -c %a:%U:%G /etc/containerd/config.toml)" = 600:root:root ]
[ "$(sha256sum < /etc/containerd/config.toml)" = 'd5acc17c001ea35189166fb76171730edbcf6fe386ae0febf58a23dc87a62d8c  -' ]
## apply
tmp=$(mktemp /etc/containerd/config.toml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = -999

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.10.2"
restrict_oom_score_adj = false

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "/usr/local/bin/runc"
SystemdCgroup = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/opt/cni/bin"
conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/certs.d"
' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/containerd/config.toml

# containerd/unit: Write the unit of containerd
# (writes /etc/systemd/system/containerd.service)
## check
[ -f /etc/systemd/system/containerd.service ]
[ ! -L /etc/systemd/system/containerd.service ]
[ "$(stat -c %a:%U:%G /etc/systemd/system/containerd.service)" = 644:root:root ]
[ "$(sha256sum < /etc/systemd/system/containerd.service)" = '21d0968247857ea151a2ce5dc40a79fac9925021e32dce98da70fac50349b21e  -' ]
## apply
tmp=$(mktemp /etc/systemd/system/containerd.service.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target

[Service]
Environment="PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
LimitNOFILE=1048576
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/systemd/system/containerd.service

# containerd/service: Start containerd
# (reads /etc/systemd/system/containerd.service, /etc/containerd/config.toml)
## check
systemctl is-enabled --quiet containerd.service
case $(systemctl is-active containerd.service) in active) ;; *) exit 1 ;; esac
[ "$(cat /var/lib/kubewright/started/containerd.service)" = "$(cat -- /etc/systemd/system/containerd.service /etc/containerd/config.toml 2>/dev/null | sha256sum)" ]
## apply
systemctl daemon-reload
systemctl enable --quiet containerd.service
if ! systemctl restart containerd.service; then
  systemctl status --no-pager --lines=0 containerd.service || true
  journalctl --no-pager --quiet --lines=15 --output=cat --unit containerd.service || true
  exit 1
fi
systemctl is-active --quiet containerd.service
mkdir -p /var/lib/kubewright/started
cat -- /etc/systemd/system/containerd.service /etc/containerd/config.toml 2>/dev/null | sha256sum > /var/lib/kubewright/started/containerd.service

# upgrade/containerd: Restart containerd with version 1.6.20
## check
pid=$(systemctl show -p MainPID containerd.service)
pid=${pid#MainPID=}
[ "${pid:-0}" -gt 0 ]
case " $("/proc/$pid/exe" --version | head -n 1 | tr -d v) " in *' 1.6.20 '* | *' 1.6.20~'*) ;; *) exit 1 ;; esac
## apply
systemctl daemon-reload
systemctl restart containerd.service

# node/directories: Make the directories of Kubernetes
## check
for d in /etc/kubernetes /etc/kubernetes/manifests /etc/systemd/system/kubelet.service.d /var/lib/kubelet /var/lib/kubewright/kubeadm; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/kubernetes /etc/kubernetes/manifests /etc/systemd/system/kubelet.service.d /var/lib/kubelet /var/lib/kubewright/kubeadm
chmod 00755 -- /etc/kubernetes /etc/kubernetes/manifests /etc/systemd/system/kubelet.service.d /var/lib/kubelet /var/lib/kubewright/kubeadm
chown root:root -- /etc/kubernetes /etc/kubernetes/manifests /etc/systemd/system/kubelet.service.d /var/lib/kubelet /var/lib/kubewright/kubeadm

# node/kubelet: Install kubelet
## check
[ -s /var/lib/kubewright/installed/node.kubelet ]
[ "$({ echo 6b7562656c65742e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubelet ); })" = "$(cat /var/lib/kubewright/installed/node.kubelet)" ]
## apply
src=$(kw_artifact 6b7562656c65742e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/kubelet
mkdir -p /var/lib/kubewright/installed

for f in kubelet; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 6b7562656c65742e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubelet ); } > /var/lib/kubewright/installed/node.kubelet
kw_artifact_done 6b7562656c65742e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
kubelet

# node/kubectl: Install kubectl
## check
[ -s /var/lib/kubewright/installed/node.kubectl ]
[ "$({ echo 6b75626563746c2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubectl ); })" = "$(cat /var/lib/kubewright/installed/node.kubectl)" ]
## apply
src=$(kw_artifact 6b75626563746c2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/kubectl
mkdir -p /var/lib/kubewright/installed

for f in kubectl; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 6b75626563746c2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubectl ); } > /var/lib/kubewright/installed/node.kubectl
kw_artifact_done 6b75626563746c2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e
## needs
kubectl

# node/kubelet-unit: Write the unit of the kubelet
# (writes /etc/systemd/system/kubelet.service)
## check
[ -f /etc/systemd/system/kubelet.service ]
[ ! -L /etc/systemd/system/kubelet.service ]
[ "$(stat -c %a:%U:%G /etc/systemd/system/kubelet.service)" = 644:root:root ]
[ "$(sha256sum < /etc/systemd/system/kubelet.service)" = '7f8d613f1a2371e902247af3d47cc566b61138caa32b7d6669bf6f0b74792999  -' ]
## apply
tmp=$(mktemp /etc/systemd/system/kubelet.service.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '[Unit]
Description=kubelet: the Kubernetes node agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/bin/kubelet
Restart=always
RestartSec=10

[Install]
WantedBy=multi-user.target
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/systemd/system/kubelet.service

# node/kubelet-drop-in: Write kubeadm's settings of the kubelet unit
# (writes /etc/systemd/system/kubelet.service.d/10-kubeadm.conf)
## check
[ -f /etc/systemd/system/kubelet.service.d/10-kubeadm.conf ]
[ ! -L /etc/systemd/system/kubelet.service.d/10-kubeadm.conf ]
[ "$(stat -c %a:%U:%G /etc/systemd/system/kubelet.service.d/10-kubeadm.conf)" = 644:root:root ]
[ "$(sha256sum < /etc/systemd/system/kubelet.service.d/10-kubeadm.conf)" = '63b9effb4c0651cb2d17d070478e2991dd0fdfa4070fc031d89da44b99c010bc  -' ]
## apply
tmp=$(mktemp /etc/systemd/system/kubelet.service.d/10-kubeadm.conf.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/systemd/system/kubelet.service.d/10-kubeadm.conf

# node/kubelet-enabled: Start the kubelet at boot
## check
systemctl is-enabled --quiet kubelet.service
## apply
systemctl daemon-reload
systemctl enable --quiet kubelet.service

# node/local-api: Let the kubeconfigs of the node use the API on localhost
# (writes /etc/kubernetes/kubelet.conf, /etc/kubernetes/admin.conf, /etc/kubernetes/super-admin.conf)
## check
[ -s /etc/kubernetes/kubelet.conf ]
for f in /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf; do
  [ ! -s "$f" ] || grep -q '^ *server: https://127.0.0.1:6443$' "$f"
done
## apply
umask 077
for f in /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf; do
  [ -s "$f" ] || continue
  sed 's#^\( *server: \).*#\1https://127.0.0.1:6443#' "$f" > "$f.kw-new"
  mv -f "$f.kw-new" "$f"
done

# node/kubelet-settings: Take over the cluster's kubelet configuration
# (done by control-plane/init, node/join)
# (writes /var/lib/kubelet/config.yaml, /var/lib/kubelet/kubeadm-flags.env)
## check
[ -s /var/lib/kubelet/config.yaml ]
grep -q -e '--node-ip=' /var/lib/kubelet/kubeadm-flags.env
[ "$(cat /var/lib/kubewright/kubeadm/kubelet)" = 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 ]
## apply
# kubeadm asks once. After a restart of the machine its load balancer needs a moment.
i=0
until /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s get --raw /healthz >/dev/null; do
  i=$((i + 1))
  [ $i -lt 40 ] || exit 1
  sleep 3
done
/usr/local/bin/kubeadm upgrade node phase kubelet-config
# Other tools name the address of the node in their own unit of the kubelet.
if ! grep -qs -e '--node-ip=' /var/lib/kubelet/kubeadm-flags.env; then
  flags=$(sed -n 's/^KUBELET_KUBEADM_ARGS="\(.*\)"$/ \1/p' /var/lib/kubelet/kubeadm-flags.env 2>/dev/null || :)
  printf 'KUBELET_KUBEADM_ARGS="%s%s"
' '--node-ip=192.168.1.12' "$flags" > /var/lib/kubelet/kubeadm-flags.env.kw-new
  mv -f /var/lib/kubelet/kubeadm-flags.env.kw-new /var/lib/kubelet/kubeadm-flags.env
fi
echo 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 > /var/lib/kubewright/kubeadm/kubelet

# upgrade/kubelet-service: Run the kubelet with its configuration
# (reads /etc/systemd/system/kubelet.service, /etc/systemd/system/kubelet.service.d/10-kubeadm.conf, /etc/kubernetes/kubelet.conf, /var/lib/kubelet/config.yaml, /var/lib/kubelet/kubeadm-flags.env)
## check
systemctl is-enabled --quiet kubelet.service
case $(systemctl is-active kubelet.service) in active) ;; *) exit 1 ;; esac
[ "$(cat /var/lib/kubewright/started/kubelet.service)" = "$(cat -- /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/kubernetes/kubelet.conf /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env 2>/dev/null | sha256sum)" ]
## apply
systemctl daemon-reload
systemctl enable --quiet kubelet.service
if ! systemctl restart kubelet.service; then
  systemctl status --no-pager --lines=0 kubelet.service || true
  journalctl --no-pager --quiet --lines=15 --output=cat --unit kubelet.service || true
  exit 1
fi
systemctl is-active --quiet kubelet.service
mkdir -p /var/lib/kubewright/started
cat -- /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/kubernetes/kubelet.conf /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env 2>/dev/null | sha256sum > /var/lib/kubewright/started/kubelet.service

# upgrade/kubelet: Restart the kubelet with version 1.36.4
## check
pid=$(systemctl show -p MainPID kubelet.service)
pid=${pid#MainPID=}
[ "${pid:-0}" -gt 0 ]
case " $("/proc/$pid/exe" --version | head -n 1 | tr -d v) " in *' 1.36.4 '* | *' 1.36.4~'*) ;; *) exit 1 ;; esac
## apply
systemctl daemon-reload
other_is_ready() {
  for url in https://192.168.1.11:6443 https://192.168.1.13:6443; do
    [ "$(NO_PROXY='*' /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s --server "$url" get --raw /readyz 2>/dev/null)" != ok ] || return 0
  done
  return 1
}
start_kubelet() {
  trap - EXIT
  systemctl start kubelet.service
  systemctl stop kubewright-kubelet.timer 2>/dev/null || :
}
end_api_server() {
  servers=$(/usr/local/bin/crictl ps -q --name '^kube-apiserver$' 2>/dev/null) || return 1
  [ -n "$servers" ] || return 1
  other_is_ready || { echo 'no other API server is ready: this one restarts at once'; return 1; }
  # Of a task that was killed.
  systemctl stop kubewright-kubelet.timer 2>/dev/null || :
  systemd-run --quiet --collect --unit kubewright-kubelet --on-active 60 --timer-property AccuracySec=1s sh -c '! systemctl is-enabled --quiet kubelet.service || systemctl start kubelet.service' || return 1
  trap start_kubelet EXIT
  systemctl stop kubelet.service || return 1
  for c in $servers; do /usr/local/bin/crictl stop -t 5 "$c" >/dev/null || :; done
  sleep 6
}
pid=$(systemctl show -p MainPID kubelet.service)
minor=$("/proc/${pid#MainPID=}/exe" --version 2>/dev/null | sed -n 's/^Kubernetes v1[.]\([0-9]*\)[.].*/\1/p')
if [ -n "$minor" ] && [ "$minor" != 36 ] && end_api_server; then
  start_kubelet
else
  systemctl restart kubelet.service
fi
n=0
until curl -sSf --max-time 2 http://127.0.0.1:10248/healthz >/dev/null 2>&1 || [ $n -ge 60 ]; do
  n=$((n + 1))
  sleep 1
done
systemctl is-active --quiet kubelet.service

# upgrade/node-ready: Wait until the node is Ready with 1.36.4
# (changes nothing)
## check
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')
if [ "$state" != 'v1.36.4 True' ]; then
  echo "the node says: $state $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')"
  exit 1
fi
## apply
look() {
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')
if [ "$state" != 'v1.36.4 True' ]; then
  echo "the node says: $state $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')"
  exit 1
fi
}
end=$(( $(date +%s) + 300 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 300 s'
    exit 1
  fi
  sleep 1
done

# upgrade/api-steady: Wait until the API server stays ready
# (changes nothing)
## check
pid=$(systemctl show -p MainPID kubelet.service)
n=$(( $(date +%s) - $(stat -c %Y "/proc/${pid#MainPID=}") < 60 ? 8 : 1 ))
while [ $n -gt 0 ]; do
  out=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get --raw /readyz 2>&1) || { printf '%s
' "$out" | tail -n 1; exit 1; }
  n=$((n - 1))
  [ $n -eq 0 ] || sleep 2
done
## apply
look() {
pid=$(systemctl show -p MainPID kubelet.service)
n=$(( $(date +%s) - $(stat -c %Y "/proc/${pid#MainPID=}") < 60 ? 8 : 1 ))
while [ $n -gt 0 ]; do
  out=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get --raw /readyz 2>&1) || { printf '%s
' "$out" | tail -n 1; exit 1; }
  n=$((n - 1))
  [ $n -eq 0 ] || sleep 2
done
}
end=$(( $(date +%s) + 240 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 240 s'
    exit 1
  fi
  sleep 1
done

# upgrade/uncordon-m12-k8s: Let pods back onto m12-k8s
## check
mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ]
## apply
mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s get node m12-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.12:6443 --request-timeout=20s patch node m12-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":null}},"spec":{"unschedulable":null}}'
