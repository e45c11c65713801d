# etcd-sign/m11-k8s-member: Sign the member certificate of m11-k8s
# (for other hosts)
## check
[ "$(openssl x509 -pubkey -noout -in /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem)" = "$(printf '%s
' '-----BEGIN CERTIFICATE REQUEST-----
MIIB
-----END CERTIFICATE REQUEST-----' | openssl req -noout -pubkey)" ]
[ "$(cat /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem.ext)" = 'basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:m11-k8s,DNS:localhost,DNS:etcd1,IP:192.168.1.11,IP:127.0.0.1' ]
openssl verify -CAfile /etc/ssl/etcd/ssl/ca.pem /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem >/dev/null
openssl x509 -checkend 2592000 -noout -in /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem >/dev/null
## apply
umask 077
mkdir -p /etc/ssl/etcd/ssl/issued
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
printf '%s
' '-----BEGIN CERTIFICATE REQUEST-----
MIIB
-----END CERTIFICATE REQUEST-----' > "$tmp/csr"
printf '%s' 'basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:m11-k8s,DNS:localhost,DNS:etcd1,IP:192.168.1.11,IP:127.0.0.1
' > "$tmp/ext"
openssl x509 -req -in "$tmp/csr" -CA /etc/ssl/etcd/ssl/ca.pem -CAkey /etc/ssl/etcd/ssl/ca-key.pem -set_serial 0x"$(openssl rand -hex 16)" -sha256 -days 3650 -extfile "$tmp/ext" -out "$tmp/cert" 2>/dev/null
cp "$tmp/ext" /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem.ext
mv "$tmp/cert" /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem
## export etcd-cert-m11-k8s-member
cat /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem

# etcd-sign/m11-k8s-admin: Sign the admin certificate of m11-k8s
# (for other hosts)
## check
false
## apply
echo 'm11-k8s has not asked for its admin certificate in this run' >&2; exit 1
## export etcd-cert-m11-k8s-admin
false

# etcd-sign/m11-k8s-apiserver: Sign the apiserver certificate of m11-k8s
# (for other hosts)
## check
false
## apply
echo 'm11-k8s has not asked for its apiserver certificate in this run' >&2; exit 1
## export etcd-cert-m11-k8s-apiserver
false

# etcd-sign/m12-k8s-member: Sign the member certificate of m12-k8s
# (for other hosts)
## check
false
## apply
echo 'm12-k8s has not asked for its member certificate in this run' >&2; exit 1
## export etcd-cert-m12-k8s-member
false

# etcd-sign/m12-k8s-admin: Sign the admin certificate of m12-k8s
# (for other hosts)
## check
false
## apply
echo 'm12-k8s has not asked for its admin certificate in this run' >&2; exit 1
## export etcd-cert-m12-k8s-admin
false

# etcd-sign/m12-k8s-apiserver: Sign the apiserver certificate of m12-k8s
# (for other hosts)
## check
false
## apply
echo 'm12-k8s has not asked for its apiserver certificate in this run' >&2; exit 1
## export etcd-cert-m12-k8s-apiserver
false

# etcd-sign/m13-k8s-member: Sign the member certificate of m13-k8s
# (for other hosts)
## check
false
## apply
echo 'm13-k8s has not asked for its member certificate in this run' >&2; exit 1
## export etcd-cert-m13-k8s-member
false

# etcd-sign/m13-k8s-admin: Sign the admin certificate of m13-k8s
# (for other hosts)
## check
false
## apply
echo 'm13-k8s has not asked for its admin certificate in this run' >&2; exit 1
## export etcd-cert-m13-k8s-admin
false

# etcd-sign/m13-k8s-apiserver: Sign the apiserver certificate of m13-k8s
# (for other hosts)
## check
false
## apply
echo 'm13-k8s has not asked for its apiserver certificate in this run' >&2; exit 1
## export etcd-cert-m13-k8s-apiserver
false
