# certs-renew/forget-issued: Forget what was issued, so that it is signed again
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( rm -f /etc/ssl/etcd/ssl/issued/m11-k8s-member.pem /etc/ssl/etcd/ssl/issued/m11-k8s-admin.pem /etc/ssl/etcd/ssl/issued/m11-k8s-apiserver.pem /etc/ssl/etcd/ssl/issued/m12-k8s-member.pem /etc/ssl/etcd/ssl/issued/m12-k8s-admin.pem /etc/ssl/etcd/ssl/issued/m12-k8s-apiserver.pem /etc/ssl/etcd/ssl/issued/m13-k8s-member.pem /etc/ssl/etcd/ssl/issued/m13-k8s-admin.pem /etc/ssl/etcd/ssl/issued/m13-k8s-apiserver.pem )
: > "$KW_DIR/ran.$KW_N"
