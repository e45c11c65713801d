# etcd-restore/stop-clients: Stop the API server, the controller manager and the scheduler
## check
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  [ ! -e /etc/kubernetes/manifests/"$c.yaml" ]
  if pgrep -f "^(/[^ ]*/)?$c( |$)" >/dev/null; then exit 1; fi
done
## apply
mkdir -p /etc/kubernetes/kubewright-restore
chmod 0700 /etc/kubernetes/kubewright-restore
# The kubelet deletes images that no container uses when the disk fills up; without a registry they would not come back.
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  for f in /etc/kubernetes/manifests/"$c.yaml" /etc/kubernetes/kubewright-restore/"$c.yaml"; do
    image=$(sed -n 's/^ *image: *//p' "$f" 2>/dev/null | head -n 1)
    [ -z "$image" ] || /usr/local/bin/ctr --namespace k8s.io images label "$image" 'io.cri-containerd.pinned=pinned' >/dev/null
  done
done
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  [ ! -e /etc/kubernetes/manifests/"$c.yaml" ] || mv -f /etc/kubernetes/manifests/"$c.yaml" /etc/kubernetes/kubewright-restore/
done
# An API server does not end by itself while clients watch: half a minute less without an API.
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  for id in $(/usr/local/bin/crictl ps -q --name "^$c$" 2>/dev/null); do timeout 20 /usr/local/bin/crictl stop -t 3 "$id" >/dev/null 2>&1 || :; done
done
n=0
for c in kube-apiserver kube-controller-manager kube-scheduler; do
  while pgrep -f "^(/[^ ]*/)?$c( |$)" >/dev/null; do
    n=$((n + 1))
    [ $n -lt 120 ] || { echo "$c does not end" >&2; exit 1; }
    sleep 1
  done
done
