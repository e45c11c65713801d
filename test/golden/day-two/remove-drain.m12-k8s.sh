# remove/cordon-m11-k8s: Let no new pods onto m11-k8s
## check
found=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s get node m11-k8s --ignore-not-found -o 'jsonpath={.metadata.name} {.spec.unschedulable}')
[ -z "$found" ] || [ "$found" = 'm11-k8s true' ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s cordon m11-k8s

# remove/cordon-w102-k8s: Let no new pods onto w102-k8s
## check
found=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s get node w102-k8s --ignore-not-found -o 'jsonpath={.metadata.name} {.spec.unschedulable}')
[ -z "$found" ] || [ "$found" = 'w102-k8s true' ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s cordon w102-k8s
