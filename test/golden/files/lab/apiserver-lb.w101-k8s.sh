# apiserver-lb/directory: Make the load balancer's directory
## check
for d in /etc/haproxy; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/haproxy
chmod 00755 -- /etc/haproxy
chown root:root -- /etc/haproxy

# apiserver-lb/config: Write the configuration of the local load balancer
# (writes /etc/haproxy/haproxy.cfg)
## check
[ -f /etc/haproxy/haproxy.cfg ]
[ ! -L /etc/haproxy/haproxy.cfg ]
[ "$(stat -c %a:%U:%G /etc/haproxy/haproxy.cfg)" = 644:root:root ]
[ "$(sha256sum < /etc/haproxy/haproxy.cfg)" = 'bafc90b9d9539f1b64c01e712a0a34fbdbd948f15a71c30e831031381945ac83  -' ]
## apply
tmp=$(mktemp /etc/haproxy/haproxy.cfg.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'global
  maxconn 4000
  log stdout format raw local0 notice

defaults
  mode tcp
  log global
  timeout connect 5s
  timeout client 5m
  timeout server 5m
  timeout tunnel 4h
  timeout check 5s
  retries 3
  option redispatch 1
  option srvtcpka
  srvtcpka-idle 3s
  srvtcpka-intvl 3s
  srvtcpka-cnt 3

frontend healthz
  bind 127.0.0.1:8081
  mode http
  monitor-uri /healthz

frontend kube-apiserver
  bind 127.0.0.1:6443
  default_backend control-planes

backend control-planes
  balance leastconn
  option httpchk GET /readyz
  http-check expect status 200
  default-server inter 3s downinter 1s rise 1 fall 2 slowstart 10s maxconn 1000 observe layer4 error-limit 1 on-error mark-down
  server m11-k8s 192.168.1.11:6443 check check-ssl verify none tcp-ut 10s
  server m12-k8s 192.168.1.12:6443 check check-ssl verify none tcp-ut 10s
  server m13-k8s 192.168.1.13:6443 check check-ssl verify none tcp-ut 10s
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/haproxy/haproxy.cfg

# apiserver-lb/pod: Write the static pod of the local load balancer
# (writes /etc/kubernetes/manifests/haproxy.yml)
## check
[ -f /etc/kubernetes/manifests/haproxy.yml ]
[ ! -L /etc/kubernetes/manifests/haproxy.yml ]
[ "$(stat -c %a:%U:%G /etc/kubernetes/manifests/haproxy.yml)" = 600:root:root ]
[ "$(sha256sum < /etc/kubernetes/manifests/haproxy.yml)" = 'd88f20f99662db9d0fe204b32f3558ed581b471069c0369e3bf40bad34c1ab19  -' ]
## apply
tmp=$(mktemp /etc/kubernetes/manifests/haproxy.yml.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' 'apiVersion: v1
kind: Pod
metadata:
  name: haproxy
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
    - name: haproxy
      image: docker.io/library/haproxy:2.6.12
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
          mountPath: /usr/local/etc/haproxy
          readOnly: true
  volumes:
    - name: config
      hostPath:
        path: /etc/haproxy
' > "$tmp"
chmod 600 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/kubernetes/manifests/haproxy.yml

# apiserver-lb/replaced: Wait until the local load balancer runs with its manifest
# (changes nothing)
# (reads /etc/kubernetes/manifests/haproxy.yml)
## check
[ "$(cat /var/lib/kubewright/started/apiserver-lb-pod)" = "$(sha256sum < /etc/kubernetes/manifests/haproxy.yml)" ]
## apply
parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
processes() {
  masters='' master='' workers=' '
  for p in $(grep -lx haproxy /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
    [ "/proc/$p/root"/usr/local/etc/haproxy/haproxy.cfg -ef /etc/haproxy/haproxy.cfg ] || continue
    if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = haproxy ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
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
  [ -n "$masters" ] || { echo 'no haproxy of the pod runs'; return 1; }
  answers=no
  ! curl -sf --noproxy '*' --max-time 5 http://127.0.0.1:8081/healthz >/dev/null 2>&1 || answers=yes
  written=$(( $(date +%s) - $(stat -c %Y /etc/kubernetes/manifests/haproxy.yml) ))
  for p in $masters; do
    seconds=$(age "$p") || continue
    [ "$seconds" -gt "$written" ] || continue
    if [ $answers = no ]; then kill -TERM "$p" 2>/dev/null || :; fi
    [ $n -ge 60 ] || { echo 'the pod of the old manifest still runs'; return 1; }
  done
  [ $answers = yes ] || { echo 'haproxy does not answer on port 8081'; return 1; }
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
sha256sum < /etc/kubernetes/manifests/haproxy.yml > /var/lib/kubewright/started/apiserver-lb-pod

# apiserver-lb/reload: Let the local load balancer take its configuration
# (reads /etc/haproxy/haproxy.cfg)
## check
[ "$(cat /var/lib/kubewright/started/apiserver-lb)" = "$(sha256sum < /etc/haproxy/haproxy.cfg)" ]
## apply
parent() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
processes() {
  masters='' master='' workers=' '
  for p in $(grep -lx haproxy /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
    [ "/proc/$p/root"/usr/local/etc/haproxy/haproxy.cfg -ef /etc/haproxy/haproxy.cfg ] || continue
    if [ "$(cat "/proc/$(parent "$p")/comm" 2>/dev/null)" = haproxy ]; then workers="$workers$p "; else master=$p masters="$masters $p"; fi
  done
}
processes
if [ -n "$master" ]; then
  exe=$(readlink "/proc/$master/exe")
  if ! out=$(chroot "/proc/$master/root" "${exe% (deleted)}" -c -f /usr/local/etc/haproxy/haproxy.cfg 2>&1); then
    printf '%s
' "$out" >&2
    echo 'the load balancer goes on with the configuration that it has' >&2
    exit 1
  fi
  # An API that was away before is not waited for.
  answered=no
  ! curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz || answered=yes
  signal=USR2
  # Without a master process, which the images of Kubewright and upstream start, it can only be started again.
  [ "$workers" != ' ' ] || signal=TERM
  kill -$signal "$master"
  n=0 fresh=''
  until [ -n "$fresh" ] || [ $signal = TERM ]; do
    n=$((n + 1))
    [ $n -lt 40 ] || { echo 'haproxy has started no worker with the new configuration' >&2; exit 1; }
    sleep 0.5
    for p in $(grep -lx haproxy /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3); do
      [ "$(parent "$p")" != "$master" ] || case $workers in *" $p "*) ;; *) fresh=$p ;; esac
    done
  done
  n=0
  until [ $answered = no ] || curl -sk --noproxy '*' --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz; do
    n=$((n + 1))
    [ $n -lt 60 ] || { echo 'no API server answers through haproxy since it has its new configuration' >&2; exit 1; }
    sleep 1
  done
fi
mkdir -p "$(dirname /var/lib/kubewright/started/apiserver-lb)"
sha256sum < /etc/haproxy/haproxy.cfg > /var/lib/kubewright/started/apiserver-lb
