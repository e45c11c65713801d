# network/calico-directory: Make the folder of Calico's manifest
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

# network/calico-kustomization: Write the kustomization of Calico's manifest
# (writes /etc/kubernetes/calico/kustomization.yaml)
## check
[ -f /etc/kubernetes/calico/kustomization.yaml ]
[ ! -L /etc/kubernetes/calico/kustomization.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/calico/kustomization.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/kubernetes/calico/kustomization.yaml)" = '8f7feda21a64dc9e44dc72bae7c22456fb232ac08a1c94557447ddf3a7fe13dc  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/calico/kustomization.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - calico.yaml
patchesStrategicMerge:
  - patch.yaml
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/calico/kustomization.yaml

# network/calico-patch: Write Calico's settings
# (writes /etc/kubernetes/calico/patch.yaml)
## check
[ -f /etc/kubernetes/calico/patch.yaml ]
[ ! -L /etc/kubernetes/calico/patch.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/calico/patch.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/kubernetes/calico/patch.yaml)" = 'f82cacc173aaa273afebd109a5e83a9e6c9e9b9a1a19348835815379cbab54e6  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/calico/patch.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: v1
kind: ConfigMap
metadata:
  name: calico-config
  namespace: kube-system
data:
  calico_backend: vxlan
  veth_mtu: "0"
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: calico-node
  namespace: kube-system
spec:
  template:
    metadata:
      annotations:
        kubewright/config: f0151f95d05d81d18fe01baa047c2a83d57b75cbbb456ced8310dc28648bfbff
    spec:
      containers:
        - name: calico-node
          env:
            - name: CALICO_IPV4POOL_CIDR
              value: 10.233.64.0/18
            - name: CALICO_IPV4POOL_BLOCK_SIZE
              value: "26"
            - name: CALICO_IPV4POOL_IPIP
              value: Never
            - name: CALICO_IPV4POOL_VXLAN
              value: Always
            - name: CALICO_IPV4POOL_NAT_OUTGOING
              value: "true"
            - name: CLUSTER_TYPE
              value: k8s
            - name: IP_AUTODETECTION_METHOD
              value: kubernetes-internal-ip
          livenessProbe:
            exec:
              command:
                - /bin/calico-node
                - -felix-live
          readinessProbe:
            exec:
              command:
                - /bin/calico-node
                - -felix-ready
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/calico/patch.yaml

# network/calico: Apply Calico
## check
[ "$(cat /etc/kubernetes/calico/applied)" = '1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 ad765eb8b82db711debc684346334729cd3a5d3e996d19e35cb9b1ab9116d8d0' ]
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get daemonset calico-node -o name >/dev/null
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -k /etc/kubernetes/calico
echo '1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 ad765eb8b82db711debc684346334729cd3a5d3e996d19e35cb9b1ab9116d8d0' > /etc/kubernetes/calico/applied

# network/calico-rollout: Wait until Calico runs on every node
# (changes nothing)
## check
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system rollout status daemonset/calico-node --timeout=5s 2>&1
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
again=$(sort -u "$notes" | awk '{key = $1 " " $2; $1 = $2 = $3 = ""; if (++n[key $0] == 3) {print key ":" $0; exit}}')
[ -n "$again" ] || exit 1
echo "crashed three times with the same words: $again"
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
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system rollout status daemonset/calico-node --timeout=5s 2>&1
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
  stay_hopeful; sleep 1
done
