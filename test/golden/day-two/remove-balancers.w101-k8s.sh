# apiserver-lb/directory: Make the load balancer's directory
## check
for d in /etc/nginx; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/nginx
chmod 00755 -- /etc/nginx
chown root:root -- /etc/nginx

# apiserver-lb/config: Write the configuration of the local load balancer
# (writes /etc/nginx/nginx.conf)
## check
[ -f /etc/nginx/nginx.conf ]
[ ! -L /etc/nginx/nginx.conf ]
[ "$(stat -c %a:%U:%G /etc/nginx/nginx.conf)" = 644:root:root ]
[ "$(sha256sum < /etc/nginx/nginx.conf)" = 'b26897b6961a202ea924dd60ae5713ba007cce055fd4d4bab0018dd485b475da  -' ]
## apply
tmp=$(mktemp /etc/nginx/nginx.conf.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'error_log stderr notice;
worker_processes 2;
worker_rlimit_nofile 130048;

events {
  multi_accept on;
  worker_connections 16384;
}

stream {
  upstream control_planes {
    zone control_planes 64k;
    least_conn;
    server 192.168.1.12:6443 max_fails=1 fail_timeout=10s;
    server 192.168.1.13:6443 max_fails=1 fail_timeout=10s;
  }
  server {
    listen 127.0.0.1:6443;
    proxy_pass control_planes;
    proxy_connect_timeout 2s;
    proxy_timeout 10m;
  }
}

http {
  access_log off;
  server {
    listen 127.0.0.1:8081;
    location /healthz { return 200; }
    location / { return 404; }
  }
}
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/nginx/nginx.conf

# apiserver-lb/pod: Write the static pod of the local load balancer
# (writes /etc/kubernetes/manifests/nginx-proxy.yml)
## check
[ -f /etc/kubernetes/manifests/nginx-proxy.yml ]
[ ! -L /etc/kubernetes/manifests/nginx-proxy.yml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/manifests/nginx-proxy.yml)" = 600:root:root ]
[ "$(sha256sum < /etc/kubernetes/manifests/nginx-proxy.yml)" = '0de75870bb1368ff2819dbdca25c7ad152f3e0d27c52d2762f5702a411dee752  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/manifests/nginx-proxy.yml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: v1
kind: Pod
metadata:
  name: nginx-proxy
  namespace: kube-system
  labels:
    k8s-app: kube-apiserver-lb
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  nodeSelector:
    kubernetes.io/os: linux
  priorityClassName: system-node-critical
  containers:
    - name: nginx-proxy
      image: docker.io/library/nginx:1.30.1-alpine
      imagePullPolicy: IfNotPresent
      resources:
        requests:
          cpu: 25m
          memory: 32M
      livenessProbe:
        httpGet: &a1
          host: 127.0.0.1
          path: /healthz
          port: 8081
        initialDelaySeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: *a1
        timeoutSeconds: 5
      volumeMounts:
        - name: config
          mountPath: /etc/nginx
          readOnly: true
  volumes:
    - name: config
      hostPath:
        path: /etc/nginx
' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/manifests/nginx-proxy.yml

# apiserver-lb/replaced: Wait until the local load balancer runs with its manifest
# (changes nothing)
# (reads /etc/kubernetes/manifests/nginx-proxy.yml)
## check
[ "$(cat /var/lib/kubewright/started/apiserver-lb-pod)" = "$(sha256sum < /etc/kubernetes/manifests/nginx-proxy.yml)" ]
## apply
parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
processes() {
  masters='' master='' workers=' '
  for p in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
    [ "/proc/$p/root"/etc/nginx/nginx.conf -ef /etc/nginx/nginx.conf ] || continue
    if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = nginx ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
  done
}
# Seconds for which a process has run: by the host's uptime, so that a clock that is set does not matter.
age() {
  set -- $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)
  [ $# -gt 20 ] || return 1
  shift 19
  up=$(cut -d . -f 1 /proc/uptime)
  echo $((up - $1 / $(getconf CLK_TCK)))
}
well() {
  processes
  [ -n "$masters" ] || { echo 'no nginx of the pod runs'; return 1; }
  answers=no
  ! curl -sf --noproxy '*' --max-time 5 http://127.0.0.1:8081/healthz >/dev/null 2>&1 || answers=yes
  written=$(( $(date +%s) - $(stat -c %Y /etc/kubernetes/manifests/nginx-proxy.yml) ))
  for p in $masters; do
    seconds=$(age "$p") || continue
    [ "$seconds" -gt "$written" ] || continue
    if [ $answers = no ]; then kill -TERM "$p" 2>/dev/null || :; fi
    [ $n -ge 60 ] || { echo 'the pod of the old manifest still runs'; return 1; }
  done
  [ $answers = yes ] || { echo 'nginx does not answer on port 8081'; return 1; }
  curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz || { echo 'no API server answers through it'; return 1; }
}
n=0
# Before the host is a node nothing runs.
if [ -s /etc/kubernetes/kubelet.conf ]; then
  until why=$(well); do
    n=$((n + 1))
    [ $n -lt 150 ] || { printf '%s
' "$why" 'the local load balancer has not come back' >&2; exit 1; }
    sleep 1
  done
fi
mkdir -p "$(dirname /var/lib/kubewright/started/apiserver-lb-pod)"
sha256sum < /etc/kubernetes/manifests/nginx-proxy.yml > /var/lib/kubewright/started/apiserver-lb-pod

# apiserver-lb/reload: Let the local load balancer take its configuration
# (reads /etc/nginx/nginx.conf)
## check
[ "$(cat /var/lib/kubewright/started/apiserver-lb)" = "$(sha256sum < /etc/nginx/nginx.conf)" ]
## apply
parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
processes() {
  masters='' master='' workers=' '
  for p in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
    [ "/proc/$p/root"/etc/nginx/nginx.conf -ef /etc/nginx/nginx.conf ] || continue
    if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = nginx ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
  done
}
processes
if [ -n "$master" ]; then
  exe=$(readlink "/proc/$master/exe")
  if ! out=$(chroot "/proc/$master/root" "${exe% (deleted)}" -t -c /etc/nginx/nginx.conf 2>&1); then
    printf '%s
' "$out" >&2
    echo 'the load balancer goes on with the configuration that it has' >&2
    exit 1
  fi
  # An API that was away before is not waited for.
  answered=no
  ! curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz || answered=yes
  signal=HUP
  # Without a master process, which the images of Kubewright and upstream start, it can only be started again.
  [ "$workers" != ' ' ] || signal=TERM
  kill -$signal "$master"
  n=0 fresh=''
  until [ -n "$fresh" ] || [ $signal = TERM ]; do
    n=$((n + 1))
    [ $n -lt 40 ] || { echo 'nginx has started no worker with the new configuration' >&2; exit 1; }
    sleep 0.5
    for p in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
      [ "$(parent "$p")" != "$master" ] || case $workers in *" $p "*) ;; *) fresh=$p ;; esac
    done
  done
  n=0
  until [ $answered = no ] || curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz; do
    n=$((n + 1))
    [ $n -lt 60 ] || { echo 'no API server answers through nginx since it has its new configuration' >&2; exit 1; }
    sleep 1
  done
fi
mkdir -p "$(dirname /var/lib/kubewright/started/apiserver-lb)"
sha256sum < /etc/nginx/nginx.conf > /var/lib/kubewright/started/apiserver-lb
