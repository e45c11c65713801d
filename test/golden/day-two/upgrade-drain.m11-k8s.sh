# upgrade/kube-proxy-rollout: Wait until kube-proxy runs on every node
# (changes nothing)
## check
[ -e "$KW_DIR/ran.$KW_N" ]
## apply
( n=0
while [ $n -lt 90 ]; do
  set -- $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s -n kube-system get daemonset kube-proxy --ignore-not-found -o 'jsonpath={.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled} {.status.updatedNumberScheduled} {.status.numberAvailable}' 2>/dev/null || echo '? !')
  if [ $# -eq 0 ] || { [ "$1" = "$2" ] && [ "$3" = "${4:-0}" ] && [ "$3" = "${5:-0}" ]; }; then exit 0; fi
  n=$((n + 1))
  sleep 2
done
echo "not on every node: generation $1, seen $2, wanted on ${3:-?}, new on ${4:-0}, ready on ${5:-0}" )
: > "$KW_DIR/ran.$KW_N"

# upgrade/cordon-w101-k8s: Let no new pods onto w101-k8s
## check
case $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w101-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}') in 'v1.36.4 containerd://1.6.20'*) exit 0 ;; esac
[ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w101-k8s -o 'jsonpath={.spec.unschedulable}')" = true ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s patch node w101-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":"1.36.4"}},"spec":{"unschedulable":true}}'

# upgrade/drain-w101-k8s: Drain w101-k8s
## check
case $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w101-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}') in 'v1.36.4 containerd://1.6.20'*) exit 0 ;; esac
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get pods --all-namespaces --field-selector 'spec.nodeName=w101-k8s' -o 'jsonpath={range .items[*]}{.metadata.ownerReferences[0].kind}|{.status.phase}|{range .spec.tolerations[*]},{.key}:{.effect},{end}{"\n"}{end}')
[ -z "$(printf '%s
' "$left" | awk -F '|' 'NF > 1 && !($1 == "DaemonSet" || $1 == "Node" || $2 == "Succeeded" || $2 == "Failed" || ($1 != "" && $3 ~ ",(node[.]kubernetes[.]io/unschedulable)?:(NoSchedule)?,"))')" ]
## apply
if ! /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 drain w101-k8s --ignore-daemonsets --delete-emptydir-data --timeout 300s; then
  mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w101-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s patch node w101-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":null}},"spec":{"unschedulable":null}}'
  exit 1
fi

# upgrade/cordon-w102-k8s: Let no new pods onto w102-k8s
## check
case $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w102-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}') in 'v1.36.4 containerd://1.6.20'*) exit 0 ;; esac
[ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w102-k8s -o 'jsonpath={.spec.unschedulable}')" = true ]
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s patch node w102-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":"1.36.4"}},"spec":{"unschedulable":true}}'

# upgrade/drain-w102-k8s: Drain w102-k8s
## check
case $(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w102-k8s -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}') in 'v1.36.4 containerd://1.6.20'*) exit 0 ;; esac
left=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get pods --all-namespaces --field-selector 'spec.nodeName=w102-k8s' -o 'jsonpath={range .items[*]}{.metadata.ownerReferences[0].kind}|{.status.phase}|{range .spec.tolerations[*]},{.key}:{.effect},{end}{"\n"}{end}')
[ -z "$(printf '%s
' "$left" | awk -F '|' 'NF > 1 && !($1 == "DaemonSet" || $1 == "Node" || $2 == "Succeeded" || $2 == "Failed" || ($1 != "" && $3 ~ ",(node[.]kubernetes[.]io/unschedulable)?:(NoSchedule)?,"))')" ]
## apply
if ! /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 drain w102-k8s --ignore-daemonsets --delete-emptydir-data --timeout 300s; then
  mark=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s get node w102-k8s -o 'jsonpath={.metadata.annotations.kubewright/cordoned}')
[ -z "$mark" ] || /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://192.168.1.11:6443 --request-timeout=20s patch node w102-k8s --type merge -p '{"metadata":{"annotations":{"kubewright/cordoned":null}},"spec":{"unschedulable":null}}'
  exit 1
fi
