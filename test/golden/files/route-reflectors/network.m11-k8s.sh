# network/calico-directory: Make the directory of Calico's manifest
## check
for d in /etc/kubernetes/calico; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/kubernetes/calico
chmod 00755 -- /etc/kubernetes/calico
chown root:root -- /etc/kubernetes/calico

# network/calico-manifest: Fetch Calico's manifest
## check
[ -s /var/lib/kubewright/installed/network.calico-manifest ]
[ "$({ echo 1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822; ( cd /etc/kubernetes/calico && stat -c '%n %s %Y %a' -- calico.yaml ); })" = "$(cat /var/lib/kubewright/installed/network.calico-manifest)" ]
## apply
src=$(kw_artifact 1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822)
tmp=$(mktemp -d /etc/kubernetes/calico/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$src" -C "$tmp" --no-same-owner --strip-components=2 calico-3.30.7/manifests/calico.yaml
mkdir -p /var/lib/kubewright/installed

for f in calico.yaml; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /etc/kubernetes/calico/"$f"
done
{ echo 1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822; ( cd /etc/kubernetes/calico && stat -c '%n %s %Y %a' -- calico.yaml ); } > /var/lib/kubewright/installed/network.calico-manifest
kw_artifact_done 1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822
## needs
calico-manifest https://github.com/projectcalico/calico/archive/v3.30.7.tar.gz

# network/calico-kustomization: Write kustomization.yaml of Calico's kustomization
# (writes /etc/kubernetes/calico/kustomization.yaml)
## check
[ -f /etc/kubernetes/calico/kustomization.yaml ]
[ ! -L /etc/kubernetes/calico/kustomization.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/calico/kustomization.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/kubernetes/calico/kustomization.yaml)" = '78ad2117b0ca3b0e32dc14584684acc7fe94d6b8058a319a0a277d91cfe2bccf  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/calico/kustomization.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - calico.yaml
patches:
  - path: config.yaml
  - path: node.yaml
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/calico/kustomization.yaml

# network/calico-config: Write config.yaml of Calico's kustomization
# (writes /etc/kubernetes/calico/config.yaml)
## check
[ -f /etc/kubernetes/calico/config.yaml ]
[ ! -L /etc/kubernetes/calico/config.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/calico/config.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/kubernetes/calico/config.yaml)" = 'b7582e32f3dbd9cf8ceafc5ea1244ee8f82b15fa4ea091443751aaa9d088c61e  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/calico/config.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: v1
kind: ConfigMap
metadata:
  name: calico-config
  namespace: kube-system
data:
  calico_backend: bird
  veth_mtu: "0"
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/calico/config.yaml

# network/calico-node: Write node.yaml of Calico's kustomization
# (writes /etc/kubernetes/calico/node.yaml)
## check
[ -f /etc/kubernetes/calico/node.yaml ]
[ ! -L /etc/kubernetes/calico/node.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/calico/node.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/kubernetes/calico/node.yaml)" = '0066b1e483f0344ff5d730c3a9acd291a45aad930adfa88019a226eb490f180f  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/calico/node.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: calico-node
  namespace: kube-system
spec:
  template:
    metadata:
      annotations:
        kubewright/config: 48c850e56807990557a51c954a95fe11cd7be33896ae81f8ef8a3f038eb1614e
    spec:
      containers:
        - name: calico-node
          env:
            - name: NO_DEFAULT_POOLS
              value: "true"
            - name: CLUSTER_TYPE
              value: k8s,bgp
            - name: IP_AUTODETECTION_METHOD
              value: kubernetes-internal-ip
          livenessProbe:
            exec:
              command:
                - /bin/calico-node
                - -felix-live
                - -bird-live
          readinessProbe:
            exec:
              command:
                - /bin/calico-node
                - -felix-ready
                - -bird-ready
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/calico/node.yaml

# network/calico-resources: Define Calico's resources
## check
[ "$(cat /etc/kubernetes/calico/resources)" = 1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 ]
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get crd/ippools.crd.projectcalico.org crd/bgpconfigurations.crd.projectcalico.org crd/bgppeers.crd.projectcalico.org -o name >/dev/null
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( awk 'BEGIN { RS = "\n---\n" }
/(^|\n)kind: CustomResourceDefinition\n/ && /\n  name: (ippools|bgpconfigurations|bgppeers)\.crd\.projectcalico\.org\n/ { print "---"; print }' /etc/kubernetes/calico/calico.yaml | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - ) 2>&1 ); do
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
end=$(( $(date +%s) + 90 ))
until said=$( ( /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for=condition=Established --timeout=60s crd/ippools.crd.projectcalico.org crd/bgpconfigurations.crd.projectcalico.org crd/bgppeers.crd.projectcalico.org ) 2>&1 ); do
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
echo 1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 > /etc/kubernetes/calico/resources

# network/calico-pool: Make Calico's address pool
## check
pools=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get ippools.crd.projectcalico.org -o name)
[ -n "$pools" ]
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( printf '%s' 'apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata:
  name: default-pool
spec:
  cidr: 10.233.64.0/18
  blockSize: 26
  ipipMode: Never
  vxlanMode: Never
  natOutgoing: true
  nodeSelector: all()
  allowedUses:
    - Workload
    - Tunnel
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf create -f - || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get ippools.crd.projectcalico.org default-pool -o name ) 2>&1 ); do
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

# network/calico-peers: Name the BGP peers
## check
printf '%s' 'apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata:
  name: peer-to-rrs
  labels:
    app.kubernetes.io/managed-by: kubewright
spec:
  nodeSelector: "!has(i-am-a-route-reflector)"
  peerSelector: has(i-am-a-route-reflector)
---
apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata:
  name: rr-mesh
  labels:
    app.kubernetes.io/managed-by: kubewright
spec:
  nodeSelector: has(i-am-a-route-reflector)
  peerSelector: has(i-am-a-route-reflector)
---
apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata:
  name: global-192.168.1.254
  labels:
    app.kubernetes.io/managed-by: kubewright
spec:
  peerIP: 192.168.1.254
  asNumber: 65001
  sourceAddress: UseNodeIP
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( printf '%s' 'apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata:
  name: peer-to-rrs
  labels:
    app.kubernetes.io/managed-by: kubewright
spec:
  nodeSelector: "!has(i-am-a-route-reflector)"
  peerSelector: has(i-am-a-route-reflector)
---
apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata:
  name: rr-mesh
  labels:
    app.kubernetes.io/managed-by: kubewright
spec:
  nodeSelector: has(i-am-a-route-reflector)
  peerSelector: has(i-am-a-route-reflector)
---
apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata:
  name: global-192.168.1.254
  labels:
    app.kubernetes.io/managed-by: kubewright
spec:
  peerIP: 192.168.1.254
  asNumber: 65001
  sourceAddress: UseNodeIP
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - ) 2>&1 ); do
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

# network/calico-rr-w101-k8s: Make w101-k8s a route reflector
## check
[ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get node w101-k8s -o 'go-template={{index .metadata.labels "i-am-a-route-reflector"}} {{index .metadata.annotations "projectcalico.org/RouteReflectorClusterID"}}')" = 'true 244.0.0.1' ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf patch node w101-k8s --type merge -p '{"metadata":{"labels":{"i-am-a-route-reflector":"true"},"annotations":{"projectcalico.org/RouteReflectorClusterID":"244.0.0.1"}}}'
# Where calico-node runs already, its sessions come back before the next one changes.
pod=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get pods -l k8s-app=calico-node --field-selector 'spec.nodeName=w101-k8s,status.phase=Running' -o name)
[ -n "$pod" ] || exit 0
i=0
until /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system exec "$pod" -c calico-node -- birdcl -s /var/run/calico/bird.ctl show protocols | grep -q '^Node_.* BGP .* Established'; do
  i=$((i + 1))
  [ $i -lt 60 ] || { echo 'no BGP session of w101-k8s came up' >&2; exit 1; }
  sleep 2
done

# network/calico-rr-w102-k8s: Make w102-k8s a route reflector
## check
[ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get node w102-k8s -o 'go-template={{index .metadata.labels "i-am-a-route-reflector"}} {{index .metadata.annotations "projectcalico.org/RouteReflectorClusterID"}}')" = 'true 244.0.0.1' ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf patch node w102-k8s --type merge -p '{"metadata":{"labels":{"i-am-a-route-reflector":"true"},"annotations":{"projectcalico.org/RouteReflectorClusterID":"244.0.0.1"}}}'
# Where calico-node runs already, its sessions come back before the next one changes.
pod=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get pods -l k8s-app=calico-node --field-selector 'spec.nodeName=w102-k8s,status.phase=Running' -o name)
[ -n "$pod" ] || exit 0
i=0
until /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system exec "$pod" -c calico-node -- birdcl -s /var/run/calico/bird.ctl show protocols | grep -q '^Node_.* BGP .* Established'; do
  i=$((i + 1))
  [ $i -lt 60 ] || { echo 'no BGP session of w102-k8s came up' >&2; exit 1; }
  sleep 2
done

# network/calico-bgp: Set the BGP configuration
## check
printf '%s' 'apiVersion: crd.projectcalico.org/v1
kind: BGPConfiguration
metadata:
  name: default
spec:
  asNumber: 65000
  nodeToNodeMeshEnabled: false
  serviceClusterIPs:
    - cidr: 10.233.0.0/18
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( printf '%s' 'apiVersion: crd.projectcalico.org/v1
kind: BGPConfiguration
metadata:
  name: default
spec:
  asNumber: 65000
  nodeToNodeMeshEnabled: false
  serviceClusterIPs:
    - cidr: 10.233.0.0/18
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - ) 2>&1 ); do
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

# network/calico-former-rrs: Make former route reflectors plain peers
# (done by network/calico-resources)
## check
former=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -l i-am-a-route-reflector -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | { grep -vxF -ew101-k8s -ew102-k8s || [ $? -eq 1 ]; })
[ -z "$former" ]
## apply
for n in $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -l i-am-a-route-reflector -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | { grep -vxF -ew101-k8s -ew102-k8s || [ $? -eq 1 ]; }); do
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf label node "$n" i-am-a-route-reflector-
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf annotate node "$n" projectcalico.org/RouteReflectorClusterID-
done

# network/calico-former-peers: Remove BGP peers that are not wanted any more
# (done by network/calico-resources)
## check
former=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get bgppeers.crd.projectcalico.org -l 'app.kubernetes.io/managed-by=kubewright' -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | { grep -vxF -epeer-to-rrs -err-mesh -eglobal-192.168.1.254 || [ $? -eq 1 ]; })
[ -z "$former" ]
## apply
for p in $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get bgppeers.crd.projectcalico.org -l 'app.kubernetes.io/managed-by=kubewright' -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | { grep -vxF -epeer-to-rrs -err-mesh -eglobal-192.168.1.254 || [ $? -eq 1 ]; }); do /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf delete bgppeers.crd.projectcalico.org "$p"; done

# network/calico: Apply Calico
## check
[ "$(cat /etc/kubernetes/calico/applied)" = '1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 2630beecbf28b48291fedceef163872db89e105d4c6ccda28f4a3ff0a86bc0f3' ]
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get daemonset calico-node -o name >/dev/null
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -k /etc/kubernetes/calico ) 2>&1 ); do
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
echo '1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 2630beecbf28b48291fedceef163872db89e105d4c6ccda28f4a3ff0a86bc0f3' > /etc/kubernetes/calico/applied

# network/calico-arrival: Wait until Calico has come to every node
# (changes nothing)
## check
nodes=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}')
with='' without='' dead=''
for n in m11-k8s m12-k8s m13-k8s w101-k8s w102-k8s; do
  state=$(printf '%s
' "$nodes" | grep "^$n " || true)
  case $state in
    "$n True "*) with="$with $n" ;;
    *) if printf '%s
' "$state" | grep -q "^$n False .*"'\(network plugin\|cni plugin\|NetworkPluginNotReady\|NetworkReady=false\)'; then without="$without $n"; else dead="$dead $n"; fi ;;
  esac
done
[ -z "$dead" ] || echo "not waited for, because they are not Ready:" $dead
[ -z "$without" ] || { echo "calico-node has not come to:" $without; exit 1; }
## apply
hopeless() {
troubled() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get pods -l 'k8s-app=calico-node' -o 'jsonpath={range .items[*]}{"p\t"}{.metadata.name}{"\t"}{.spec.nodeName}{"\n"}{range .status.initContainerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{range .status.containerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{end}' | awk -F '\t' -v OFS='\t' '
    $1 == "p" {pod = $2; node = $3 == "" ? "no-node" : $3}
    $1 == "c" && $3 != "true" && $5 != "" && $5 != "PodInitializing" && $5 != "ContainerCreating" {print node, pod, $2, $4, $5, $6 == "" ? "-" : $6}'
}
tab=$(printf '\t')
# Of a crash the line that names it; numbers and addresses differ each time.
last_words() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system logs "$1" -c "$2" --previous --tail=60 2>/dev/null |
    awk '/panic:|fatal|FATAL|rror/ && !first {first = $0} NF {last = $0} END {print first != "" ? first : last}' | cut -c1-300
}
set +eu
list=$(troubled)
missing=$(printf '%s\n' "$list" | grep -E 'ErrImagePull|ImagePullBackOff' | grep -E 'not found|manifest unknown' | head -n 1)
if [ -n "$missing" ]; then
  printf '%s\n' "$missing" | awk -F '\t' '{print $3 " on " $1 ": its image does not exist: " $6}' | cut -c1-500
  exit 0
fi
printf '%s\n' "$list" | grep CrashLoopBackOff | while IFS="$tab" read -r node pod container restarts rest; do
  words=$(last_words "$pod" "$container")
  [ -z "$words" ] || printf '%s %s %s %s\n' "$pod" "$container" "$restarts" "$(printf '%s' "$words" | tr -d '0-9')"
done >>"$notes"
again=$(sort -u "$notes" | awk '{key = $2 " of " $1; $1 = $2 = $3 = ""; if (++n[key $0] == 3) {print key; exit}}')
[ -n "$again" ] || exit 1
echo "$again crashed three times with the same words"
exit 0
}
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
next=$(( $(date +%s) + 10 ))
stay_hopeful() {
  [ "$(date +%s)" -ge "$next" ] || return 0
  if bad=$( (set -eu; hopeless) 2>/dev/null ); then
    printf '%s\n' "$bad"
    echo 'gave up: waiting does not make this better'
    exit 1
  fi
  next=$(( $(date +%s) + 10 ))
}
look() {
nodes=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}')
with='' without='' dead=''
for n in m11-k8s m12-k8s m13-k8s w101-k8s w102-k8s; do
  state=$(printf '%s
' "$nodes" | grep "^$n " || true)
  case $state in
    "$n True "*) with="$with $n" ;;
    *) if printf '%s
' "$state" | grep -q "^$n False .*"'\(network plugin\|cni plugin\|NetworkPluginNotReady\|NetworkReady=false\)'; then without="$without $n"; else dead="$dead $n"; fi ;;
  esac
done
[ -z "$dead" ] || echo "not waited for, because they are not Ready:" $dead
[ -z "$without" ] || { echo "calico-node has not come to:" $without; exit 1; }
}
end=$(( $(date +%s) + 600 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 600 s'
    exit 1
  fi
  stay_hopeful; sleep 2
done
