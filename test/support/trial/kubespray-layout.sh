#!/bin/bash
# A cluster laid out as kubespray lays it out by default: etcd as a service with its own authority in /etc/ssl/etcd/ssl, certificates of the
# control plane in /etc/kubernetes/ssl, the kubelet with files of its own, a load balancer on workers, Calico over VXLAN in a pool of its
# own name, CoreDNS at the third service address and a DNS cache on each node. For trials of `adopt`: it wants new hosts, can't be run
# again, and installs from a bundle. Paths, names, arguments and fields are those of kubespray 2.28 and its defaults; the text is not.
#
# Environment:
#   BUNDLE         directory of a bundle from Go modules
#   KUBE_VERSION   its Kubernetes: 1.36.3
#   CONTROL_PLANE  NAME=ADDRESS of the one control plane, which also runs etcd
#   WORKERS        NAME=ADDRESS NAME=ADDRESS …
#   SSH            ssh with its options and -l USER, who may use sudo
#   CGROUP_DRIVER  of kubelet and containerd; FAIL_SWAP_ON, FAIL_CGROUP_V1: True or False, as Jinja writes them
#   KUBELET        more lines of the kubelets' configuration (kubelet_config_extra_args); PROXY_MAX_PER_CORE, PROXY_MIN of conntrack
#   CONTAINERD     more lines of containerd's CRI plugin (containerd_extra_runtime_args); OOM_SCORE_ADJUST of its unit, empty: none
set -Eeuo pipefail

WORK=$(mktemp -d)
finish() {
  for socket in "$WORK"/ssh-*; do [ ! -S "$socket" ] || ssh -o ControlPath="$socket" -O exit any 2>/dev/null || :; done
  rm -rf "$WORK"
}
trap finish EXIT
trap 'echo "line $LINENO: $BASH_COMMAND" | head -n 3 >&2' ERR

PODS=10.233.64.0/18 SERVICES=10.233.0.0/18 DNS=10.233.0.3 CACHE=169.254.25.10 DOMAIN=cluster.local
read -ra workers <<<"$WORKERS"
first=$CONTROL_PLANE
all=("$first" "${workers[@]}")
name() { echo "${1%%=*}"; }
address() { echo "${1#*=}"; }
endpoint=$(address "$first"):6443

on() { # host command: as root
  $SSH -o ControlMaster=auto -o ControlPath="$WORK/ssh-$(name "$1")" -o ControlPersist=60 "$(address "$1")" "sudo $2"
}
put() { # host path [mode] < text
  on "$1" "sh -c 'mkdir -p \"\$(dirname $2)\" && cat >$2 && chmod ${3:-0644} $2'"
}
kubectl() { on "$first" "/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf $*"; }
image() { # name
  sed -n "s,.*\"ref\": \"\(.*/$1:[^\"]*\)\".*,\1,p" "$BUNDLE/index.json"
}
archive() { echo "$BUNDLE/files/$1"-*.tar.gz; }

# --- all hosts ----------------------------------------------------------------------------------------------------------------

base() { # host: users, directories, /etc/hosts, the kernel
  on "$1" 'sh -es' <<END
id kube >/dev/null 2>&1 || useradd -r -s /sbin/nologin -c 'Kubernetes user' kube
id etcd >/dev/null 2>&1 || useradd -r -s /sbin/nologin -c 'Etcd user' etcd
install -d -o kube /etc/kubernetes /etc/kubernetes/manifests /usr/local/bin/kubernetes-scripts /usr/libexec/kubernetes/kubelet-plugins/volume/exec
install -d -o kube /etc/cni /etc/cni/net.d /opt/cni /opt/cni/bin /var/lib/calico
install -d -o root /etc/kubernetes/ssl /var/lib/cni /tmp/releases
ln -sn /etc/kubernetes/ssl /etc/kubernetes/pki
cat >>/etc/hosts <<EOF
# Ansible inventory hosts BEGIN
$(for h in "${all[@]}"; do echo "$(address "$h") $(name "$h").$DOMAIN $(name "$h")"; done)
# Ansible inventory hosts END
EOF
echo br_netfilter >/etc/modules-load.d/kubespray-br_netfilter.conf
modprobe -qa br_netfilter overlay vxlan ip_set xt_set || :
cat >/etc/sysctl.d/99-sysctl.conf.new <<EOF
net.ipv4.ip_forward=1
kernel.keys.root_maxbytes=25000000
kernel.keys.root_maxkeys=1000000
kernel.panic=10
kernel.panic_on_oops=1
vm.overcommit_memory=1
vm.panic_on_oom=0
fs.inotify.max_user_instances=8192
net.ipv4.ip_local_reserved_ports=30000-32767
net.bridge.bridge-nf-call-iptables=1
net.bridge.bridge-nf-call-arptables=1
net.bridge.bridge-nf-call-ip6tables=1
EOF
mv /etc/sysctl.d/99-sysctl.conf.new /etc/sysctl.d/99-sysctl.conf
sysctl -qp /etc/sysctl.d/99-sysctl.conf 2>/dev/null || :
END
}

runtime() { # host: containerd, runc, crictl, CNI plugins, images
  on "$1" "sh -c 'cat >/usr/local/bin/runc && chmod 755 /usr/local/bin/runc'" <"$(echo "$BUNDLE"/files/runc-*)"
  on "$1" 'tar -xzf - -C /usr/local/bin --strip-components=1 --no-same-owner' <"$(archive containerd)"
  on "$1" 'tar -xzf - -C /opt/cni/bin --no-same-owner' <"$(archive cni-plugins)"
  on "$1" 'tar -xzf - -C /usr/local/bin --no-same-owner' <"$(archive crictl)"
  local systemd=false
  [ "$CGROUP_DRIVER" != systemd ] || systemd=true
  put "$1" /etc/containerd/config.toml 0640 <<END
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0

[grpc]
  max_recv_message_size = 16777216
  max_send_message_size = 16777216

[debug]
  level = "info"

[plugins]
  [plugins."io.containerd.cri.v1.runtime"]
    max_container_log_line_size = 16384
    enable_unprivileged_ports = false
    enable_unprivileged_icmp = false
    enable_selinux = false
    disable_apparmor = false
    tolerate_missing_hugetlb_controller = true
    disable_hugetlb_controller = true
    $CONTAINERD
    [plugins."io.containerd.cri.v1.runtime".containerd]
      default_runtime_name = "runc"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
        base_runtime_spec = "/etc/containerd/cri-base.json"
        [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
          BinaryName = "/usr/local/bin/runc"
          SystemdCgroup = $systemd
  [plugins."io.containerd.cri.v1.images"]
    snapshotter = "overlayfs"
    image_pull_progress_timeout = "5m"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "$(image pause)"
  [plugins."io.containerd.cri.v1.images".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.nri.v1.nri"]
    disable = true
END
  put "$1" /etc/containerd/certs.d/docker.io/hosts.toml 0640 <<END
server = "https://docker.io"
[host."https://registry-1.docker.io"]
  capabilities = ["pull","resolve"]
  skip_verify = false
  override_path = false
END
  put "$1" /etc/systemd/system/containerd.service <<END
[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target dbus.service

[Service]
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
LimitMEMLOCK=infinity
TasksMax=infinity
$([ -z "$OOM_SCORE_ADJUST" ] || echo "OOMScoreAdjust=$OOM_SCORE_ADJUST")

[Install]
WantedBy=multi-user.target
END
  put "$1" /etc/crictl.yaml <<END
runtime-endpoint: unix:///var/run/containerd/containerd.sock
image-endpoint: unix:///var/run/containerd/containerd.sock
timeout: 30
debug: false
END
  on "$1" 'sh -es' <<'END'
spec() { /usr/local/bin/ctr oci spec | sed "s/\(\"\(hard\|soft\)\": *\)1024/\1$1/" >/etc/containerd/cri-base.json; }
spec 65535
systemctl daemon-reload
systemctl enable -q --now containerd
# A lab machine may not have as many files open, nor raise the limit.
limit=$(awk '/^Max open files/ {print $5}' "/proc/$(systemctl show --value -p MainPID containerd)/limits")
if [ "$limit" -lt 65535 ]; then
  spec "$limit"
  systemctl restart containerd
fi
END
  [ "$1" != "$first" ] || on "$1" '/usr/local/bin/ctr -n k8s.io images import - >/dev/null' <"$BUNDLE/images/control-plane.tar"
  on "$1" '/usr/local/bin/ctr -n k8s.io images import - >/dev/null' <"$BUNDLE/images/node.tar"
}

kubelet() { # host
  for p in kubeadm kubelet kubectl; do
    on "$1" "sh -c 'cat >/usr/local/bin/$p && chmod 755 /usr/local/bin/$p'" <"$(echo "$BUNDLE/files/$p"-*)"
  done
  put "$1" /etc/kubernetes/kubelet.env 0600 <<END
KUBE_LOG_LEVEL="--v=2"
KUBELET_ADDRESS="--node-ip=$(address "$1")"
KUBELET_HOSTNAME="--hostname-override=$(name "$1")"



KUBELET_ARGS="--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \\
--config=/etc/kubernetes/kubelet-config.yaml \\
--kubeconfig=/etc/kubernetes/kubelet.conf \\
--runtime-cgroups=/system.slice/containerd.service \\
 "
KUBELET_CLOUDPROVIDER=""

PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
END
  put "$1" /etc/kubernetes/kubelet-config.yaml 0600 <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
nodeStatusUpdateFrequency: "10s"
failSwapOn: $FAIL_SWAP_ON
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: True
  x509:
    clientCAFile: /etc/kubernetes/ssl/ca.crt
authorization:
  mode: Webhook
failCgroupV1: $FAIL_CGROUP_V1
staticPodPath: "/etc/kubernetes/manifests"
cgroupDriver: $CGROUP_DRIVER
containerLogMaxFiles: 5
containerLogMaxSize: 10Mi
containerRuntimeEndpoint : unix:///var/run/containerd/containerd.sock
maxPods: 110
podPidsLimit: -1
address: "$(address "$1")"
readOnlyPort: 0
healthzPort: 10248
healthzBindAddress: "127.0.0.1"
kubeletCgroups: /system.slice/kubelet.service
clusterDomain: $DOMAIN
rotateCertificates: true
clusterDNS:
- $CACHE
resolvConf: "/etc/resolv.conf"
$KUBELET
eventRecordQPS: 50
shutdownGracePeriod: 60s
shutdownGracePeriodCriticalPods: 20s
$([ "$FAIL_SWAP_ON" = True ] || printf 'memorySwap:\n  swapBehavior: LimitedSwap')
maxParallelImagePulls: 1
END
  put "$1" /etc/systemd/system/kubelet.service <<'END'
[Unit]
Description=Kubernetes Kubelet Server
Documentation=https://github.com/GoogleCloudPlatform/kubernetes
After=containerd.service
Wants=containerd.service

[Service]
EnvironmentFile=-/etc/kubernetes/kubelet.env
ExecStart=/usr/local/bin/kubelet \
		$KUBE_LOGTOSTDERR \
		$KUBE_LOG_LEVEL \
		$KUBELET_API_SERVER \
		$KUBELET_ADDRESS \
		$KUBELET_PORT \
		$KUBELET_HOSTNAME \
		$KUBELET_ARGS \
		$DOCKER_SOCKET \
		$KUBELET_NETWORK_PLUGIN \
		$KUBELET_VOLUME_PLUGIN \
		$KUBELET_CLOUDPROVIDER
Restart=always
RestartSec=10s

[Install]
WantedBy=multi-user.target
END
  # Where the kernel is not as kubelets want it (a lab machine cannot change the box's), the check would end them.
  on "$1" 'sh -es' <<'END'
is() { [ "$(cat /proc/sys/$1)" = "$2" ]; }
if is vm/overcommit_memory 1 && is vm/panic_on_oom 0 && is kernel/panic 10 && is kernel/panic_on_oops 1 && is kernel/keys/root_maxkeys 1000000 && is kernel/keys/root_maxbytes 25000000; then
  sed -i 's/^clusterDomain:/protectKernelDefaults: true\n&/' /etc/kubernetes/kubelet-config.yaml
fi
systemctl daemon-reload
systemctl enable -q kubelet
END
}

# --- etcd ---------------------------------------------------------------------------------------------------------------------

# Keys as today's openssl writes them: PKCS #8.
etcd() {
  local n ip
  n=$(name "$first") ip=$(address "$first")
  on "$first" 'tar -xzf - -C /usr/local/bin --strip-components=1 --no-same-owner' <"$(archive etcd)"
  on "$first" 'bash -es' <<END
install -d -m 700 -o etcd -g root /etc/ssl/etcd/ssl
cat >/etc/ssl/etcd/openssl.conf <<EOF
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[v3_req]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
subjectAltName = @alt_names
[ssl_client]
extendedKeyUsage = clientAuth, serverAuth
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid, issuer
subjectAltName = @alt_names
[alt_names]
DNS.1 = localhost
DNS.2 = $n
DNS.3 = etcd.kube-system.svc.$DOMAIN
DNS.4 = etcd.kube-system.svc
DNS.5 = etcd.kube-system
DNS.6 = etcd
IP.1 = $ip
IP.2 = 127.0.0.1
IP.3 = ::1
EOF
cd /etc/ssl/etcd/ssl
umask 077
openssl genrsa -out ca-key.pem 2048 2>/dev/null
openssl req -x509 -new -nodes -key ca-key.pem -days 36500 -out ca.pem -subj /CN=etcd-ca
for kind in member admin node; do
  openssl genrsa -out \$kind-$n-key.pem 2048 2>/dev/null
  openssl req -new -key \$kind-$n-key.pem -out request.csr -subj /CN=etcd-\$kind-$n -config ../openssl.conf
  openssl x509 -req -in request.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 36500 -extensions ssl_client -extfile ../openssl.conf -out \$kind-$n.pem 2>/dev/null
  rm request.csr
done
rm -f ca.srl
chmod 0700 *.pem
chown etcd:root *.pem
END
  put "$first" /etc/etcd.env 0640 <<END
# Environment file for etcd
ETCD_DATA_DIR=/var/lib/etcd
ETCD_ADVERTISE_CLIENT_URLS=https://$ip:2379
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://$ip:2380
ETCD_INITIAL_CLUSTER_STATE=existing

ETCD_METRICS=basic
ETCD_LISTEN_CLIENT_URLS=https://$ip:2379,https://127.0.0.1:2379
ETCD_ELECTION_TIMEOUT=5000
ETCD_HEARTBEAT_INTERVAL=250
ETCD_INITIAL_CLUSTER_TOKEN=k8s_etcd
ETCD_LISTEN_PEER_URLS=https://$ip:2380
ETCD_NAME=etcd1
ETCD_INITIAL_CLUSTER=etcd1=https://$ip:2380
ETCD_AUTO_COMPACTION_RETENTION=8
ETCD_SNAPSHOT_COUNT=100000
ETCD_QUOTA_BACKEND_BYTES=2147483648
ETCD_MAX_REQUEST_BYTES=1572864
ETCD_LOG_LEVEL=info
ETCD_MAX_SNAPSHOTS=5
ETCD_MAX_WALS=5

# TLS settings
ETCD_TRUSTED_CA_FILE=/etc/ssl/etcd/ssl/ca.pem
ETCD_CERT_FILE=/etc/ssl/etcd/ssl/member-$n.pem
ETCD_KEY_FILE=/etc/ssl/etcd/ssl/member-$n-key.pem
ETCD_CLIENT_CERT_AUTH=true

ETCD_PEER_TRUSTED_CA_FILE=/etc/ssl/etcd/ssl/ca.pem
ETCD_PEER_CERT_FILE=/etc/ssl/etcd/ssl/member-$n.pem
ETCD_PEER_KEY_FILE=/etc/ssl/etcd/ssl/member-$n-key.pem
ETCD_PEER_CLIENT_CERT_AUTH=True

# CLI settings
ETCDCTL_ENDPOINTS=https://127.0.0.1:2379
ETCDCTL_CACERT=/etc/ssl/etcd/ssl/ca.pem
ETCDCTL_KEY=/etc/ssl/etcd/ssl/admin-$n-key.pem
ETCDCTL_CERT=/etc/ssl/etcd/ssl/admin-$n.pem

ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK=True
ETCD_EXPERIMENTAL_WATCH_PROGRESS_NOTIFY_INTERVAL=5s
END
  put "$first" /etc/systemd/system/etcd.service <<'END'
[Unit]
Description=etcd
After=network.target

[Service]
Type=notify
User=root
EnvironmentFile=/etc/etcd.env
ExecStart=/usr/local/bin/etcd
NotifyAccess=all
Restart=always
RestartSec=10s
LimitNOFILE=40000

[Install]
WantedBy=multi-user.target
END
  # It is new when it starts for the first time; what kubespray writes afterwards says existing.
  on "$first" 'sh -es' <<'END'
install -d -m 700 -o etcd /var/lib/etcd
systemctl daemon-reload
sed -i 's/^ETCD_INITIAL_CLUSTER_STATE=.*/ETCD_INITIAL_CLUSTER_STATE=new/' /etc/etcd.env
systemctl enable -q --now etcd
sed -i 's/^ETCD_INITIAL_CLUSTER_STATE=.*/ETCD_INITIAL_CLUSTER_STATE=existing/' /etc/etcd.env
END
}

# --- the control plane --------------------------------------------------------------------------------------------------------

args() { # NAME=VALUE…
  for a in "$@"; do printf '  - name: %s\n    value: "%s"\n' "${a%%=*}" "${a#*=}"; done
}

kubeadm_config() {
  local n ip
  n=$(name "$first") ip=$(address "$first")
  cat <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: "$ip"
  bindPort: 6443
nodeRegistration:
  name: "$n"
  taints:
  - effect: NoSchedule
    key: node-role.kubernetes.io/control-plane
  criSocket: unix:///var/run/containerd/containerd.sock
  imagePullPolicy: IfNotPresent
  imagePullSerial: true
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: $DOMAIN
encryptionAlgorithm: RSA-2048
etcd:
  external:
      endpoints:
      - "https://$ip:2379"
      caFile: /etc/ssl/etcd/ssl/ca.pem
      certFile: /etc/ssl/etcd/ssl/node-$n.pem
      keyFile: /etc/ssl/etcd/ssl/node-$n-key.pem
dns:
  imageRepository: registry.k8s.io/coredns
  imageTag: $(image coredns/coredns | sed 's/.*://')
networking:
  dnsDomain: $DOMAIN
  serviceSubnet: "$SERVICES"
  podSubnet: "$PODS"
kubernetesVersion: v$KUBE_VERSION
controlPlaneEndpoint: "$endpoint"
certificatesDir: /etc/kubernetes/ssl
imageRepository: registry.k8s.io
apiServer:
  extraArgs:
$(args etcd-compaction-interval=5m0s default-not-ready-toleration-seconds=300 default-unreachable-toleration-seconds=300 anonymous-auth=True \
    authorization-mode=Node,RBAC bind-address=:: endpoint-reconciler-type=lease service-node-port-range=30000-32767 \
    service-cluster-ip-range=$SERVICES kubelet-preferred-address-types=InternalDNS,InternalIP,Hostname,ExternalDNS,ExternalIP \
    profiling=False request-timeout=1m0s enable-aggregator-routing=False service-account-lookup=True storage-backend=etcd3 \
    allow-privileged=true event-ttl=1h0m0s)
  extraVolumes:
  - name: usr-share-ca-certificates
    hostPath: /usr/share/ca-certificates
    mountPath: /usr/share/ca-certificates
    readOnly: true
  certSANs:
$(for s in kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.$DOMAIN 10.233.0.1 localhost 127.0.0.1 ::1 "$n" "$n.$DOMAIN" "lb-apiserver.kubernetes.local" "$ip"; do printf '  - "%s"\n' "$s"; done)
controllerManager:
  extraArgs:
$(args node-monitor-grace-period=40s node-monitor-period=5s cluster-cidr=$PODS service-cluster-ip-range=$SERVICES allocate-node-cidrs=false \
    profiling=False terminated-pod-gc-threshold=12500 bind-address=:: leader-elect-lease-duration=15s leader-elect-renew-deadline=10s \
    configure-cloud-routes=false)
scheduler:
  extraArgs:
$(args bind-address=:: config=/etc/kubernetes/kubescheduler-config.yaml profiling=False)
  extraVolumes:
  - name: kubescheduler-config
    hostPath: /etc/kubernetes/kubescheduler-config.yaml
    mountPath: /etc/kubernetes/kubescheduler-config.yaml
    readOnly: true
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: "0.0.0.0"
clientConnection:
  acceptContentTypes: 
  burst: 10
  contentType: application/vnd.kubernetes.protobuf
  kubeconfig: 
  qps: 5
clusterCIDR: "$PODS"
configSyncPeriod: 15m0s
conntrack:
  maxPerCore: $PROXY_MAX_PER_CORE
  min: $PROXY_MIN
  tcpCloseWaitTimeout: 1h0m0s
  tcpEstablishedTimeout: 24h0m0s
enableProfiling: False
healthzBindAddress: "0.0.0.0:10256"
hostnameOverride: "$n"
iptables:
  masqueradeAll: False
  masqueradeBit: 14
  minSyncPeriod: 0s
  syncPeriod: 30s
metricsBindAddress: "127.0.0.1:10249"
mode: iptables
nodePortAddresses: []
oomScoreAdj: -999
portRange: 
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: $FAIL_CGROUP_V1
clusterDNS:
- $CACHE
END
}

control_plane() {
  put "$first" /etc/kubernetes/kubescheduler-config.yaml <<'END'
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection:
  kubeconfig: "/etc/kubernetes/scheduler.conf"
leaderElection:
  leaseDuration: 15s
  renewDeadline: 10s
END
  put "$first" /etc/kubernetes/kubeadm-images.yaml <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
  criSocket: unix:///var/run/containerd/containerd.sock
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
imageRepository: registry.k8s.io
kubernetesVersion: v$KUBE_VERSION
END
  kubeadm_config | put "$first" /etc/kubernetes/kubeadm-config.yaml 0640
  on "$first" "sh -ec 'PATH=/usr/local/bin:\$PATH kubeadm init --config=/etc/kubernetes/kubeadm-config.yaml --skip-phases=preflight,addon/coredns --upload-certs --skip-token-print --skip-certificate-key-print >/dev/null'"
  on "$first" "sh -ec 'install -d -m 700 /root/.kube; install -m 600 /etc/kubernetes/admin.conf /root/.kube/config'"
}

# --- workers ------------------------------------------------------------------------------------------------------------------

load_balancer() { # worker
  put "$1" /etc/haproxy/haproxy.cfg <<END
global
    maxconn                 4000
    log                     127.0.0.1 local0

defaults
    mode                    http
    log                     global
    option                  httplog
    option                  dontlognull
    option                  http-server-close
    option                  redispatch
    retries                 5
    timeout http-request    5m
    timeout queue           5m
    timeout connect         30s
    timeout client          5m
    timeout server          15m
    timeout http-keep-alive 30s
    timeout check           30s
    maxconn                 4000

frontend healthz
  bind 0.0.0.0:8081
  mode http
  monitor-uri /healthz

frontend kube_api_frontend
  bind 127.0.0.1:6443
  mode tcp
  option tcplog
  default_backend kube_api_backend

backend kube_api_backend
  mode tcp
  balance leastconn
  default-server inter 15s downinter 15s rise 2 fall 2 slowstart 60s maxconn 1000 maxqueue 256 weight 100
  option httpchk GET /healthz
  http-check expect status 200
  server $(name "$first") $endpoint check check-ssl verify none
END
  put "$1" /etc/kubernetes/manifests/haproxy.yml 0640 <<END
apiVersion: v1
kind: Pod
metadata:
  name: haproxy
  namespace: kube-system
  labels:
    addonmanager.kubernetes.io/mode: Reconcile
    k8s-app: kube-haproxy
  annotations:
    haproxy-cfg-checksum: "$(on "$1" 'sha1sum /etc/haproxy/haproxy.cfg' | cut -c 1-40)"
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  nodeSelector:
    kubernetes.io/os: linux
  priorityClassName: system-node-critical
  containers:
  - name: haproxy
    image: $(image haproxy)
    imagePullPolicy: IfNotPresent
    resources:
      requests:
        cpu: 25m
        memory: 32M
    livenessProbe:
      httpGet:
        path: /healthz
        port: 8081
    readinessProbe:
      httpGet:
        path: /healthz
        port: 8081
    volumeMounts:
    - mountPath: /usr/local/etc/haproxy/
      name: etc-haproxy
      readOnly: true
  volumes:
  - name: etc-haproxy
    hostPath:
      path: /etc/haproxy
END
}

worker() { # host
  load_balancer "$1"
  put "$1" /etc/kubernetes/kubeadm-client.conf 0640 <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: "$endpoint"
    token: $token
    caCertHashes:
    - $ca_hash
  tlsBootstrapToken: $token
timeouts:
  discovery: 5m0s
caCertPath: /etc/kubernetes/ssl/ca.crt
nodeRegistration:
  name: '$(name "$1")'
  criSocket: unix:///var/run/containerd/containerd.sock
END
  on "$1" "sh -ec 'PATH=/usr/local/bin:\$PATH kubeadm join --config /etc/kubernetes/kubeadm-client.conf --skip-phases=preflight >/dev/null
    sed -i \"s#server:.*#server: https://localhost:6443#\" /etc/kubernetes/kubelet.conf
    systemctl restart kubelet'"
}

# --- what runs in the cluster -------------------------------------------------------------------------------------------------

kube_proxy() {
  on "$first" 'sh -es' <<'END'
kubectl() { /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system "$@"; }
kubectl get configmap kube-proxy -o yaml | sed 's#server:.*#server: https://127.0.0.1:6443#g' | kubectl replace -f - >/dev/null
kubectl delete pod -l k8s-app=kube-proxy --force --grace-period=0 >/dev/null 2>&1
END
}

# kubespray makes the pool itself, and gives calico-node variables of its own.
calico() {
  tar -xzOf "$(archive calico-manifest)" calico.yaml >"$WORK/calico.yaml"
  awk 'BEGIN { RS = "\n---\n" } /(^|\n)kind: CustomResourceDefinition\n/ { print "---"; print }' "$WORK/calico.yaml" >"$WORK/crds.yaml"
  put "$first" /etc/kubernetes/kdd-crds.yml <"$WORK/crds.yaml"
  kubectl apply -f /etc/kubernetes/kdd-crds.yml >/dev/null
  kubectl wait --for=condition=Established --timeout=60s crd/ippools.crd.projectcalico.org >/dev/null
  kubectl apply -f - >/dev/null <<END
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: default-pool}
spec: {blockSize: 26, cidr: $PODS, ipipMode: Never, vxlanMode: Always, natOutgoing: true, nodeSelector: all(), allowedUses: [Workload, Tunnel]}
---
apiVersion: crd.projectcalico.org/v1
kind: BGPConfiguration
metadata: {name: default}
spec: {listenPort: 179, logSeverityScreen: Info, asNumber: 64512, nodeToNodeMeshEnabled: true}
END
  sed -e 's/calico_backend: "bird"/calico_backend: "vxlan"/' -e '/- -bird-\(live\|ready\)/d' \
    -e '/name: CALICO_IPV4POOL_IPIP/{n;s/Always/Off/}' -e '/name: CLUSTER_TYPE/{n;s/"[^"]*"/"k8s,bgp"/}' \
    -e "s#^\( *\)- name: WAIT_FOR_DATASTORE#\1- name: FELIX_VXLANVNI\n\1  value: \"4096\"\n\1- name: FELIX_VXLANPORT\n\1  value: \"4789\"\n\1- name: FELIX_CHAININSERTMODE\n\1  value: \"Insert\"\n\1- name: NODEIP\n\1  valueFrom: {fieldRef: {fieldPath: status.hostIP}}\n\1- name: IP_AUTODETECTION_METHOD\n\1  value: \"can-reach=\$(NODEIP)\"\n\1- name: CALICO_MANAGE_CNI\n\1  value: \"true\"\n&#" \
    "$WORK/calico.yaml" | put "$first" /etc/kubernetes/calico-node.yml
  kubectl apply -f /etc/kubernetes/calico-node.yml >/dev/null
}

dns() {
  put "$first" /etc/kubernetes/coredns.yml <<END
apiVersion: v1
kind: ServiceAccount
metadata: {name: coredns, namespace: kube-system, labels: {addonmanager.kubernetes.io/mode: Reconcile}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: system:coredns, labels: {kubernetes.io/bootstrapping: rbac-defaults}}
rules:
- {apiGroups: [""], resources: [endpoints, services, pods, namespaces], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: system:coredns, labels: {kubernetes.io/bootstrapping: rbac-defaults}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:coredns}
subjects: [{kind: ServiceAccount, name: coredns, namespace: kube-system}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system, labels: {addonmanager.kubernetes.io/mode: EnsureExists}}
data:
  Corefile: |
    .:53 {
        errors
        health {
            lameduck 5s
        }
        ready
        kubernetes $DOMAIN in-addr.arpa ip6.arpa {
          pods insecure
          fallthrough in-addr.arpa ip6.arpa
        }
        prometheus :9153
        forward . /etc/resolv.conf {
          prefer_udp
          max_concurrent 1000
        }
        cache 30
        reload
        loadbalance
    }
---
apiVersion: v1
kind: Service
metadata:
  name: coredns
  namespace: kube-system
  labels: {k8s-app: kube-dns, kubernetes.io/name: coredns, addonmanager.kubernetes.io/mode: Reconcile}
  annotations: {prometheus.io/port: "9153", prometheus.io/scrape: "true", createdby: kubespray}
spec:
  selector: {k8s-app: kube-dns}
  clusterIP: $DNS
  ports:
  - {name: dns, port: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, protocol: TCP}
  - {name: metrics, port: 9153, protocol: TCP}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: coredns
  namespace: kube-system
  labels: {k8s-app: kube-dns, addonmanager.kubernetes.io/mode: Reconcile, kubernetes.io/name: coredns}
spec:
  replicas: 2
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 10%}}
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}, annotations: {createdby: kubespray}}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      nodeSelector: {kubernetes.io/os: linux}
      priorityClassName: system-cluster-critical
      serviceAccountName: coredns
      tolerations: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {k8s-app: kube-dns}}}
      containers:
      - name: coredns
        image: $(image coredns/coredns)
        imagePullPolicy: IfNotPresent
        resources: {limits: {memory: 300Mi}, requests: {cpu: 100m, memory: 70Mi}}
        args: [-conf, /etc/coredns/Corefile]
        volumeMounts: [{name: config-volume, mountPath: /etc/coredns}]
        ports:
        - {containerPort: 53, name: dns, protocol: UDP}
        - {containerPort: 53, name: dns-tcp, protocol: TCP}
        - {containerPort: 9153, name: metrics, protocol: TCP}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [NET_BIND_SERVICE], drop: [all]}, readOnlyRootFilesystem: true}
        livenessProbe: {httpGet: {path: /health, port: 8080, scheme: HTTP}, timeoutSeconds: 5, failureThreshold: 10}
        readinessProbe: {httpGet: {path: /ready, port: 8181, scheme: HTTP}, timeoutSeconds: 5, failureThreshold: 10}
      dnsPolicy: Default
      volumes: [{name: config-volume, configMap: {name: coredns, items: [{key: Corefile, path: Corefile}]}}]
END
  # The bundle lacks the cache's own program, which gives its address to an interface: CoreDNS answers in its place.
  put "$first" /etc/kubernetes/nodelocaldns.yml <<END
apiVersion: v1
kind: ServiceAccount
metadata: {name: nodelocaldns, namespace: kube-system, labels: {addonmanager.kubernetes.io/mode: Reconcile}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nodelocaldns, namespace: kube-system, labels: {addonmanager.kubernetes.io/mode: EnsureExists}}
data:
  Corefile: |
    $DOMAIN:53 {
        errors
        cache {
            success 9984 30
            denial 9984 5
        }
        reload
        loop
        bind $CACHE
        forward . $DNS {
            force_tcp
        }
        prometheus :9253
        health $CACHE:9254
    }
    .:53 {
        errors
        cache 30
        reload
        bind $CACHE
        forward . /etc/resolv.conf
        prometheus :9253
    }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: nodelocaldns, namespace: kube-system, labels: {k8s-app: kube-dns, addonmanager.kubernetes.io/mode: Reconcile}}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      priorityClassName: system-node-critical
      serviceAccountName: nodelocaldns
      hostNetwork: true
      dnsPolicy: Default
      tolerations: [{effect: NoSchedule, operator: Exists}, {effect: NoExecute, operator: Exists}]
      initContainers:
      - name: address
        image: $(image busybox)
        command: [sh, -c, "ip addr add $CACHE/32 dev lo || ip addr show dev lo | grep -F $CACHE"]
        securityContext: {runAsUser: 0, capabilities: {add: [NET_ADMIN]}}
      containers:
      - name: node-cache
        image: $(image coredns/coredns)
        resources: {limits: {memory: 200Mi}, requests: {cpu: 100m, memory: 70Mi}}
        args: [-conf, /etc/coredns/Corefile]
        securityContext: {runAsUser: 0}
        livenessProbe: {httpGet: {host: $CACHE, path: /health, port: 9254, scheme: HTTP}, timeoutSeconds: 5, failureThreshold: 10}
        readinessProbe: {httpGet: {host: $CACHE, path: /health, port: 9254, scheme: HTTP}, timeoutSeconds: 5, failureThreshold: 10}
        volumeMounts: [{name: config-volume, mountPath: /etc/coredns}]
      volumes: [{name: config-volume, configMap: {name: nodelocaldns, items: [{key: Corefile, path: Corefile}]}}]
      terminationGracePeriodSeconds: 0
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 20%}}
END
  kubectl apply -f /etc/kubernetes/coredns.yml -f /etc/kubernetes/nodelocaldns.yml >/dev/null
}

# --- the order ----------------------------------------------------------------------------------------------------------------

for h in "${all[@]}"; do
  base "$h"
  runtime "$h"
  kubelet "$h"
done
etcd
control_plane
token=$(on "$first" '/usr/local/bin/kubeadm --kubeconfig /etc/kubernetes/admin.conf token create')
ca_hash=$(on "$first" "sh -ec 'printf sha256:; openssl x509 -pubkey -noout -in /etc/kubernetes/ssl/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -c 1-64'")
for h in "${workers[@]}"; do worker "$h"; done
kube_proxy
calico
dns
kubectl wait --for=condition=Ready nodes --all --timeout=300s >/dev/null
for what in daemonset/calico-node daemonset/kube-proxy deployment/calico-kube-controllers deployment/coredns daemonset/nodelocaldns; do
  kubectl -n kube-system rollout status "$what" --timeout=300s >/dev/null
done
