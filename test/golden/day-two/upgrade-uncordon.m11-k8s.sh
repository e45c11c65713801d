# upgrade/uncordon-w101-k8s: Let pods back onto w101-k8s
## check
mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w101-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ]
## apply
mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w101-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s patch node w101-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":null}},"spec":{"unschedulable":null}}'

# upgrade/uncordon-w102-k8s: Let pods back onto w102-k8s
## check
mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w102-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ]
## apply
mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w102-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s patch node w102-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":null}},"spec":{"unschedulable":null}}'
