# headlamp/gone: Remove headlamp
## check
[ -s /etc/kubernetes/admin.conf ] || exit 0
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get service,deployment,clusterrolebinding,clusterrole,serviceaccount --all-namespaces -l 'kubewright/addon=headlamp' -o name)
[ -z "$left" ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf delete service,deployment,clusterrolebinding,clusterrole,serviceaccount --all-namespaces -l 'kubewright/addon=headlamp' --timeout=100s
