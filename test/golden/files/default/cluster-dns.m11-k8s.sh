# dns/service: Let the cluster DNS answer at skydns_server
## check
printf '%s' 'apiVersion: v1
kind: Service
metadata:
  name: coredns
  namespace: kube-system
  labels:
    k8s-app: kube-dns
spec:
  clusterIP: 10.233.0.3
  selector:
    k8s-app: kube-dns
  ports:
    - name: dns
      protocol: UDP
      port: 53
      targetPort: 53
    - name: dns-tcp
      protocol: TCP
      port: 53
      targetPort: 53
    - name: metrics
      protocol: TCP
      port: 9153
      targetPort: 9153
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( printf '%s' 'apiVersion: v1
kind: Service
metadata:
  name: coredns
  namespace: kube-system
  labels:
    k8s-app: kube-dns
spec:
  clusterIP: 10.233.0.3
  selector:
    k8s-app: kube-dns
  ports:
    - name: dns
      protocol: UDP
      port: 53
      targetPort: 53
    - name: dns-tcp
      protocol: TCP
      port: 53
      targetPort: 53
    - name: metrics
      protocol: TCP
      port: 9153
      targetPort: 9153
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - ) 2>&1 ); do
  if [ "$(date +%s)" -ge "$end" ] || ! printf '%s
' "$said" | grep -Eq 'connection refused|was refused - did you specify|connection reset by peer|client connection lost|TLS handshake timeout|i/o timeout|: EOF$|unexpected EOF|Error from server \((ServiceUnavailable|Timeout)\)|etcdserver: (request timed out|leader changed)|status\.conditions accessor error: <nil>|no matches for kind'; then
    printf '%s
' "$said"
    exit 1
  fi
  sleep 2
done
printf '%s
' "$said"

# dns/coredns: Install CoreDNS
## check
[ -s /etc/kubernetes/admin.conf ]
[ ! -e /var/lib/kubewright/kubeadm/dns-pending ]
## apply
end=$(( $(date +%s) + 90 ))
until said=$( ( /usr/local/bin/kubeadm init phase addon coredns --config /etc/kubernetes/kubeadm-config.yaml ) 2>&1 ); do
  if [ "$(date +%s)" -ge "$end" ] || ! printf '%s
' "$said" | grep -Eq 'connection refused|was refused - did you specify|connection reset by peer|client connection lost|TLS handshake timeout|i/o timeout|: EOF$|unexpected EOF|Error from server \((ServiceUnavailable|Timeout)\)|etcdserver: (request timed out|leader changed)|status\.conditions accessor error: <nil>|no matches for kind'; then
    printf '%s
' "$said"
    exit 1
  fi
  sleep 2
done
printf '%s
' "$said"
rm -f /var/lib/kubewright/kubeadm/dns-pending
