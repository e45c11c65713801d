# local-path-provisioner/gone: Remove local-path-provisioner
## check
[ -s /etc/kubernetes/admin.conf ] || exit 0
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get storageclass,deployment,configmap,clusterrolebinding,rolebinding,clusterrole,role,serviceaccount --all-namespaces -l 'kubewright/addon=local-path-provisioner' -o name)
[ -z "$left" ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf delete storageclass,deployment,configmap,clusterrolebinding,rolebinding,clusterrole,role,serviceaccount --all-namespaces -l 'kubewright/addon=local-path-provisioner' --timeout=100s
