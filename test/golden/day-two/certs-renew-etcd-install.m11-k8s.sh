# etcd/cert-member: Install the member certificate of etcd
# (writes /etc/ssl/etcd/ssl/member-m11-k8s.pem)
## check
[ -s /etc/ssl/etcd/ssl/member-m11-k8s.pem ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null)
openssl verify -CAfile /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/ssl/etcd/ssl/member-m11-k8s-key.pem)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
case $names in *,DNS:m11-k8s,*) ;; *) exit 1 ;; esac
case $names in *,DNS:localhost,*) ;; *) exit 1 ;; esac
case $names in *,DNS:etcd1,*) ;; *) exit 1 ;; esac
case $names in *,IP:192.168.1.11,*) ;; *) exit 1 ;; esac
case $names in *,IP:127.0.0.1,*) ;; *) exit 1 ;; esac
[ "${#names}" -eq 66 ]
## apply
known=no
[ "$(cat /var/lib/kubewright/started/etcd.service 2>/dev/null)" != "$(cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum)" ] || known=yes
( echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1 )
[ $known = no ] || cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum > /var/lib/kubewright/started/etcd.service

# etcd/cert-admin: Install the admin certificate of etcd
# (writes /etc/ssl/etcd/ssl/admin-m11-k8s.pem)
## check
[ -s /etc/ssl/etcd/ssl/admin-m11-k8s.pem ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/ssl/etcd/ssl/admin-m11-k8s.pem 2>/dev/null)
openssl verify -CAfile /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/admin-m11-k8s.pem >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
[ "${#names}" -eq 2 ]
## apply
known=no
[ "$(cat /var/lib/kubewright/started/etcd.service 2>/dev/null)" != "$(cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum)" ] || known=yes
( echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1 )
[ $known = no ] || cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum > /var/lib/kubewright/started/etcd.service

# control-plane/etcd-ca: Install etcd's CA certificate
# (writes /etc/kubernetes/pki/etcd/ca.crt)
## check
[ -s /etc/kubernetes/pki/etcd/ca.crt ]
## apply
known=no
[ "$(cat /var/lib/kubewright/started/etcd.service 2>/dev/null)" != "$(cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum)" ] || known=yes
( echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1 )
[ $known = no ] || cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum > /var/lib/kubewright/started/etcd.service

# control-plane/cert-apiserver: Install the apiserver certificate of etcd
# (writes /etc/kubernetes/pki/apiserver-etcd-client.crt)
## check
[ -s /etc/kubernetes/pki/apiserver-etcd-client.crt ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/kubernetes/pki/apiserver-etcd-client.crt 2>/dev/null)
openssl verify -CAfile /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/apiserver-etcd-client.crt >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/kubernetes/pki/apiserver-etcd-client.key)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
[ "${#names}" -eq 2 ]
## apply
known=no
[ "$(cat /var/lib/kubewright/started/etcd.service 2>/dev/null)" != "$(cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum)" ] || known=yes
( echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1 )
[ $known = no ] || cat -- /etc/systemd/system/etcd.service /etc/etcd.env /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/member-m11-k8s.pem 2>/dev/null | sha256sum > /var/lib/kubewright/started/etcd.service

# certs-renew/etcd-served: Compare the certificate that etcd shows with its file
# (changes nothing)
## check
[ "$(openssl s_client -connect 127.0.0.1:2379 </dev/null 2>/dev/null | openssl x509 -noout -serial)" = "$(openssl x509 -noout -serial -in /etc/ssl/etcd/ssl/member-m11-k8s.pem)" ]
## apply
echo 'etcd still shows its old certificate' >&2; exit 1
