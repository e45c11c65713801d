# control-plane/etcd-ca: Install etcd's CA certificate
# (writes /etc/kubernetes/pki/etcd/ca.crt)
## check
printf '%s
' '-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----' | cmp -s - /etc/kubernetes/pki/etcd/ca.crt
[ "$(stat -c %a:%U /etc/kubernetes/pki/etcd/ca.crt)" = 644:root ]
## apply
umask 022
printf '%s
' '-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----' > /etc/kubernetes/pki/etcd/ca.crt.kw-new
chmod 0644 /etc/kubernetes/pki/etcd/ca.crt.kw-new
mv -f /etc/kubernetes/pki/etcd/ca.crt.kw-new /etc/kubernetes/pki/etcd/ca.crt

# control-plane/cert-apiserver: Install the apiserver certificate of etcd
# (writes /etc/kubernetes/pki/apiserver-etcd-client.crt)
## check
[ -s /etc/kubernetes/pki/apiserver-etcd-client.crt ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/kubernetes/pki/apiserver-etcd-client.crt 2>/dev/null)
openssl verify -CAfile /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/apiserver-etcd-client.crt >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/kubernetes/pki/apiserver-etcd-client.key)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
[ "${#names}" -eq 2 ]
## apply
echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1

# control-plane/config: Write kubeadm's configuration
# (writes /etc/kubernetes/kubeadm-config.yaml)
## check
[ -f /etc/kubernetes/kubeadm-config.yaml ]
[ ! -L /etc/kubernetes/kubeadm-config.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/kubeadm-config.yaml)" = 600:root:root ]
[ "$(sha256sum < /etc/kubernetes/kubeadm-config.yaml)" = '18817640dbb09d50bff37c6b11a60441cc8b840be23ab3ae6276cf3d1f99537a  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/kubeadm-config.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: kubeadm.k8s.io/v1beta2
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 192.168.1.11
  bindPort: 6443
nodeRegistration:
  name: m11-k8s
  criSocket: /run/containerd/containerd.sock
  taints:
    - key: node-role.kubernetes.io/master
      effect: NoSchedule
  kubeletExtraArgs:
    node-ip: 192.168.1.11
  ignorePreflightErrors:
    - NumCPU
    - Mem
    - Port-10250
    - Port-10257
    - Port-10259
    - DirAvailable--etc-kubernetes-manifests
    - FileAvailable--etc-kubernetes-kubelet.conf
    - FileAvailable--etc-kubernetes-bootstrap-kubelet.conf
    - FileAvailable--etc-kubernetes-pki-ca.crt
---
apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
clusterName: cluster.local
kubernetesVersion: v1.20.2
controlPlaneEndpoint: 192.168.1.11:6443
imageRepository: k8s.gcr.io
certificatesDir: /etc/kubernetes/pki
networking:
  dnsDomain: cluster.local
  serviceSubnet: 10.233.0.0/18
  podSubnet: 10.233.64.0/18
etcd:
  external:
    endpoints:
      - https://192.168.1.11:2379
      - https://192.168.1.12:2379
      - https://192.168.1.13:2379
    caFile: /etc/kubernetes/pki/etcd/ca.crt
    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt
    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key
apiServer:
  extraArgs:
    endpoint-reconciler-type: lease
    service-node-port-range: 30000-32767
  certSANs:
    - localhost
    - 127.0.0.1
    - m11-k8s
    - 192.168.1.11
    - m12-k8s
    - 192.168.1.12
    - m13-k8s
    - 192.168.1.13
controllerManager:
  extraArgs:
    node-cidr-mask-size: "24"
scheduler:
  extraArgs: {}
dns:
  type: CoreDNS
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
clusterDNS:
  - 10.233.0.3
clusterDomain: cluster.local
failSwapOn: true
maxPods: 110
rotateCertificates: true
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: 10.233.64.0/18
conntrack:
  maxPerCore: 32768
  min: 131072
' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/kubeadm-config.yaml

# control-plane/init: Initialise the cluster
# (writes /etc/kubernetes/kubelet.conf, /var/lib/kubelet/config.yaml, /var/lib/kubelet/kubeadm-flags.env)
## check
[ -s /etc/kubernetes/admin.conf ]
[ -s /etc/kubernetes/manifests/kube-apiserver.yaml ]
# A cluster that another tool has made is taken over as it is.
[ -e /var/lib/kubewright/kubeadm/init ] || [ ! -e /var/lib/kubewright/kubeadm/init-started ]
## apply
# It is not initialised again, whatever is missing on this host.
if [ ! -e /var/lib/kubewright/kubeadm/init-started ] && [ -s /etc/kubernetes/admin.conf ] && /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get configmap kubeadm-config >/dev/null 2>&1; then
  touch /var/lib/kubewright/kubeadm/init
  exit 0
fi
:
umask 077
config=$(mktemp /run/kubewright-kubeadm-XXXXXX)
trap 'rm -f "$config"' EXIT
printf '%s' "$(kw_secret kubeadm-init)" > "$config"
mkdir -p /var/lib/kubewright/kubeadm && touch /var/lib/kubewright/kubeadm/init-started
/usr/local/bin/kubeadm init --config "$config" --upload-certs --skip-token-print --skip-certificate-key-print --skip-phases=preflight,addon/coredns
umask 022
echo bd0cd01dd8d67d6f560ce87fbff14f15e7819745006c06acc7e6dd36ea4bb312 > /run/kubewright-handed-over
echo 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 > /var/lib/kubewright/kubeadm/kubelet
echo 18817640dbb09d50bff37c6b11a60441cc8b840be23ab3ae6276cf3d1f99537a > /var/lib/kubewright/kubeadm/settings
touch /var/lib/kubewright/kubeadm/init

# control-plane/settings: Apply changed settings to the control plane
# (done by control-plane/init, node/join)
# (writes kube-system/kube-proxy)
## check
[ "$(cat /var/lib/kubewright/kubeadm/settings)" = 18817640dbb09d50bff37c6b11a60441cc8b840be23ab3ae6276cf3d1f99537a ]
## apply
# An API server that restarts answers valid clients with 403 for a moment, and kubeadm takes that for a lost right.
ready() {
  n=0
  until [ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=5s get --raw /readyz 2>&1)" = ok ]; do
    n=$((n + 1))
    [ $n -lt 240 ] || { echo 'the API server is not ready' >&2; exit 1; }
    sleep 1
  done
}
running() { for p in /proc/[0-9]*; do if [ "$(cat "$p/comm" 2>/dev/null)" = kube-apiserver ]; then echo "$p"; fi; done; }
replaced() {
  n=0
  while [ -n "$old" ] && [ "$(running)" = "$old" ] && [ $n -lt 120 ]; do
    n=$((n + 1))
    sleep 1
  done
  ready
}
other_is_ready() {
  for url in https://192.168.1.12:6443 https://192.168.1.13:6443; do
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
server_changes() {
  new=$(mktemp -d) || return 1
  changes=no
  # Its place is fixed: a mount that only kubeadm sees.
  if unshare -m sh -ec 'mount --bind "$1" "$2"; shift 2; exec "$@"' sh "$new" /etc/kubernetes/manifests /usr/local/bin/kubeadm init phase control-plane apiserver --config /etc/kubernetes/kubeadm-config.yaml >/dev/null 2>&1 && [ -s "$new"/kube-apiserver.yaml ]; then
    [ "$(sha256sum < "$new"/kube-apiserver.yaml)" = "$(sha256sum < /etc/kubernetes/manifests/kube-apiserver.yaml)" ] || changes=yes
  else
    echo 'whether the API server changes could not be seen before: if it does, it restarts at once'
  fi
  rm -rf "$new"
  [ $changes = yes ]
}
old=$(running)
if server_changes && end_api_server; then
  /usr/local/bin/kubeadm init phase control-plane apiserver --config /etc/kubernetes/kubeadm-config.yaml
  start_kubelet
  replaced
fi
old=$(running)
containers=$([ ! -x /usr/local/bin/crictl ] || /usr/local/bin/crictl ps -q --name '^kube-apiserver$' 2>/dev/null || :)
before=$(sha256sum < /etc/kubernetes/manifests/kube-apiserver.yaml)
/usr/local/bin/kubeadm init phase control-plane all --config /etc/kubernetes/kubeadm-config.yaml
if [ "$(sha256sum < /etc/kubernetes/manifests/kube-apiserver.yaml)" != "$before" ]; then
  sleep 1
        for c in $containers; do /usr/local/bin/crictl stop -t 5 "$c" >/dev/null 2>&1 || :; done
  replaced
fi
ready
/usr/local/bin/kubeadm init phase upload-config all --config /etc/kubernetes/kubeadm-config.yaml
      /usr/local/bin/kubeadm init phase addon kube-proxy --config /etc/kubernetes/kubeadm-config.yaml
echo 18817640dbb09d50bff37c6b11a60441cc8b840be23ab3ae6276cf3d1f99537a > /var/lib/kubewright/kubeadm/settings

# control-plane/certificate: Issue the certificate of the API server with all its names
# (done by control-plane/init, node/join)
# (writes /etc/kubernetes/pki/apiserver.crt)
## check
names=,$(openssl x509 -noout -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt | sed -n '/DNS:\|IP/{s/ //g;s/IPAddress:/IP:/g;p;}' | tr -d '
'),
for n in DNS:localhost IP:127.0.0.1 DNS:m11-k8s IP:192.168.1.11 DNS:m12-k8s IP:192.168.1.12 DNS:m13-k8s IP:192.168.1.13; do
  case $names in *",$n,"*) ;; *) exit 1 ;; esac
done
## apply
umask 077
tmp=$(mktemp -d /etc/kubernetes/kw-certificate-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key "$tmp"
sed "s#^certificatesDir: .*#certificatesDir: $tmp#" /etc/kubernetes/kubeadm-config.yaml > "$tmp/config.yaml"
/usr/local/bin/kubeadm init phase certs apiserver --config "$tmp/config.yaml"
chmod 0644 "$tmp/apiserver.crt"
# The API server takes a pair only when both fit; until then it keeps the old one.
mv -f "$tmp/apiserver.key" /etc/kubernetes/pki/apiserver.key
mv -f "$tmp/apiserver.crt" /etc/kubernetes/pki/apiserver.crt

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
' '--node-ip=192.168.1.11' "$flags" > /var/lib/kubelet/kubeadm-flags.env.kw-new
  mv -f /var/lib/kubelet/kubeadm-flags.env.kw-new /var/lib/kubelet/kubeadm-flags.env
fi
echo 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 > /var/lib/kubewright/kubeadm/kubelet

# node/kubelet: Run the kubelet with its configuration
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

# control-plane/ready: Wait until the API server is ready
# (changes nothing)
## check
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=5s get --raw /readyz 2>&1
## apply
look() {
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=5s get --raw /readyz 2>&1
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

# control-plane/no-certs-timer: Renew no certificates by a timer
## check
for f in /etc/systemd/system/kubewright-certs-renew.timer /etc/systemd/system/kubewright-certs-renew.service /var/lib/kubewright/bin/certs-renew; do [ ! -e "$f" ]; done
## apply
systemctl disable --now --quiet kubewright-certs-renew.timer || :
rm -f /etc/systemd/system/kubewright-certs-renew.timer /etc/systemd/system/kubewright-certs-renew.service /var/lib/kubewright/bin/certs-renew
systemctl daemon-reload

# control-plane/ca-hash: Look up the hash of the cluster's CA
# (changes nothing)
## check
[ -s /etc/kubernetes/pki/ca.crt ]
## apply
echo 'there is no /etc/kubernetes/pki/ca.crt' >&2; exit 1
## export ca-hash
printf sha256:
openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -d ' ' -f 1

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

# control-plane/hand-over: Make a token and upload the certificates for the machines that join
# (for other hosts)
# (done by control-plane/init)
## check
[ "$(cat /run/kubewright-handed-over)" = bd0cd01dd8d67d6f560ce87fbff14f15e7819745006c06acc7e6dd36ea4bb312 ]
## apply
umask 077
config=$(mktemp /run/kubewright-kubeadm-XXXXXX)
trap 'rm -f "$config"' EXIT
printf '%s' "$(kw_secret kubeadm-hand-over)" > "$config"
/usr/local/bin/kubeadm token create --config "$config" >/dev/null
/usr/local/bin/kubeadm init phase upload-certs --upload-certs --config "$config" --skip-certificate-key-print >/dev/null
umask 022
echo bd0cd01dd8d67d6f560ce87fbff14f15e7819745006c06acc7e6dd36ea4bb312 > /run/kubewright-handed-over
## export handed-over
echo yes
