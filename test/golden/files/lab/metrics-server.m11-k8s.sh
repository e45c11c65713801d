# metrics-server/gone: Remove metrics-server
## check
[ -s /etc/kubernetes/admin.conf ] || exit 0
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get apiservice,service,deployment,rolebinding,clusterrolebinding,clusterrole,serviceaccount --all-namespaces -l 'kubewright/addon=metrics-server' -o name)
[ -z "$left" ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf delete apiservice,service,deployment,rolebinding,clusterrolebinding,clusterrole,serviceaccount --all-namespaces -l 'kubewright/addon=metrics-server' --timeout=100s
