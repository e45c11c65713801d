# remove/ca-key: Read the key of etcd's certificate authority, if it is on this host
# (changes nothing)
# (sensitive)
## check
:
## apply
:
## export etcd-ca-key
[ ! -s /etc/ssl/etcd/ssl/ca-key.pem ] || cat /etc/ssl/etcd/ssl/ca-key.pem
