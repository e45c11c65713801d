# etcd-restore/start-clients: Start the control plane again
## check
for c in kube-apiserver kube-controller-manager kube-scheduler; do [ -e /etc/kubernetes/manifests/"$c.yaml" ]; done
## apply
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  [ ! -e /etc/kubernetes/kubewright-restore/"$c.yaml" ] || mv -f /etc/kubernetes/kubewright-restore/"$c.yaml" /etc/kubernetes/manifests/
done
rmdir /etc/kubernetes/kubewright-restore 2>/dev/null || :

# etcd-restore/ready: Wait until the API server is ready
# (changes nothing)
## check
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1
## apply
look() {
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1
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

# etcd-restore/unpin: Let the kubelet delete unused images of the control plane again
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( for c in kube-apiserver kube-controller-manager kube-scheduler; do
  for f in /etc/kubernetes/manifests/"$c.yaml" /etc/kubernetes/kubewright-restore/"$c.yaml"; do
    image=$(sed -n 's/^ *image: *//p' "$f" 2>/dev/null | head -n 1)
    [ -z "$image" ] || /usr/local/bin/ctr --namespace k8s.io images label "$image" 'io.cri-containerd.pinned=' >/dev/null
  done
done )
: > "$KW_DIR/ran.$KW_N"
