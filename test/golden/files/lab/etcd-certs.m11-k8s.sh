# etcd-certs/directory: Make the directory of etcd's certificates
## check
for d in /etc/ssl/etcd/ssl; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:700:root:root ]; done
## apply
mkdir -p -- /etc/ssl/etcd/ssl
chmod 00700 -- /etc/ssl/etcd/ssl
chown root:root -- /etc/ssl/etcd/ssl

# etcd-certs/pki-directory: Make the directory of the control plane's certificates
## check
for d in /etc/kubernetes /etc/kubernetes/pki /etc/kubernetes/pki/etcd; do [ "$(stat -Lc %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /etc/kubernetes /etc/kubernetes/pki /etc/kubernetes/pki/etcd
chmod 00755 -- /etc/kubernetes /etc/kubernetes/pki /etc/kubernetes/pki/etcd
chown root:root -- /etc/kubernetes /etc/kubernetes/pki /etc/kubernetes/pki/etcd

# etcd-certs/ca: Make etcd's certificate authority
# (writes /etc/ssl/etcd/ssl/ca.pem)
## check
[ -s /etc/ssl/etcd/ssl/ca-key.pem ]
[ "$(stat -c %a:%U /etc/ssl/etcd/ssl/ca-key.pem)" = 600:root ]
openssl x509 -checkend 2592000 -noout -in /etc/ssl/etcd/ssl/ca.pem >/dev/null
[ "$(openssl x509 -pubkey -noout -in /etc/ssl/etcd/ssl/ca.pem)" = "$(openssl pkey -pubout -in /etc/ssl/etcd/ssl/ca-key.pem)" ]
## apply
umask 077
[ -s /etc/ssl/etcd/ssl/ca-key.pem ] || { openssl ecparam -genkey -name prime256v1 -noout -out /etc/ssl/etcd/ssl/ca-key.pem.new; mv /etc/ssl/etcd/ssl/ca-key.pem.new /etc/ssl/etcd/ssl/ca-key.pem; }
chmod 0600 /etc/ssl/etcd/ssl/ca-key.pem
openssl req -x509 -new -key /etc/ssl/etcd/ssl/ca-key.pem -sha256 -days 36500 -subj /CN=etcd-ca -addext 'keyUsage=critical,keyCertSign,cRLSign' -out /etc/ssl/etcd/ssl/ca.pem.new
chmod 0644 /etc/ssl/etcd/ssl/ca.pem.new
mv /etc/ssl/etcd/ssl/ca.pem.new /etc/ssl/etcd/ssl/ca.pem
## export etcd-ca
cat /etc/ssl/etcd/ssl/ca.pem

# etcd-certs/ca-key-read: Read the key of etcd's certificate authority
# (changes nothing)
# (sensitive)
## check
[ -s /etc/ssl/etcd/ssl/ca-key.pem ]
## apply
echo 'there is no key' >&2; exit 1
## export etcd-ca-key
cat /etc/ssl/etcd/ssl/ca-key.pem

# etcd-certs/key-member: Make the member key of etcd
## check
grep -qE '^-----BEGIN ((EC|RSA) )?PRIVATE KEY-----' /etc/ssl/etcd/ssl/member-m11-k8s-key.pem
[ "$(stat -c %a:%U /etc/ssl/etcd/ssl/member-m11-k8s-key.pem)" = 600:root ]
## apply
umask 077
if ! grep -qsE '^-----BEGIN ((EC|RSA) )?PRIVATE KEY-----' /etc/ssl/etcd/ssl/member-m11-k8s-key.pem; then
  openssl ecparam -genkey -name prime256v1 -noout -out /etc/ssl/etcd/ssl/member-m11-k8s-key.pem.new
  mv /etc/ssl/etcd/ssl/member-m11-k8s-key.pem.new /etc/ssl/etcd/ssl/member-m11-k8s-key.pem
fi
chown root:root /etc/ssl/etcd/ssl/member-m11-k8s-key.pem
chmod 0600 /etc/ssl/etcd/ssl/member-m11-k8s-key.pem
## export etcd-csr-member
good() {
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
}
set +e
( set -eu; good ) >/dev/null 2>&1; rc=$?
set -e
[ $rc -eq 0 ] || openssl req -new -key /etc/ssl/etcd/ssl/member-m11-k8s-key.pem -subj '/CN=etcd-member-m11-k8s'

# etcd-certs/key-admin: Make the admin key of etcd
## check
grep -qE '^-----BEGIN ((EC|RSA) )?PRIVATE KEY-----' /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem
[ "$(stat -c %a:%U /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem)" = 600:root ]
## apply
umask 077
if ! grep -qsE '^-----BEGIN ((EC|RSA) )?PRIVATE KEY-----' /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem; then
  openssl ecparam -genkey -name prime256v1 -noout -out /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem.new
  mv /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem.new /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem
fi
chown root:root /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem
chmod 0600 /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem
## export etcd-csr-admin
good() {
[ -s /etc/ssl/etcd/ssl/admin-m11-k8s.pem ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/ssl/etcd/ssl/admin-m11-k8s.pem 2>/dev/null)
openssl verify -CAfile /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/admin-m11-k8s.pem >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
[ "${#names}" -eq 2 ]
}
set +e
( set -eu; good ) >/dev/null 2>&1; rc=$?
set -e
[ $rc -eq 0 ] || openssl req -new -key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem -subj '/CN=etcd-admin-m11-k8s'

# etcd-certs/key-apiserver: Make the apiserver key of etcd
## check
grep -qE '^-----BEGIN (EC|RSA) PRIVATE KEY-----' /etc/kubernetes/pki/apiserver-etcd-client.key
[ "$(stat -c %a:%U /etc/kubernetes/pki/apiserver-etcd-client.key)" = 600:root ]
## apply
umask 077
if ! grep -qsE '^-----BEGIN (EC|RSA) PRIVATE KEY-----' /etc/kubernetes/pki/apiserver-etcd-client.key; then
  openssl ecparam -genkey -name prime256v1 -noout -out /etc/kubernetes/pki/apiserver-etcd-client.key.new
  mv /etc/kubernetes/pki/apiserver-etcd-client.key.new /etc/kubernetes/pki/apiserver-etcd-client.key
fi
chown root:root /etc/kubernetes/pki/apiserver-etcd-client.key
chmod 0600 /etc/kubernetes/pki/apiserver-etcd-client.key
## export etcd-csr-apiserver
good() {
[ -s /etc/kubernetes/pki/apiserver-etcd-client.crt ]
text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in /etc/kubernetes/pki/apiserver-etcd-client.crt 2>/dev/null)
openssl verify -CAfile /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/apiserver-etcd-client.crt >/dev/null 2>&1
key=$(openssl pkey -pubout -in /etc/kubernetes/pki/apiserver-etcd-client.key)
case $text in *"$key"*) ;; *) exit 1 ;; esac
names=,$(printf '%s\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),
[ "${#names}" -eq 2 ]
}
set +e
( set -eu; good ) >/dev/null 2>&1; rc=$?
set -e
[ $rc -eq 0 ] || openssl req -new -key /etc/kubernetes/pki/apiserver-etcd-client.key -subj '/CN=kube-apiserver-etcd-client'
