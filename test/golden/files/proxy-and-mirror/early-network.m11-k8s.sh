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
http_proxy=http://proxy.example.org:3128 HTTP_PROXY=$http_proxy; export http_proxy HTTP_PROXY
https_proxy=http://proxy.example.org:3128 HTTPS_PROXY=$https_proxy; export https_proxy HTTPS_PROXY
no_proxy=localhost,127.0.0.1,192.168.1.11,m11-k8s,192.168.1.12,m12-k8s,192.168.1.13,m13-k8s,192.168.1.14,w101-k8s,192.168.1.15,w102-k8s,10.233.0.0/18,10.233.64.0/18,.svc,.cluster.local,192.168.1.0/24,10.233.0.0/16 NO_PROXY=$no_proxy; export no_proxy NO_PROXY
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
calico-manifest https://files.example.org/mirror/github.com/projectcalico/calico/archive/v3.30.7.tar.gz

# network/calico-kustomization: Write kustomization.yaml of Calico's kustomization
# (writes /etc/kubernetes/calico/kustomization.yaml)
## check
[ -f /etc/kubernetes/calico/kustomization.yaml ]
[ ! -L /etc/kubernetes/calico/kustomization.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/calico/kustomization.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/kubernetes/calico/kustomization.yaml)" = '67c0df745400656c4d73bd63b4bf7969011ef93a8d808c03a656eb22078be35c  -' ]
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
images:
  - name: quay.io/calico/node
    newName: registry.example.org/quay/calico/node
  - name: docker.io/calico/node
    newName: registry.example.org/quay/calico/node
  - name: quay.io/calico/cni
    newName: registry.example.org/quay/calico/cni
  - name: docker.io/calico/cni
    newName: registry.example.org/quay/calico/cni
  - name: quay.io/calico/kube-controllers
    newName: registry.example.org/quay/calico/kube-controllers
  - name: docker.io/calico/kube-controllers
    newName: registry.example.org/quay/calico/kube-controllers
  - name: quay.io/calico/typha
    newName: registry.example.org/quay/calico/typha
  - name: docker.io/calico/typha
    newName: registry.example.org/quay/calico/typha
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
[ "$(sha256sum < /etc/kubernetes/calico/config.yaml)" = '154b4bcb47da849a9b2c7c25a70eab5a17f728ecde5bf72fc48001fdd504a8a9  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/calico/config.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: v1
kind: ConfigMap
metadata:
  name: calico-config
  namespace: kube-system
data:
  calico_backend: vxlan
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
[ "$(sha256sum < /etc/kubernetes/calico/node.yaml)" = '02262f027280eb4a15e0fc33d07f4ad9671fb8a96a4fc20cd224f9d5f33e83ea  -' ]
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
        kubewright/config: f2fbbf42850bb1208cb7502876a082397310b88736e4bf4d3317d93a892c9cba
    spec:
      containers:
        - name: calico-node
          env:
            - name: NO_DEFAULT_POOLS
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
  vxlanMode: Always
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

# network/calico: Apply Calico
## check
[ "$(cat /etc/kubernetes/calico/applied)" = '1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 45b52f40f9ab8481564c2b9a60865e613fc028f0a5a7397d9ff730be32fded29' ]
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
echo '1a9e90f77e48736c88b927a30b46e0c8c02645423a5a848f497db4a2d4eff822 45b52f40f9ab8481564c2b9a60865e613fc028f0a5a7397d9ff730be32fded29' > /etc/kubernetes/calico/applied
