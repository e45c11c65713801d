# containerd/images: Import container images
## check
have=$(/usr/local/bin/ctr -n k8s.io images ls -q)
printf '%s
' "$have" | grep -qxF k8s.gcr.io/pause:3.2
grep -qxF '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' /var/lib/kubewright/images
printf '%s
' "$have" | grep -qxF k8s.gcr.io/kube-proxy:v1.20.2
grep -qxF '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images
printf '%s
' "$have" | grep -qxF docker.io/library/haproxy:2.6.12
grep -qxF '646f636b65722e696f2f6c6962726172792f686170726f78793a322e362e3132 docker.io/library/haproxy:2.6.12' /var/lib/kubewright/images
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
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF k8s.gcr.io/kube-proxy:v1.20.2 || ! grep -qxF '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images; then
  src=$(kw_artifact 6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e
fi
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF docker.io/library/haproxy:2.6.12 || ! grep -qxF '646f636b65722e696f2f6c6962726172792f686170726f78793a322e362e3132 docker.io/library/haproxy:2.6.12' /var/lib/kubewright/images; then
  src=$(kw_artifact 646f636b65722e696f2f6c6962726172792f686170726f78793a322e362e3132)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' docker.io/library/haproxy:2.6.12' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '646f636b65722e696f2f6c6962726172792f686170726f78793a322e362e3132 docker.io/library/haproxy:2.6.12' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 646f636b65722e696f2f6c6962726172792f686170726f78793a322e362e3132
fi
## needs
k8s.gcr.io/pause:3.2
k8s.gcr.io/kube-proxy:v1.20.2
docker.io/library/haproxy:2.6.12

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

# apiserver-lb/directory: Make the load balancer's directory
## check
for d in /etc/nginx; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/nginx
chmod 00755 -- /etc/nginx
chown root:root -- /etc/nginx

# apiserver-lb/config: Write the configuration of the local load balancer
# (writes /etc/nginx/nginx.conf)
## check
[ -f /etc/nginx/nginx.conf ]
[ ! -L /etc/nginx/nginx.conf ]
[ "$(stat -c %a:%U:%G /etc/nginx/nginx.conf)" = 644:root:root ]
[ "$(sha256sum < /etc/nginx/nginx.conf)" = 'e407aa19406ef1c6fefa2f6845e918d90aa730334ccd6f6f0a815f94a055368d  -' ]
## apply
tmp=$(mktemp /etc/nginx/nginx.conf.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'error_log stderr notice;
worker_processes 2;
worker_rlimit_nofile 130048;

events {
  multi_accept on;
  worker_connections 16384;
}

stream {
  upstream control_planes {
    zone control_planes 64k;
    least_conn;
    server 192.168.1.11:6443 max_fails=1 fail_timeout=10s;
    server 192.168.1.12:6443 max_fails=1 fail_timeout=10s;
    server 192.168.1.13:6443 max_fails=1 fail_timeout=10s;
  }
  server {
    listen 127.0.0.1:6443;
    proxy_pass control_planes;
    proxy_connect_timeout 2s;
    proxy_timeout 10m;
  }
}

http {
  access_log off;
  server {
    listen 127.0.0.1:8081;
    location /healthz { return 200; }
    location / { return 404; }
  }
}
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/nginx/nginx.conf

# apiserver-lb/pod: Write the static pod of the local load balancer
# (writes /etc/kubernetes/manifests/nginx-proxy.yml)
## check
[ -f /etc/kubernetes/manifests/nginx-proxy.yml ]
[ ! -L /etc/kubernetes/manifests/nginx-proxy.yml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/manifests/nginx-proxy.yml)" = 600:root:root ]
[ "$(sha256sum < /etc/kubernetes/manifests/nginx-proxy.yml)" = '0de75870bb1368ff2819dbdca25c7ad152f3e0d27c52d2762f5702a411dee752  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/manifests/nginx-proxy.yml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: v1
kind: Pod
metadata:
  name: nginx-proxy
  namespace: kube-system
  labels:
    k8s-app: kube-apiserver-lb
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  nodeSelector:
    kubernetes.io/os: linux
  priorityClassName: system-node-critical
  containers:
    - name: nginx-proxy
      image: docker.io/library/nginx:1.30.1-alpine
      imagePullPolicy: IfNotPresent
      resources:
        requests:
          cpu: 25m
          memory: 32M
      livenessProbe:
        httpGet: &a1
          host: 127.0.0.1
          path: /healthz
          port: 8081
        initialDelaySeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: *a1
        timeoutSeconds: 5
      volumeMounts:
        - name: config
          mountPath: /etc/nginx
          readOnly: true
  volumes:
    - name: config
      hostPath:
        path: /etc/nginx
' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/manifests/nginx-proxy.yml

# apiserver-lb/replaced: Wait until the local load balancer runs with its manifest
# (changes nothing)
# (reads /etc/kubernetes/manifests/nginx-proxy.yml)
## check
[ "$(cat /var/lib/kubewright/started/apiserver-lb-pod)" = "$(sha256sum < /etc/kubernetes/manifests/nginx-proxy.yml)" ]
## apply
parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
processes() {
  masters='' master='' workers=' '
  for p in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
    [ "/proc/$p/root"/etc/nginx/nginx.conf -ef /etc/nginx/nginx.conf ] || continue
    if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = nginx ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
  done
}
# Seconds for which a process has run: by the host's uptime, so that a clock that is set does not matter.
age() {
  set -- $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)
  [ $# -gt 20 ] || return 1
  shift 19
  up=$(cut -d . -f 1 /proc/uptime)
  echo $((up - $1 / $(getconf CLK_TCK)))
}
well() {
  processes
  [ -n "$masters" ] || { echo 'no nginx of the pod runs'; return 1; }
  answers=no
  ! curl -sf --noproxy '*' --max-time 5 http://127.0.0.1:8081/healthz >/dev/null 2>&1 || answers=yes
  written=$(( $(date +%s) - $(stat -c %Y /etc/kubernetes/manifests/nginx-proxy.yml) ))
  for p in $masters; do
    seconds=$(age "$p") || continue
    [ "$seconds" -gt "$written" ] || continue
    if [ $answers = no ]; then kill -TERM "$p" 2>/dev/null || :; fi
    [ $n -ge 60 ] || { echo 'the pod of the old manifest still runs'; return 1; }
  done
  [ $answers = yes ] || { echo 'nginx does not answer on port 8081'; return 1; }
  curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz || { echo 'no API server answers through it'; return 1; }
}
n=0
# Before the host is a node nothing runs.
if [ -s /etc/kubernetes/kubelet.conf ]; then
  until why=$(well); do
    n=$((n + 1))
    [ $n -lt 150 ] || { printf '%s
' "$why" 'the local load balancer has not come back' >&2; exit 1; }
    sleep 1
  done
fi
mkdir -p "$(dirname /var/lib/kubewright/started/apiserver-lb-pod)"
sha256sum < /etc/kubernetes/manifests/nginx-proxy.yml > /var/lib/kubewright/started/apiserver-lb-pod

# apiserver-lb/reload: Let the local load balancer take its configuration
# (reads /etc/nginx/nginx.conf)
## check
[ "$(cat /var/lib/kubewright/started/apiserver-lb)" = "$(sha256sum < /etc/nginx/nginx.conf)" ]
## apply
parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
processes() {
  masters='' master='' workers=' '
  for p in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
    [ "/proc/$p/root"/etc/nginx/nginx.conf -ef /etc/nginx/nginx.conf ] || continue
    if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = nginx ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
  done
}
processes
if [ -n "$master" ]; then
  exe=$(readlink "/proc/$master/exe")
  if ! out=$(chroot "/proc/$master/root" "${exe% (deleted)}" -t -c /etc/nginx/nginx.conf 2>&1); then
    printf '%s
' "$out" >&2
    echo 'the load balancer goes on with the configuration that it has' >&2
    exit 1
  fi
  # An API that was away before is not waited for.
  answered=no
  ! curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz || answered=yes
  signal=HUP
  # Without a master process, which the images of Kubewright and upstream start, it can only be started again.
  [ "$workers" != ' ' ] || signal=TERM
  kill -$signal "$master"
  n=0 fresh=''
  until [ -n "$fresh" ] || [ $signal = TERM ]; do
    n=$((n + 1))
    [ $n -lt 40 ] || { echo 'nginx has started no worker with the new configuration' >&2; exit 1; }
    sleep 0.5
    for p in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
      [ "$(parent "$p")" != "$master" ] || case $workers in *" $p "*) ;; *) fresh=$p ;; esac
    done
  done
  n=0
  until [ $answered = no ] || curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz; do
    n=$((n + 1))
    [ $n -lt 60 ] || { echo 'no API server answers through nginx since it has its new configuration' >&2; exit 1; }
    sleep 1
  done
fi
mkdir -p "$(dirname /var/lib/kubewright/started/apiserver-lb)"
sha256sum < /etc/nginx/nginx.conf > /var/lib/kubewright/started/apiserver-lb

# upgrade/node-configuration: Take over the kubelet's settings of the new version
## check
[ -e "$KW_DIR/ran.$KW_N" ] || ( pid=$(systemctl show -p MainPID kubelet.service)
pid=${pid#MainPID=}
[ "${pid:-0}" -gt 0 ]
case " $("/proc/$pid/exe" --version | head -n 1 | tr -d v) " in *' 1.36.4 '* | *' 1.36.4~'*) ;; *) exit 1 ;; esac )
## apply
# kubeadm asks once. The local load balancer needs a moment after a restart.
n=0
until /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s get --raw /readyz >/dev/null 2>&1; do
  n=$((n + 1))
  [ $n -lt 60 ] || exit 1
  sleep 2
done
/usr/local/bin/kubeadm upgrade node 
: > "$KW_DIR/ran.$KW_N"

# node/local-api: Let the kubeconfigs of the node use the API on localhost
# (writes /etc/kubernetes/kubelet.conf)
## check
[ -s /etc/kubernetes/kubelet.conf ]
for f in /etc/kubernetes/kubelet.conf; do
  [ ! -s "$f" ] || grep -q '^ *server: https://127.0.0.1:6443$' "$f"
done
## apply
umask 077
for f in /etc/kubernetes/kubelet.conf; do
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
' '--node-ip=192.168.1.14' "$flags" > /var/lib/kubelet/kubeadm-flags.env.kw-new
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
systemctl restart kubelet.service
n=0
until curl -sSf --max-time 2 http://127.0.0.1:10248/healthz >/dev/null 2>&1 || [ $n -ge 60 ]; do
  n=$((n + 1))
  sleep 1
done
systemctl is-active --quiet kubelet.service

# upgrade/node-ready: Wait until the node is Ready with 1.36.4
# (changes nothing)
## check
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node w101-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')
if [ "$state" != 'v1.36.4 True' ]; then
  echo "the node says: $state $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node w101-k8s -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')"
  exit 1
fi
## apply
look() {
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node w101-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')
if [ "$state" != 'v1.36.4 True' ]; then
  echo "the node says: $state $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node w101-k8s -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')"
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
