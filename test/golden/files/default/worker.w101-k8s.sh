# node/join: Join the cluster as a worker
# (writes /etc/kubernetes/kubelet.conf, /var/lib/kubelet/config.yaml, /var/lib/kubelet/kubeadm-flags.env)
## check
[ -s /etc/kubernetes/kubelet.conf ]
true
# A control plane that was the first of the inventory has been initialised, not joined; nodes of another tool we have never joined.
[ -e /var/lib/kubewright/kubeadm/joined ] || [ -e /var/lib/kubewright/kubeadm/init ] || [ ! -e /var/lib/kubewright/kubeadm/join-started ]
## apply
umask 077
config=$(mktemp /run/kubewright-kubeadm-XXXXXX)
trap 'rm -f "$config"' EXIT
printf '%s' "$(kw_secret kubeadm-join)" > "$config"
# A join that was cut off after the node had its certificate is finished, not repeated.
if [ -s /etc/kubernetes/kubelet.conf ] && [ -s /var/lib/kubelet/config.yaml ] && true; then
  true
else
  mkdir -p /var/lib/kubewright/kubeadm && touch /var/lib/kubewright/kubeadm/join-started
/usr/local/bin/kubeadm join --config "$config" 
fi
umask 022
echo 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 > /var/lib/kubewright/kubeadm/kubelet
true
touch /var/lib/kubewright/kubeadm/joined

# node/local-api: Let the kubeconfigs of the node use the API on localhost
# (writes /etc/kubernetes/kubelet.conf)
## check
[ -s /etc/kubernetes/kubelet.conf ]
for f in /etc/kubernetes/kubelet.conf; do
  [ ! -s "$f" ] || grep -q '^ *server: https://127.0.0.1:6443$' "$f"
done
## apply
umask 077
for f in /etc/kubernetes/kubelet.conf; do
  [ -s "$f" ] || continue
  sed 's#^\( *server: \).*#\1https://127.0.0.1:6443#' "$f" > "$f.kw-new"
  mv -f "$f.kw-new" "$f"
done

# node/kubelet-settings: Take over the cluster's kubelet configuration
# (done by control-plane/init, node/join)
# (writes /var/lib/kubelet/config.yaml, /var/lib/kubelet/kubeadm-flags.env)
## check
[ -s /var/lib/kubelet/config.yaml ]
grep -q -e '--node-ip=' /var/lib/kubelet/kubeadm-flags.env
[ "$(cat /var/lib/kubewright/kubeadm/kubelet)" = 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 ]
## apply
# kubeadm asks once. After a restart of the machine its load balancer needs a moment.
i=0
until /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s get --raw /healthz >/dev/null; do
  i=$((i + 1))
  [ $i -lt 40 ] || exit 1
  sleep 3
done
/usr/local/bin/kubeadm upgrade node phase kubelet-config
# Other tools name the address of the node in their own unit of the kubelet.
if ! grep -qs -e '--node-ip=' /var/lib/kubelet/kubeadm-flags.env; then
  flags=$(sed -n 's/^KUBELET_KUBEADM_ARGS="\(.*\)"$/ \1/p' /var/lib/kubelet/kubeadm-flags.env 2>/dev/null || :)
  printf 'KUBELET_KUBEADM_ARGS="%s%s"
' '--node-ip=192.168.1.14' "$flags" > /var/lib/kubelet/kubeadm-flags.env.kw-new
  mv -f /var/lib/kubelet/kubeadm-flags.env.kw-new /var/lib/kubelet/kubeadm-flags.env
fi
echo 6b7482fa0b79ead4c747093cdd86a3b5e8b2ad80cfd4f1feacbe5926ad88fde1 > /var/lib/kubewright/kubeadm/kubelet

# node/kubelet: Run the kubelet with its configuration
# (reads /etc/systemd/system/kubelet.service, /etc/systemd/system/kubelet.service.d/10-kubeadm.conf, /etc/kubernetes/kubelet.conf, /var/lib/kubelet/config.yaml, /var/lib/kubelet/kubeadm-flags.env)
## check
systemctl is-enabled --quiet kubelet.service
case $(systemctl is-active kubelet.service) in active) ;; *) exit 1 ;; esac
[ "$(cat /var/lib/kubewright/started/kubelet.service)" = "$(cat -- /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/kubernetes/kubelet.conf /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env 2>/dev/null | sha256sum)" ]
## apply
systemctl daemon-reload
systemctl enable --quiet kubelet.service
if ! systemctl restart kubelet.service; then
  systemctl status --no-pager --lines=0 kubelet.service || true
  journalctl --no-pager --quiet --lines=15 --output=cat --unit kubelet.service || true
  exit 1
fi
systemctl is-active --quiet kubelet.service
mkdir -p /var/lib/kubewright/started
cat -- /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/kubernetes/kubelet.conf /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env 2>/dev/null | sha256sum > /var/lib/kubewright/started/kubelet.service
