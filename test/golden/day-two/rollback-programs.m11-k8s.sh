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

# upgrade/kubelet: Restart the kubelet with version 1.36.4
## check
pid=$(systemctl show -p MainPID kubelet.service)
pid=${pid#MainPID=}
[ "${pid:-0}" -gt 0 ]
case " $("/proc/$pid/exe" --version | head -n 1 | tr -d v) " in *' 1.36.4 '* | *' 1.36.4~'*) ;; *) exit 1 ;; esac
## apply
systemctl daemon-reload
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

# control-plane/config: Write kubeadm's configuration
# (writes /etc/kubernetes/kubeadm-config.yaml)
## check
[ -f /etc/kubernetes/kubeadm-config.yaml ]
[ ! -L /etc/kubernetes/kubeadm-config.yaml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/kubeadm-config.yaml)" = 600:root:root ]
[ "$(sha256sum < /etc/kubernetes/kubeadm-config.yaml)" = '9ee630d793786c0aec02aee358a8709a973d37c0f502175f217819f5d780ad72  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/kubeadm-config.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 192.168.1.11
  bindPort: 6443
nodeRegistration:
  name: m11-k8s
  criSocket: unix:///run/containerd/containerd.sock
  taints:
    - key: node-role.kubernetes.io/control-plane
      effect: NoSchedule
  kubeletExtraArgs:
    - name: node-ip
      value: 192.168.1.11
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
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: cluster.local
kubernetesVersion: v1.36.4
controlPlaneEndpoint: 192.168.1.11:6443
imageRepository: registry.k8s.io
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
    - name: endpoint-reconciler-type
      value: lease
    - name: service-node-port-range
      value: 30000-32767
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
    - name: node-cidr-mask-size
      value: "24"
scheduler:
  extraArgs: []
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

# rollback/manifests: Write the manifests of the control plane of v1.36.4
## check
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  grep -q '^ *image: .*:v1.36.4$' /etc/kubernetes/manifests/"$c".yaml
done
[ ! -e /etc/kubernetes/kubewright-restore ]
[ ! -e /var/lib/kubewright/kubeadm/upgrade-started ]
## apply
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  for f in /etc/kubernetes/manifests/"$c.yaml" /etc/kubernetes/kubewright-restore/"$c.yaml"; do
    image=$(sed -n 's/^ *image: *//p' "$f" 2>/dev/null | head -n 1)
    [ -z "$image" ] || /usr/local/bin/ctr --namespace k8s.io images label "$image" 'io.cri-containerd.pinned=' >/dev/null
  done
done
/usr/local/bin/kubeadm init phase control-plane all --config /etc/kubernetes/kubeadm-config.yaml
rm -rf /etc/kubernetes/kubewright-restore
rm -f /var/lib/kubewright/kubeadm/upgrade-started
