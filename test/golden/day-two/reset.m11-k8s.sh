# reset/units: Stop the kubelet, the routes and etcd
## check
for u in kubelet.service kubewright-routes.service kubewright-certs-renew.timer kubewright-etcd-backup.timer etcd.service; do [ ! -e /etc/systemd/system/"$u" ] || { ! systemctl is-active --quiet "$u" && ! systemctl is-enabled --quiet "$u" 2>/dev/null; }; done
## apply
for u in kubelet.service kubewright-routes.service kubewright-certs-renew.timer kubewright-etcd-backup.timer etcd.service; do
  [ -e /etc/systemd/system/"$u" ] || continue
  systemctl disable --quiet "$u" 2>/dev/null || :
  systemctl stop "$u"
done

# reset/kubeadm: Run kubeadm reset
## check
[ ! -e /etc/kubernetes/kubelet.conf ]
[ ! -e /etc/kubernetes/admin.conf ]
[ -z "$(ls -A /etc/kubernetes/manifests 2>/dev/null)" ]
## apply
# A kubeconfig that is a copy of the administrator's goes with it; another one is the operator's.
if cmp -s /etc/kubernetes/admin.conf /root/.kube/config; then rm -f /root/.kube/config; rmdir /root/.kube 2>/dev/null || :; fi
if [ -x /usr/local/bin/kubeadm ] && systemctl is-active --quiet containerd.service; then
  /usr/local/bin/kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock || echo 'kubeadm reset has failed; what it leaves is removed without it'
fi
rm -f /etc/kubernetes/*.conf
rm -rf /etc/kubernetes/manifests

# reset/pods: End the pods that are left
# (done by reset/kubeadm)
## check
[ -x /usr/local/bin/ctr ] || exit 0
systemctl is-active --quiet containerd.service || exit 0
[ -z "$(/usr/local/bin/ctr --namespace k8s.io tasks ls -q 2>/dev/null)" ]
## apply
if [ -x /usr/local/bin/crictl ]; then timeout 120 /usr/local/bin/crictl rmp -fa >/dev/null 2>&1 || :; fi
for id in $(/usr/local/bin/ctr --namespace k8s.io tasks ls -q); do /usr/local/bin/ctr --namespace k8s.io tasks kill --signal KILL "$id" 2>/dev/null || :; done
sleep 1
for id in $(/usr/local/bin/ctr --namespace k8s.io tasks ls -q); do /usr/local/bin/ctr --namespace k8s.io tasks rm -f "$id" >/dev/null 2>&1 || :; done

# reset/mounts: Unmount what the kubelet has mounted
# (done by reset/kubeadm)
## check
[ -z "$(awk '$5 ~ "^/var/lib/kubelet/" {print $5}' /proc/self/mountinfo)" ]
## apply
awk '$5 ~ "^/var/lib/kubelet/" {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount "$m" || echo "still mounted: $m" >&2; done
[ -z "$(awk '$5 ~ "^/var/lib/kubelet/" {print $5}' /proc/self/mountinfo)" ]

# reset/network: Remove the interfaces and routes of the pod network
## check
# tunl0 belongs to the kernel's module once that is loaded: it stays, without an address.
[ -z "$(ip -o link show 2>/dev/null | awk -F': ' '{split($2, a, "@"); print a[1]}' | grep -E '^(vxlan\.calico|vxlan-v6\.calico|tunl0|cali[0-9a-f]+|cni0|kube-ipvs0|nodelocaldns)$' | grep -v '^tunl0$')" ]
[ -z "$(ip route show proto 80 2>/dev/null; ip route show proto 75 2>/dev/null)" ]
## apply
for link in $(ip -o link show 2>/dev/null | awk -F': ' '{split($2, a, "@"); print a[1]}' | grep -E '^(vxlan\.calico|vxlan-v6\.calico|tunl0|cali[0-9a-f]+|cni0|kube-ipvs0|nodelocaldns)$'); do
  case $link in tunl0) ip addr flush dev tunl0; ip link set tunl0 down ;; *) ip link delete "$link" ;; esac
done
# Protocol 80 is Calico's, 75 ours.
for p in 80 75; do ip route flush proto $p 2>/dev/null || :; done

# reset/firewall: Remove the firewall rules of Kubernetes and Calico, and no other
## check
for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save iptables-save ip6tables-save; do
  command -v $save >/dev/null 2>&1 || continue
  if $save 2>/dev/null | grep -qE 'KUBE-|cali[-:]|--comment kubewright '; then exit 1; fi
done
## apply
for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save iptables-save ip6tables-save; do
  command -v $save >/dev/null 2>&1 || continue
  restore=${save%-save}-restore
  $save 2>/dev/null | awk -v ours='KUBE-|cali[-:]|--comment kubewright ' '
    /^\*/ { table = $0; n = 0; m = 0; next }
    /^:/ { name = substr($1, 2); if (name ~ /^(KUBE-|cali-)/) chains[++m] = name; next }
    /^-A / { if ($0 ~ ours) { chain = $2; if (chain !~ /^(KUBE-|cali-)/) { sub(/^-A/, "-D"); rules[++n] = $0 } } next }
    /^COMMIT/ {
      if (n + m > 0) {
        print table
        for (i = 1; i <= n; i++) print rules[i]
        for (i = 1; i <= m; i++) print "-F " chains[i]
        for (i = 1; i <= m; i++) print "-X " chains[i]
        print "COMMIT"
      }
    }' > "$KW_DIR/rules"
  [ ! -s "$KW_DIR/rules" ] || $restore --noflush < "$KW_DIR/rules"
done
if command -v nft >/dev/null 2>&1; then
  for family in ip ip6; do nft delete table $family kube-proxy 2>/dev/null || :; done
fi
if command -v ipset >/dev/null 2>&1; then
  for set in $(ipset list -n 2>/dev/null | grep -E '^(KUBE-|cali[46]0)'); do ipset destroy "$set" 2>/dev/null || :; done
fi

# reset/etcd: Remove etcd, its data and its keys
## check
for f in /etc/etcd.env /etc/systemd/system/etcd.service /etc/systemd/system/kubewright-etcd-backup.timer /etc/systemd/system/kubewright-etcd-backup.service /var/lib/kubewright/bin/etcd-backup /var/lib/etcd/member /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/ca-key.pem; do [ ! -e "$f" ]; done
[ -z "$({
        find /var/lib/etcd -mindepth 1 -maxdepth 1 '(' -name member -o -name kubewright-restore -o -name 'before-restore-*' ')' 2>/dev/null
        find /etc/ssl/etcd/ssl -mindepth 1 -maxdepth 1 -type f '(' -name 'ca*.pem' -o -name 'member-*.pem' -o -name 'admin-*.pem' -o -name '*.pem.new' -o -name '*.kw-new' ')' 2>/dev/null
        find /etc/ssl/etcd/ssl -mindepth 1 -maxdepth 1 -type d -name issued 2>/dev/null
      })" ]
## apply
{
        find /var/lib/etcd -mindepth 1 -maxdepth 1 '(' -name member -o -name kubewright-restore -o -name 'before-restore-*' ')' 2>/dev/null
        find /etc/ssl/etcd/ssl -mindepth 1 -maxdepth 1 -type f '(' -name 'ca*.pem' -o -name 'member-*.pem' -o -name 'admin-*.pem' -o -name '*.pem.new' -o -name '*.kw-new' ')' 2>/dev/null
        find /etc/ssl/etcd/ssl -mindepth 1 -maxdepth 1 -type d -name issued 2>/dev/null
      } | while read -r f; do rm -rf --one-file-system "$f"; done
rmdir /var/lib/etcd /etc/ssl/etcd/ssl 2>/dev/null || :
rmdir /etc/ssl/etcd 2>/dev/null || :
[ ! -e /var/lib/kubewright/installed/etcd.binaries ] || rm -f /usr/local/bin/etcd /usr/local/bin/etcdctl /usr/local/bin/etcdutl
rm -f /etc/etcd.env /etc/systemd/system/etcd.service /etc/systemd/system/kubewright-etcd-backup.timer /etc/systemd/system/kubewright-etcd-backup.service /var/lib/kubewright/bin/etcd-backup

# reset/files: Remove the files of Kubernetes and of the pod network
## check
for f in /etc/cni/net.d/10-calico.conflist /etc/cni/net.d/calico-kubeconfig /etc/cni/net.d/10-kubewright.conflist /etc/haproxy/haproxy.cfg /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/systemd/system/kubewright-routes.service /etc/modules-load.d/kubewright.conf /etc/sysctl.d/99-kubewright.conf /etc/bash_completion.d/kubectl /etc/profile.d/kubewright.sh /usr/local/bin/kubewright-routes /etc/systemd/system/kubewright-certs-renew.timer /etc/systemd/system/kubewright-certs-renew.service /var/lib/kubewright/bin/certs-renew /etc/kubernetes /var/lib/kubelet /var/lib/calico /var/run/calico /var/log/calico /var/log/pods /var/log/containers; do [ ! -e "$f" ] || [ -d "$f" -a -z "$(ls -A "$f" 2>/dev/null)" ]; done
[ -z "$(find /var/lib/cni -mindepth 2 -maxdepth 3 '(' -name k8s-pod-network -o -name 'k8s-pod-network-*' -o -name kubewright -o -name 'kubewright-*' -o -name cni-loopback -o -name 'cni-loopback-*' ')' -prune 2>/dev/null)" ]
if grep -q '^# BEGIN kubewright hosts$' /etc/hosts; then exit 1; fi
if grep -qs kubewright /etc/nginx/nginx.conf; then exit 1; fi
## apply
rm -f /etc/cni/net.d/10-calico.conflist /etc/cni/net.d/calico-kubeconfig /etc/cni/net.d/10-kubewright.conflist /etc/haproxy/haproxy.cfg /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/systemd/system/kubewright-routes.service /etc/modules-load.d/kubewright.conf /etc/sysctl.d/99-kubewright.conf /etc/bash_completion.d/kubectl /etc/profile.d/kubewright.sh /usr/local/bin/kubewright-routes /etc/systemd/system/kubewright-certs-renew.timer /etc/systemd/system/kubewright-certs-renew.service /var/lib/kubewright/bin/certs-renew
# A directory that is a mount of its own is emptied and stays.
for d in /etc/kubernetes /var/lib/kubelet /var/lib/calico /var/run/calico /var/log/calico /var/log/pods /var/log/containers; do
  [ -d "$d" ] || continue
  find "$d" -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system {} +
  rmdir "$d" 2>/dev/null || :
done
find /var/lib/cni -mindepth 2 -maxdepth 3 '(' -name k8s-pod-network -o -name 'k8s-pod-network-*' -o -name kubewright -o -name 'kubewright-*' -o -name cni-loopback -o -name 'cni-loopback-*' ')' -prune 2>/dev/null | while read -r f; do rm -rf "$f"; done
find /var/lib/cni -depth -type d -empty -delete 2>/dev/null || :
if grep -qs 'upstream control_planes' /etc/nginx/nginx.conf; then
  rm -f /etc/nginx/nginx.conf
  rmdir /etc/nginx 2>/dev/null || :
fi
for d in /etc/cni/net.d /etc/cni /etc/haproxy /etc/systemd/system/kubelet.service.d; do rmdir "$d" 2>/dev/null || :; done
# In place: /etc/hosts can be a bind mount.
tmp=$(mktemp)
awk '$0 == "# BEGIN kubewright hosts" {skip = 1} !skip {print} $0 == "# END kubewright hosts" {skip = 0}' /etc/hosts > "$tmp"
cat "$tmp" > /etc/hosts
rm -f "$tmp"
systemctl daemon-reload

# reset/containerd: Remove containerd, unless others have containers in it
## check
[ -e /var/lib/kubewright/installed/containerd.binaries ] || exit 0
[ -e /var/lib/kubewright/containerd-kept ]
systemctl is-active --quiet containerd.service
[ -n "$(for n in $(/usr/local/bin/ctr namespaces ls -q); do [ "$n" = k8s.io ] || /usr/local/bin/ctr --namespace "$n" containers ls -q; done)" ]
## apply
foreign=
if [ -e /etc/systemd/system/containerd.service ] && [ -x /usr/local/bin/ctr ]; then
  # A containerd that does not run has containers all the same: without an answer nothing is deleted.
  systemctl start containerd.service
  names=$(/usr/local/bin/ctr namespaces ls -q)
  for n in $names; do
    [ "$n" != k8s.io ] || continue
    found=$(/usr/local/bin/ctr --namespace "$n" containers ls -q)
    [ -z "$found" ] || foreign="$foreign $n"
  done
fi
if [ -n "$foreign" ]; then
  echo "containerd stays, because there are containers in its namespaces$foreign"
  ids=$(/usr/local/bin/ctr --namespace k8s.io containers ls -q)
  [ -z "$ids" ] || /usr/local/bin/ctr --namespace k8s.io containers rm $ids >/dev/null 2>&1 || :
  # They are what takes the space.
  images=$(/usr/local/bin/ctr --namespace k8s.io images ls -q)
  [ -z "$images" ] || /usr/local/bin/ctr --namespace k8s.io images rm $images >/dev/null
  touch /var/lib/kubewright/containerd-kept
  exit 0
fi
systemctl disable --quiet --now containerd.service 2>/dev/null || :
awk '$5 ~ "^/(run|var/lib)/containerd/" {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount "$m" || :; done
find /var/lib/containerd /run/containerd -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system {} + 2>/dev/null || :
rmdir /var/lib/containerd /run/containerd 2>/dev/null || :
rm -rf /etc/containerd /etc/crictl.yaml /etc/systemd/system/containerd.service /etc/systemd/system/containerd.service.d
for f in $(cat /var/lib/kubewright/installed/containerd.binaries.files) runc crictl; do rm -f /usr/local/bin/"$f"; done
rm -f /var/lib/kubewright/installed/containerd.binaries /var/lib/kubewright/containerd-kept
systemctl daemon-reload

# reset/binaries: Remove the binaries
## check
[ ! -e /var/lib/kubewright/installed/node.kubelet ]
[ ! -e /var/lib/kubewright/installed/containerd.cni.files ] || [ -e /var/lib/kubewright/containerd-kept ]
## apply
rm -f /usr/local/bin/kubeadm /usr/local/bin/kubelet /usr/local/bin/kubectl /var/lib/kubewright/installed/node.*
# Containers that stay need them to start again.
if [ -e /var/lib/kubewright/containerd-kept ]; then exit 0; fi
if [ -e /var/lib/kubewright/installed/containerd.cni.files ]; then ( cd /opt/cni/bin 2>/dev/null && while read -r f; do rm -f "$f"; done ) < /var/lib/kubewright/installed/containerd.cni.files || :; fi
for f in calico calico-ipam flannel install; do rm -f /opt/cni/bin/"$f"; done
rmdir /opt/cni/bin /opt/cni 2>/dev/null || :
rm -f /var/lib/kubewright/installed/containerd.cni*

# client/shell-gone: Remove the short commands
## check
for f in /usr/local/share/kubewright /etc/fish/conf.d/kubewright.fish /var/lib/kubewright/client; do [ ! -e "$f" ]; done
for f in /etc/zsh/zshrc /etc/zshrc; do [ ! -f "$f" ] || ! grep -qxF '[ ! -r /usr/local/share/kubewright/zshrc ] || . /usr/local/share/kubewright/zshrc # kubewright' "$f"; done
## apply
for f in /var/lib/kubewright/client/*; do
    [ -e "$f" ] || continue
    u=${f##*/}
    case " "''" " in *" $u "*) continue ;; esac
    if [ "$(su -s /bin/sh "$u" -c 'sha256sum < ~/.kube/config' < /dev/null)" = "$(cat "$f")" ]; then su -s /bin/sh "$u" -c 'rm -f ~/.kube/config' < /dev/null; fi
    rm -f "$f"
  done
for f in /etc/zsh/zshrc /etc/zshrc; do
  if [ -f "$f" ] && grep -qxF '[ ! -r /usr/local/share/kubewright/zshrc ] || . /usr/local/share/kubewright/zshrc # kubewright' "$f"; then sed -i '/# kubewright$/d' "$f"; fi
done
rm -rf /usr/local/share/kubewright /etc/fish/conf.d/kubewright.fish /var/lib/kubewright/client

# reset/notes: Remove Kubewright's notes and downloads
## check
[ ! -e /var/lib/kubewright ] || [ -e /var/lib/kubewright/containerd-kept -a ! -e /var/lib/kubewright/kubeadm ]
[ -z "$(find /var/cache/kubewright -mindepth 1 -maxdepth 1 -type f 2>/dev/null | grep -E '/[0-9a-f]{64}[^/]*$')" ]
## apply
find /var/cache/kubewright -mindepth 1 -maxdepth 1 -type f 2>/dev/null | grep -E '/[0-9a-f]{64}[^/]*$' | while read -r f; do rm -f "$f"; done
rmdir /var/cache/kubewright 2>/dev/null || :
if [ -e /var/lib/kubewright/containerd-kept ]; then rm -rf /var/lib/kubewright/kubeadm /var/lib/kubewright/images /var/lib/kubewright/started/kubelet.service /var/lib/kubewright/started/etcd.service /var/lib/kubewright/started/apiserver-lb /var/lib/kubewright/started/apiserver-lb-pod; else rm -rf /var/lib/kubewright; fi
systemctl reset-failed 2>/dev/null || :
