# dashboard-insecure-lab/gone: Remove dashboard-insecure-lab
## check
[ -s /etc/kubernetes/admin.conf ] || exit 0
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get service,deployment,networkpolicy,clusterrolebinding,serviceaccount --all-namespaces -l 'kubewright/addon=dashboard-insecure-lab' -o name)
[ -z "$left" ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf delete service,deployment,networkpolicy,clusterrolebinding,serviceaccount --all-namespaces -l 'kubewright/addon=dashboard-insecure-lab' --timeout=100s
