# containerd/images: Import container images
## check
have=$(/usr/local/bin/ctr -n k8s.io images ls -q)
printf '%s
' "$have" | grep -qxF k8s.gcr.io/kube-proxy:v1.20.2
grep -qxF '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images
printf '%s
' "$have" | grep -qxF k8s.gcr.io/pause:3.2
grep -qxF '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' /var/lib/kubewright/images
printf '%s
' "$have" | grep -qxF docker.io/library/haproxy:2.6.12
grep -qxF '646f636b65722e696f2f6c6962726172792f686170726f78793a322e362e3132 docker.io/library/haproxy:2.6.12' /var/lib/kubewright/images
## apply
mkdir -p /var/lib/kubewright; touch /var/lib/kubewright/images
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF k8s.gcr.io/kube-proxy:v1.20.2 || ! grep -qxF '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images; then
  src=$(kw_artifact 6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' k8s.gcr.io/kube-proxy:v1.20.2' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e k8s.gcr.io/kube-proxy:v1.20.2' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 6b38732e6763722e696f2f6b7562652d70726f78793a76312e32302e322e2e2e
fi
if ! /usr/local/bin/ctr -n k8s.io images ls -q | grep -qxF k8s.gcr.io/pause:3.2 || ! grep -qxF '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' /var/lib/kubewright/images; then
  src=$(kw_artifact 6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e)
  /usr/local/bin/ctr -n k8s.io images import "$src" >/dev/null
  grep -vF ' k8s.gcr.io/pause:3.2' /var/lib/kubewright/images > /var/lib/kubewright/images.new || true
  echo '6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e k8s.gcr.io/pause:3.2' >> /var/lib/kubewright/images.new
  mv -f /var/lib/kubewright/images.new /var/lib/kubewright/images
  kw_artifact_done 6b38732e6763722e696f2f70617573653a332e322e2e2e2e2e2e2e2e2e2e2e2e
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
k8s.gcr.io/kube-proxy:v1.20.2
k8s.gcr.io/pause:3.2
docker.io/library/haproxy:2.6.12
