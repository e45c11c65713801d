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
