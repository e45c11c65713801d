# certs-renew/request-member: Ask for a new member certificate of etcd
# (changes nothing)
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( [ -s /etc/ssl/etcd/ssl/member-m11-k8s-key.pem ] )
: > "$KW_DIR/ran.$KW_N"
## export etcd-csr-member
openssl req -new -key /etc/ssl/etcd/ssl/member-m11-k8s-key.pem -subj '/CN=etcd-member-m11-k8s'

# certs-renew/request-admin: Ask for a new admin certificate of etcd
# (changes nothing)
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( [ -s /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem ] )
: > "$KW_DIR/ran.$KW_N"
## export etcd-csr-admin
openssl req -new -key /etc/ssl/etcd/ssl/admin-m11-k8s-key.pem -subj '/CN=etcd-admin-m11-k8s'

# certs-renew/request-apiserver: Ask for a new apiserver certificate of etcd
# (changes nothing)
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( [ -s /etc/kubernetes/pki/apiserver-etcd-client.key ] )
: > "$KW_DIR/ran.$KW_N"
## export etcd-csr-apiserver
openssl req -new -key /etc/kubernetes/pki/apiserver-etcd-client.key -subj '/CN=kube-apiserver-etcd-client'
