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
[ "$({ echo 633301e2e32f8a5ad54031aab4901eb00308bec677dd15faa2751e8f9dab5ca4; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- runc ); })" = "$(cat /var/lib/kubewright/installed/containerd.runc)" ]
## apply
src=$(kw_artifact 633301e2e32f8a5ad54031aab4901eb00308bec677dd15faa2751e8f9dab5ca4)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/runc
mkdir -p /var/lib/kubewright/installed

for f in runc; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 633301e2e32f8a5ad54031aab4901eb00308bec677dd15faa2751e8f9dab5ca4; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- runc ); } > /var/lib/kubewright/installed/containerd.runc
kw_artifact_done 633301e2e32f8a5ad54031aab4901eb00308bec677dd15faa2751e8f9dab5ca4
## needs
runc https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.arm64

# containerd/binaries: Install containerd
## check
[ -s /var/lib/kubewright/installed/containerd.binaries ]
[ "$({ echo a985fbb7e18fc0362d31a055338f5d7b0e087a3e27f14c70d1c5965399a29f95; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.binaries.files) ); })" = "$(cat /var/lib/kubewright/installed/containerd.binaries)" ]
## apply
src=$(kw_artifact a985fbb7e18fc0362d31a055338f5d7b0e087a3e27f14c70d1c5965399a29f95)
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
{ echo a985fbb7e18fc0362d31a055338f5d7b0e087a3e27f14c70d1c5965399a29f95; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.binaries.files) ); } > /var/lib/kubewright/installed/containerd.binaries
kw_artifact_done a985fbb7e18fc0362d31a055338f5d7b0e087a3e27f14c70d1c5965399a29f95
## needs
containerd https://github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-arm64.tar.gz

# containerd/cni: Install the CNI plugins
## check
[ -s /var/lib/kubewright/installed/containerd.cni ]
[ "$({ echo 56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec; ( cd /opt/cni/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.cni.files) ); })" = "$(cat /var/lib/kubewright/installed/containerd.cni)" ]
## apply
src=$(kw_artifact 56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec)
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
{ echo 56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec; ( cd /opt/cni/bin && stat -c '%n %s %Y %a' -- $(cat /var/lib/kubewright/installed/containerd.cni.files) ); } > /var/lib/kubewright/installed/containerd.cni
kw_artifact_done 56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec
## needs
cni-plugins https://github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-arm64-v1.9.1.tgz

# containerd/crictl: Install crictl
## check
[ -s /var/lib/kubewright/installed/containerd.crictl ]
[ "$({ echo 68328594ccf780a80ae2b092d9f6ce484eec7cf540c275242e8fd954bfd95332; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- crictl ); })" = "$(cat /var/lib/kubewright/installed/containerd.crictl)" ]
## apply
src=$(kw_artifact 68328594ccf780a80ae2b092d9f6ce484eec7cf540c275242e8fd954bfd95332)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$src" -C "$tmp" --no-same-owner  crictl
mkdir -p /var/lib/kubewright/installed

for f in crictl; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 68328594ccf780a80ae2b092d9f6ce484eec7cf540c275242e8fd954bfd95332; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- crictl ); } > /var/lib/kubewright/installed/containerd.crictl
kw_artifact_done 68328594ccf780a80ae2b092d9f6ce484eec7cf540c275242e8fd954bfd95332
## needs
crictl https://github.com/kubernetes-sigs/cri-tools/releases/download/v1.36.0/crictl-v1.36.0-linux-arm64.tar.gz

# containerd/crictl-config: Write the configuration of crictl
# (writes /etc/crictl.yaml)
## check
[ -f /etc/crictl.yaml ]
[ ! -L /etc/crictl.yaml ]
[ "$(stat -c %a:%U:%G /etc/crictl.yaml)" = 644:root:root ]
[ "$(sha256sum < /etc/crictl.yaml)" = '1f5be1c3982d2e300d303c5285cecd34ee088c04a2625679fff0f628ac55cd12  -' ]
## apply
tmp=$(mktemp /etc/crictl.yaml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'runtime-endpoint: unix:///run/containerd/containerd.sock
image-endpoint: unix:///run/containerd/containerd.sock
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/crictl.yaml

# containerd/config: Write the configuration of containerd
# (writes /etc/containerd/config.toml)
## check
[ -f /etc/containerd/config.toml ]
[ ! -L /etc/containerd/config.toml ]
[ "$(stat -c %a:%U:%G /etc/containerd/config.toml)" = 600:root:root ]
[ "$(sha256sum < /etc/containerd/config.toml)" = '50a2247cced787b718b042241041086a988306ee0eea1592c9119d2693cf0d11  -' ]
## apply
tmp=$(mktemp /etc/containerd/config.toml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = -999

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "registry.k8s.io/pause:3.10.2"

[plugins."io.containerd.cri.v1.images".registry]
config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = false

[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "/usr/local/bin/runc"
SystemdCgroup = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = [ "/opt/cni/bin" ]
conf_dir = "/etc/cni/net.d"
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
