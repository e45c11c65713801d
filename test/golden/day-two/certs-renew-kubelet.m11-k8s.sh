# certs-renew/kubelet-server: Renew the kubelet's server certificate
## check
if [ -s /var/lib/kubelet/pki/kubelet.crt ]; then openssl x509 -checkend 31104000 -noout -in /var/lib/kubelet/pki/kubelet.crt >/dev/null; fi
## apply
mkdir -p /var/lib/kubewright/kubelet-pki
chmod 0700 /var/lib/kubewright/kubelet-pki
mv -f /var/lib/kubelet/pki/kubelet.crt /var/lib/kubelet/pki/kubelet.key /var/lib/kubewright/kubelet-pki/
systemctl restart kubelet.service
n=0
until [ -s /var/lib/kubelet/pki/kubelet.crt ] && curl -ksSf --max-time 2 http://127.0.0.1:10248/healthz >/dev/null 2>&1; do
  n=$((n + 1))
  [ $n -lt 60 ] || exit 1
  sleep 1
done
rm -rf /var/lib/kubewright/kubelet-pki
