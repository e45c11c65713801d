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
[ "$({ echo 10d054585907f2c8bb823c84f6a66b3bd2a474c3d795475f04e9a44f78650fe6; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubeadm ); })" = "$(cat /var/lib/kubewright/installed/node.kubeadm)" ]
## apply
http_proxy=http://proxy.example.org:3128 HTTP_PROXY=$http_proxy; export http_proxy HTTP_PROXY
https_proxy=http://proxy.example.org:3128 HTTPS_PROXY=$https_proxy; export https_proxy HTTPS_PROXY
no_proxy=localhost,127.0.0.1,192.168.1.11,m11-k8s,192.168.1.12,m12-k8s,192.168.1.13,m13-k8s,192.168.1.14,w101-k8s,192.168.1.15,w102-k8s,10.233.0.0/18,10.233.64.0/18,.svc,.cluster.local,192.168.1.0/24,10.233.0.0/16 NO_PROXY=$no_proxy; export no_proxy NO_PROXY
src=$(kw_artifact 10d054585907f2c8bb823c84f6a66b3bd2a474c3d795475f04e9a44f78650fe6)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/kubeadm
mkdir -p /var/lib/kubewright/installed

for f in kubeadm; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 10d054585907f2c8bb823c84f6a66b3bd2a474c3d795475f04e9a44f78650fe6; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubeadm ); } > /var/lib/kubewright/installed/node.kubeadm
kw_artifact_done 10d054585907f2c8bb823c84f6a66b3bd2a474c3d795475f04e9a44f78650fe6
## needs
kubeadm https://files.example.org/mirror/dl.k8s.io/release/v1.36.4/bin/linux/amd64/kubeadm

# node/kubelet: Install kubelet
## check
[ -s /var/lib/kubewright/installed/node.kubelet ]
[ "$({ echo cf2562db46c48ab84cc3791540778ee7fb1a0a008529adbb434723dd02ed8b4b; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubelet ); })" = "$(cat /var/lib/kubewright/installed/node.kubelet)" ]
## apply
http_proxy=http://proxy.example.org:3128 HTTP_PROXY=$http_proxy; export http_proxy HTTP_PROXY
https_proxy=http://proxy.example.org:3128 HTTPS_PROXY=$https_proxy; export https_proxy HTTPS_PROXY
no_proxy=localhost,127.0.0.1,192.168.1.11,m11-k8s,192.168.1.12,m12-k8s,192.168.1.13,m13-k8s,192.168.1.14,w101-k8s,192.168.1.15,w102-k8s,10.233.0.0/18,10.233.64.0/18,.svc,.cluster.local,192.168.1.0/24,10.233.0.0/16 NO_PROXY=$no_proxy; export no_proxy NO_PROXY
src=$(kw_artifact cf2562db46c48ab84cc3791540778ee7fb1a0a008529adbb434723dd02ed8b4b)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/kubelet
mkdir -p /var/lib/kubewright/installed

for f in kubelet; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo cf2562db46c48ab84cc3791540778ee7fb1a0a008529adbb434723dd02ed8b4b; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubelet ); } > /var/lib/kubewright/installed/node.kubelet
kw_artifact_done cf2562db46c48ab84cc3791540778ee7fb1a0a008529adbb434723dd02ed8b4b
## needs
kubelet https://files.example.org/mirror/dl.k8s.io/release/v1.36.4/bin/linux/amd64/kubelet

# node/kubectl: Install kubectl
## check
[ -s /var/lib/kubewright/installed/node.kubectl ]
[ "$({ echo 8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubectl ); })" = "$(cat /var/lib/kubewright/installed/node.kubectl)" ]
## apply
http_proxy=http://proxy.example.org:3128 HTTP_PROXY=$http_proxy; export http_proxy HTTP_PROXY
https_proxy=http://proxy.example.org:3128 HTTPS_PROXY=$https_proxy; export https_proxy HTTPS_PROXY
no_proxy=localhost,127.0.0.1,192.168.1.11,m11-k8s,192.168.1.12,m12-k8s,192.168.1.13,m13-k8s,192.168.1.14,w101-k8s,192.168.1.15,w102-k8s,10.233.0.0/18,10.233.64.0/18,.svc,.cluster.local,192.168.1.0/24,10.233.0.0/16 NO_PROXY=$no_proxy; export no_proxy NO_PROXY
src=$(kw_artifact 8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a)
tmp=$(mktemp -d /usr/local/bin/.kw-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp "$src" "$tmp"/kubectl
mkdir -p /var/lib/kubewright/installed

for f in kubectl; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" /usr/local/bin/"$f"
done
{ echo 8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a; ( cd /usr/local/bin && stat -c '%n %s %Y %a' -- kubectl ); } > /var/lib/kubewright/installed/node.kubectl
kw_artifact_done 8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a
## needs
kubectl https://files.example.org/mirror/dl.k8s.io/release/v1.36.4/bin/linux/amd64/kubectl

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
