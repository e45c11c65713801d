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
[ "$(sha256sum < /etc/containerd/config.toml)" = 'a5014147e6d0c9d3829c90ed51aed91ddac6fbb99db3826637798bedf8642d39  -' ]
## apply
tmp=$(mktemp /etc/containerd/config.toml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = -999

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "k8s.gcr.io/pause:3.2"
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
