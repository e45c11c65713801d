# etcd-restore/register: Let the kubelet register its node, if the snapshot does not have it
## check
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node m11-k8s -o name >/dev/null
## apply
n=0 restarted=''
until out=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node m11-k8s -o name 2>&1); do
  case $out in
    *NotFound*)
      [ -n "$restarted" ] || systemctl restart kubelet.service
      restarted=yes
      ;;
  esac
  n=$((n + 1))
  [ $n -lt 90 ] || { printf '%s
' "$out" >&2; exit 1; }
  sleep 2
done

# etcd-restore/mark: Mark the node as a control plane again
## check
[ -s /etc/kubernetes/kubeadm-config.yaml ] || exit 0
for role in node-role.kubernetes.io/control-plane node-role.kubernetes.io/master; do
  [ -z "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s get nodes -l "$role" --field-selector 'metadata.name=m11-k8s' -o name)" ] || exit 0
done
exit 1
## apply
/usr/local/bin/kubeadm init phase mark-control-plane --config /etc/kubernetes/kubeadm-config.yaml
