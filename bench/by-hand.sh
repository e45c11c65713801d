#!/bin/bash
# The cluster of `provision`, installed by hand: the same bundle, external etcd with TLS, kubeadm, a local load balancer on workers, Calico
# over VXLAN. `npm run bench:provision` measures both. Made to be fast: one connection per host, files go straight through tar and ctr
# without a copy on the host, all hosts at once; while the first control plane comes up, the others get what they need, and each joins
# when it is ready. It wants new hosts, can't be run again, and checks nothing that ssh and containerd don't check themselves.
#
# Environment:
#   BUNDLE          directory of a bundle from Go modules
#   KUBE_VERSION    its Kubernetes: 1.36.3
#   CONTROL_PLANES  NAME=ADDRESS NAME=ADDRESS …, 1 or 3; they also run etcd
#   WORKERS         likewise
#   SSH             ssh with its options and -l USER, who may use sudo
#   KUBELET         more lines of the KubeletConfiguration, PROXY of kube-proxy's configuration, CONTAINERD of containerd's CRI plugin (TOML)
set -Eeuo pipefail

WORK=$(mktemp -d)
finish() {
  for socket in "$WORK"/ssh-*; do [ ! -S "$socket" ] || ssh -o ControlPath="$socket" -O exit any 2>/dev/null || :; done
  rm -rf "$WORK"
}
trap finish EXIT
trap 'echo "line $LINENO: $BASH_COMMAND" | head -n 3 >&2; tell failed' ERR

PODS=10.233.64.0/18 SERVICES=10.233.0.0/18 DNS=10.233.0.10
read -ra masters <<<"$CONTROL_PLANES"
read -ra workers <<<"$WORKERS"
all=("${masters[@]}" "${workers[@]}")
first=${masters[0]}
endpoint=${first#*=}:6443
name() { echo "${1%%=*}"; }
address() { echo "${1#*=}"; }
is_master() { [[ " ${masters[*]} " = *" $1 "* ]]; }

# --- tools --------------------------------------------------------------------------------------------------------------------

on() { # host command: as root, over the one connection to the host
  $SSH -o ControlMaster=auto -o ControlPath="$WORK/ssh-$(name "$1")" -o ControlPersist=60 "$(address "$1")" "sudo $2"
}
put() { on "$1" "tee $2 >/dev/null"; } # host path < text
at_once() { # function host…
  local work=$1 pids=() pid
  shift
  for h in "$@"; do
    "$work" "$h" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}
tell() { : >"$WORK/told-$1"; }
told() {
  until [ -e "$WORK/told-$1" ]; do
    [ ! -e "$WORK/told-failed" ] || exit 1
    sleep 0.1
  done
}

# --- made here: etcd's certificates, kubeadm's configuration ------------------------------------------------------------------

certificates() (
  cd "$WORK"
  openssl ecparam -genkey -name prime256v1 -noout -out etcd-ca.key
  openssl req -x509 -new -key etcd-ca.key -sha256 -days 3650 -subj /CN=etcd-ca -addext keyUsage=critical,keyCertSign,cRLSign -out etcd-ca.crt
  for m in "${masters[@]}"; do
    certificate "member-$(name "$m")" "subjectAltName=DNS:$(name "$m"),DNS:localhost,IP:$(address "$m"),IP:127.0.0.1"
  done
  certificate client
)

certificate() { # name [names in it]
  openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"
  printf '%s\n' basicConstraints=CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth,clientAuth "${2:-}" >"$1.ext"
  openssl req -new -key "$1.key" -subj "/CN=$1" | openssl x509 -req -CA etcd-ca.crt -CAkey etcd-ca.key \
    -set_serial "0x$(openssl rand -hex 16)" -sha256 -days 365 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}

token=$(openssl rand -hex 3).$(openssl rand -hex 8)
certificate_key=$(openssl rand -hex 32)

init_config() {
  cat <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens: [{token: $token, ttl: 1h0m0s}]
certificateKey: $certificate_key
localAPIEndpoint: {advertiseAddress: $(address "$first"), bindPort: 6443}
$(registration "$first")
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v$KUBE_VERSION
controlPlaneEndpoint: $endpoint
networking: {podSubnet: $PODS, serviceSubnet: $SERVICES, dnsDomain: cluster.local}
apiServer:
  certSANs: [localhost, 127.0.0.1$(for m in "${masters[@]}"; do printf ', %s, %s' "$(name "$m")" "$(address "$m")"; done)]
etcd:
  external:
    endpoints: [$(for m in "${masters[@]}"; do printf '"https://%s:2379", ' "$(address "$m")"; done)]
    caFile: /etc/kubernetes/pki/etcd/ca.crt
    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt
    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
clusterDNS: [$DNS]
$KUBELET
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clusterCIDR: $PODS
$PROXY
END
}

join_config() { # host
  cat <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken: {apiServerEndpoint: "$endpoint", token: $token, caCertHashes: ["$(cat "$WORK/ca-hash")"]}
$(! is_master "$1" || echo "controlPlane: {certificateKey: $certificate_key, localAPIEndpoint: {advertiseAddress: $(address "$1"), bindPort: 6443}}")
$(registration "$1")
END
}

registration() { # host
  cat <<END
nodeRegistration:
  name: $(name "$1")
  criSocket: unix:///run/containerd/containerd.sock
  taints: $(if is_master "$1"; then echo '[{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]'; else echo '[]'; fi)
  kubeletExtraArgs: [{name: node-ip, value: $(address "$1")}]
END
}

# --- what a host gets ---------------------------------------------------------------------------------------------------------

base() { # host: the kernel, containerd's and the kubelet's configuration
  on "$1" 'sh -es' <<END
mkdir -p /usr/local/bin /opt/cni/bin /etc/cni/net.d /etc/containerd /etc/kubernetes/manifests /etc/kubernetes/pki/etcd
printf '%s\n' br_netfilter overlay ip_set xt_set vxlan >/etc/modules-load.d/kubernetes.conf
modprobe -qa br_netfilter overlay ip_set xt_set vxlan || :
cat >/etc/sysctl.d/99-kubernetes.conf <<EOF
net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_local_reserved_ports = 30000-32767
fs.inotify.max_user_instances = 8192
EOF
sysctl -qp /etc/sysctl.d/99-kubernetes.conf
cat >>/etc/hosts <<EOF
$(for h in "${all[@]}"; do echo "$(address "$h") $(name "$h")"; done)
EOF
cat >/etc/containerd/config.toml <<EOF
version = 3
oom_score = 0
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '$PAUSE'
[plugins.'io.containerd.cri.v1.runtime']
  $CONTAINERD
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
    BinaryName = '/usr/local/bin/runc'
EOF
echo 'runtime-endpoint: unix:///run/containerd/containerd.sock' >/etc/crictl.yaml
cat >/etc/systemd/system/containerd.service <<EOF
[Service]
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
LimitNOFILE=1048576
TasksMax=infinity
[Install]
WantedBy=multi-user.target
EOF
cat >/etc/systemd/system/kubelet.service <<EOF
[Unit]
After=containerd.service
[Service]
Environment="KUBECONFIGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet \\\$KUBECONFIGS --config=/var/lib/kubelet/config.yaml \\\$KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=10
[Install]
WantedBy=multi-user.target
EOF
systemctl daemon-reload
systemctl enable -q containerd kubelet
END
}

image() { # name
  sed -n "s,.*\"ref\": \"\(.*/$1:[^\"]*\)\".*,\1,p" "$BUNDLE/index.json"
}
PAUSE=$(image pause) HAPROXY=$(image haproxy)

archive() { echo "$BUNDLE/files/$1"-*.tar.gz; }

runtime() { # host
  on "$1" "sh -c 'cat >/usr/local/bin/runc && chmod 755 /usr/local/bin/runc'" <"$(echo "$BUNDLE"/files/runc-*)"
  on "$1" 'tar -xzf - -C /usr/local/bin --strip-components=1 --no-same-owner' <"$(archive containerd)"
  on "$1" 'systemctl start containerd'
  on "$1" 'tar -xzf - -C /opt/cni/bin --no-same-owner' <"$(archive cni-plugins)"
  on "$1" 'tar -xzf - -C /usr/local/bin --no-same-owner' <"$(archive crictl)"
}

programs() { # host
  for p in kubeadm kubelet kubectl; do
    on "$1" "sh -c 'cat >/usr/local/bin/$p && chmod 755 /usr/local/bin/$p'" <"$(echo "$BUNDLE/files/$p"-*)"
  done
}

images() { # host
  ! is_master "$1" || on "$1" 'ctr -n k8s.io images import - >/dev/null' <"$BUNDLE/images/control-plane.tar"
  on "$1" 'ctr -n k8s.io images import - >/dev/null' <"$BUNDLE/images/node.tar"
}

etcd() { # host
  local n=$(name "$1")
  on "$1" 'tar -xzf - -C /usr/local/bin --strip-components=1 --no-same-owner' <"$(archive etcd)"
  tar -C "$WORK" -cf - etcd-ca.crt "member-$n.crt" "member-$n.key" client.crt client.key | on "$1" "sh -ec '
    install -d -m 700 /etc/ssl/etcd /var/lib/etcd
    tar -xf - -C /etc/ssl/etcd --no-same-owner
    cd /etc/ssl/etcd
    cp etcd-ca.crt /etc/kubernetes/pki/etcd/ca.crt
    cp client.crt /etc/kubernetes/pki/apiserver-etcd-client.crt
    cp client.key /etc/kubernetes/pki/apiserver-etcd-client.key'"
  put "$1" /etc/etcd.env <<END
ETCD_NAME=$n
ETCD_DATA_DIR=/var/lib/etcd
ETCD_LISTEN_CLIENT_URLS=https://$(address "$1"):2379,https://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=https://$(address "$1"):2379
ETCD_LISTEN_PEER_URLS=https://$(address "$1"):2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://$(address "$1"):2380
ETCD_INITIAL_CLUSTER=$(for m in "${masters[@]}"; do printf '%s=https://%s:2380,' "$(name "$m")" "$(address "$m")"; done | sed 's/,$//')
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_TRUSTED_CA_FILE=/etc/ssl/etcd/etcd-ca.crt
ETCD_CERT_FILE=/etc/ssl/etcd/member-$n.crt
ETCD_KEY_FILE=/etc/ssl/etcd/member-$n.key
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_TRUSTED_CA_FILE=/etc/ssl/etcd/etcd-ca.crt
ETCD_PEER_CERT_FILE=/etc/ssl/etcd/member-$n.crt
ETCD_PEER_KEY_FILE=/etc/ssl/etcd/member-$n.key
ETCD_PEER_CLIENT_CERT_AUTH=true
END
  put "$1" /etc/systemd/system/etcd.service <<END
[Service]
Type=notify
EnvironmentFile=/etc/etcd.env
ExecStart=/usr/local/bin/etcd
Restart=always
LimitNOFILE=40000
[Install]
WantedBy=multi-user.target
END
  on "$1" "sh -ec 'systemctl daemon-reload; systemctl enable -q etcd; systemctl start --no-block etcd'"
}

load_balancer() { # worker
  on "$1" 'mkdir -p /etc/haproxy'
  put "$1" /etc/haproxy/haproxy.cfg <<END
defaults
  mode tcp
  timeout connect 5s
  timeout client 5m
  timeout server 5m
  timeout tunnel 4h
frontend kube-apiserver
  bind 127.0.0.1:6443
  default_backend control-planes
backend control-planes
  balance leastconn
  option httpchk GET /readyz
  http-check expect status 200
  default-server inter 3s rise 1 fall 2 check check-ssl verify none
$(for m in "${masters[@]}"; do echo "  server $(name "$m") $(address "$m"):6443"; done)
END
  put "$1" /etc/kubernetes/manifests/haproxy.yml <<END
apiVersion: v1
kind: Pod
metadata: {name: haproxy, namespace: kube-system}
spec:
  hostNetwork: true
  priorityClassName: system-node-critical
  containers:
    - name: haproxy
      image: $HAPROXY
      volumeMounts: [{name: config, mountPath: /usr/local/etc/haproxy, readOnly: true}]
  volumes: [{name: config, hostPath: {path: /etc/haproxy}}]
END
}

# --- the cluster --------------------------------------------------------------------------------------------------------------

KUBECTL='kubectl --kubeconfig /etc/kubernetes/admin.conf'

init() {
  init_config | on "$first" "sh -ec 'umask 077; cat >/run/kubeadm.yaml
    kubeadm init --config /run/kubeadm.yaml --upload-certs --skip-phases=preflight --skip-token-print --skip-certificate-key-print >/dev/null
    rm /run/kubeadm.yaml'"
  on "$first" "sh -ec 'printf sha256:; openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -c 1-64'" >"$WORK/ca-hash"
  tell initialised
}

join() { # host
  join_config "$1" | on "$1" "sh -ec 'umask 077; cat >/run/kubeadm.yaml
    kubeadm join --config /run/kubeadm.yaml --skip-phases=preflight >/dev/null
    rm /run/kubeadm.yaml'"
}

own_api() { # host: its clients use the API on localhost
  on "$1" "sh -ec 'sed -i \"s#^\( *server: \).*#\1https://127.0.0.1:6443#\" /etc/kubernetes/*.conf; systemctl restart kubelet'"
}

kube_proxy() {
  on "$first" "sh -ec '
    $KUBECTL -n kube-system get configmap kube-proxy -o yaml | sed \"s#^\( *server: \)https://.*#\1https://127.0.0.1:6443#\" | $KUBECTL replace -f -
    $KUBECTL -n kube-system rollout restart daemonset kube-proxy'" >/dev/null
}

calico() {
  tar -xzOf "$(archive calico-manifest)" calico.yaml |
    sed -e 's/calico_backend: "bird"/calico_backend: "vxlan"/' -e '/- -bird-\(live\|ready\)/d' \
      -e '/name: CALICO_IPV4POOL_IPIP/{n;s/Always/Never/}' -e '/name: CALICO_IPV4POOL_VXLAN/{n;s/Never/Always/}' \
      -e 's/# \(- name: CALICO_IPV4POOL_CIDR\)/\1/' -e "s,#   value: \"192.168.0.0/16\",  value: \"$PODS\"," |
    on "$first" "$KUBECTL apply -f -" >/dev/null
}

# --- the order ----------------------------------------------------------------------------------------------------------------

host() {
  base "$1"
  if is_master "$1"; then etcd "$1"; fi
  # All others wait for the first control plane: what it needs goes first.
  [ "$1" = "$first" ] || told first-has-all
  runtime "$1"
  images "$1"
  programs "$1"
  if [ "$1" = "$first" ]; then
    tell first-has-all
    init
    own_api "$1"
    kube_proxy
    calico
  else
    is_master "$1" || load_balancer "$1"
    told initialised
    join "$1"
    own_api "$1"
  fi
}

certificates
at_once host "${all[@]}"
on "$first" "$KUBECTL wait --for=condition=Ready nodes --all --timeout=300s" >/dev/null
on "$first" "$KUBECTL -n kube-system rollout status daemonset/calico-node --timeout=300s" >/dev/null
on "$first" "$KUBECTL -n kube-system rollout status deployment/coredns --timeout=300s" >/dev/null
