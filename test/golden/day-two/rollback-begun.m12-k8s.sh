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

# rollback/not-begun: Forget the upgrade of the control plane, which has changed nothing
## check
[ ! -e /var/lib/kubewright/kubeadm/upgrade-started ]
## apply
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  grep -q '^ *image: .*:v1.36.4$' /etc/kubernetes/manifests/"$c".yaml || { echo "$c does not have the image of v1.36.4" >&2; exit 1; }
done
rm -f /var/lib/kubewright/kubeadm/upgrade-started
