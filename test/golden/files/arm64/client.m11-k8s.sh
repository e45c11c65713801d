# client/directory: Make root's .kube directory
## check
for d in /root/.kube; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:700:root:root ]; done
## apply
mkdir -p -- /root/.kube
chmod 00700 -- /root/.kube
chown root:root -- /root/.kube

# client/kubeconfig: Give root the admin kubeconfig
# (reads /etc/kubernetes/admin.conf)
## check
cmp -s /etc/kubernetes/admin.conf /root/.kube/config
[ "$(stat -c %a:%U /root/.kube/config)" = 600:root ]
## apply
install -m 0600 -o root -g root /etc/kubernetes/admin.conf /root/.kube/config

# client/completion: Install bash completion of kubectl
## check
grep -qxF '# kubectl 0ecf44450ee6063bf19dd166a103ee6df4a9034455c2abce626e6eea657d73fb' /etc/bash_completion.d/kubectl
## apply
mkdir -p /etc/bash_completion.d
{ echo '# kubectl 0ecf44450ee6063bf19dd166a103ee6df4a9034455c2abce626e6eea657d73fb'; /usr/local/bin/kubectl completion bash; } > /etc/bash_completion.d/kubectl.kw-new
mv -f /etc/bash_completion.d/kubectl.kw-new /etc/bash_completion.d/kubectl

# client/alias: Define k as a short kubectl that completes
# (writes /etc/profile.d/kubewright.sh)
## check
[ -f /etc/profile.d/kubewright.sh ]
[ ! -L /etc/profile.d/kubewright.sh ]
[ "$(stat -c %a:%U:%G /etc/profile.d/kubewright.sh)" = 644:root:root ]
[ "$(sha256sum < /etc/profile.d/kubewright.sh)" = '960e66893320ba9676654122dfb4a37d2604be7fe2235fe1075380e308651f3d  -' ]
## apply
tmp=$(mktemp /etc/profile.d/kubewright.sh.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '# Written by Kubewright.
alias k=kubectl
if [ -n "${BASH_VERSION:-}" ] && [ -r /etc/bash_completion.d/kubectl ]; then
  [ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
  . /etc/bash_completion.d/kubectl
  complete -o default -F __start_kubectl k
fi
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/profile.d/kubewright.sh

# client/shell-gone: Remove the short commands
## check
for f in /usr/local/share/kubewright /etc/fish/conf.d/kubewright.fish /var/lib/kubewright/client; do [ ! -e "$f" ]; done
for f in /etc/zsh/zshrc /etc/zshrc; do [ ! -f "$f" ] || ! grep -qxF '[ ! -r /usr/local/share/kubewright/zshrc ] || . /usr/local/share/kubewright/zshrc # kubewright' "$f"; done
## apply
for f in /var/lib/kubewright/client/*; do
    [ -e "$f" ] || continue
    u=${f##*/}
    case " "''" " in *" $u "*) continue ;; esac
    if [ "$(su -s /bin/sh "$u" -c 'sha256sum < ~/.kube/config' < /dev/null)" = "$(cat "$f")" ]; then su -s /bin/sh "$u" -c 'rm -f ~/.kube/config' < /dev/null; fi
    rm -f "$f"
  done
for f in /etc/zsh/zshrc /etc/zshrc; do
  if [ -f "$f" ] && grep -qxF '[ ! -r /usr/local/share/kubewright/zshrc ] || . /usr/local/share/kubewright/zshrc # kubewright' "$f"; then sed -i '/# kubewright$/d' "$f"; fi
done
rm -rf /usr/local/share/kubewright /etc/fish/conf.d/kubewright.fish /var/lib/kubewright/client
