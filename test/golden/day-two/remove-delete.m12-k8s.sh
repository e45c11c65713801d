# remove/delete-m11-k8s: Delete the node m11-k8s
## check
found=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s get node m11-k8s --ignore-not-found -o name)
[ -z "$found" ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s delete node m11-k8s --ignore-not-found --timeout=60s

# remove/delete-w102-k8s: Delete the node w102-k8s
## check
found=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s get node w102-k8s --ignore-not-found -o name)
[ -z "$found" ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s delete node w102-k8s --ignore-not-found --timeout=60s
