# certs-renew/ready-before: Wait until the API server is ready
# (changes nothing)
## check
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1
## apply
look() {
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1
}
end=$(( $(date +%s) + 180 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 180 s'
    exit 1
  fi
  sleep 1
done

# certs-renew/kubeadm: Renew kubeadm's certificates and those in its kubeconfigs
## check
fresh() { openssl x509 -checkend 31104000 -noout >/dev/null 2>&1; }
for f in apiserver apiserver-kubelet-client front-proxy-client; do fresh < /etc/kubernetes/pki/"$f.crt"; done
for f in admin controller-manager scheduler super-admin; do
  [ -s /etc/kubernetes/"$f.conf" ] || continue
  sed -n 's/^ *client-certificate-data: *//p' /etc/kubernetes/"$f.conf" | base64 -d | fresh
done
[ -e /var/lib/kubewright/certs-restarted ]
[ /var/lib/kubewright/certs-restarted -nt /etc/kubernetes/scheduler.conf ]
## apply
/usr/local/bin/kubeadm certs renew all
ids=$(/usr/local/bin/crictl ps -q --name '^kube-(controller-manager|scheduler)$')
[ -z "$ids" ] || /usr/local/bin/crictl stop -t 15 $ids
mkdir -p /var/lib/kubewright
touch /var/lib/kubewright/certs-restarted
components_answer() {
      for p in 10257 10259; do curl -ksSf --max-time 3 "https://127.0.0.1:$p/healthz" >/dev/null 2>&1 || return 1; done
    }
n=0
until components_answer || [ $n -ge 20 ]; do
  n=$((n + 1))
  sleep 1
done
components_answer || systemctl restart kubelet.service

# certs-renew/components: Wait until the controller manager and the scheduler run again
# (changes nothing)
## check
components_answer() {
      for p in 10257 10259; do curl -ksSf --max-time 3 "https://127.0.0.1:$p/healthz" >/dev/null 2>&1 || return 1; done
    }
components_answer || { echo "one of them does not answer on port $p"; exit 1; }
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1
## apply
look() {
components_answer() {
      for p in 10257 10259; do curl -ksSf --max-time 3 "https://127.0.0.1:$p/healthz" >/dev/null 2>&1 || return 1; done
    }
components_answer || { echo "one of them does not answer on port $p"; exit 1; }
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1
}
end=$(( $(date +%s) + 180 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 180 s'
    exit 1
  fi
  sleep 1
done

# certs-renew/served: Compare the certificate that the API server shows with its file
# (changes nothing)
## check
[ "$(openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -serial)" = "$(openssl x509 -noout -serial -in /etc/kubernetes/pki/apiserver.crt)" ]
## apply
echo 'The API server still shows its old certificate' >&2; exit 1

# certs-renew/root-kubeconfig: Give root the new admin kubeconfig
## check
[ ! -e /root/.kube/config ] || cmp -s /etc/kubernetes/admin.conf /root/.kube/config
## apply
install -m 0600 -o root -g root /etc/kubernetes/admin.conf /root/.kube/config
