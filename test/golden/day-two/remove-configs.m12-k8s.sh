# remove/cluster-info: Let joining hosts ask a control plane that stays
## check
text=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-public get configmap cluster-info --ignore-not-found -o yaml)
if printf '%s
' "$text" | grep -qE 'server: https://(192\.168\.1\.11:6443)$'; then exit 1; fi
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-public get configmap cluster-info -o yaml | sed -E 's#server: https://(192\.168\.1\.11:6443)$#server: https://192.168.1.12:6443#' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s replace -f -

# remove/kubeadm-config: Take the removed hosts out of kubeadm's configuration
## check
text=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}')
[ -n "$text" ]
if printf '%s
' "$text" | grep -qE '^ *- (m11-k8s|192\.168\.1\.11|https://192\.168\.1\.11:2379|w102-k8s|192\.168\.1\.15|https://192\.168\.1\.15:2379)$|^ *controlPlaneEndpoint: (192\.168\.1\.11:6443)$'; then exit 1; fi
## apply
/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n kube-system get configmap kubeadm-config -o yaml | sed -E -e '\#^ *- (m11-k8s|192\.168\.1\.11|https://192\.168\.1\.11:2379|w102-k8s|192\.168\.1\.15|https://192\.168\.1\.15:2379)$#d' -e 's#^( *controlPlaneEndpoint: )(192\.168\.1\.11:6443)$#\1192.168.1.12:6443#' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s replace -f -
