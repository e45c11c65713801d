import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import type { Answer, HostLook } from '../model.js';
import { fields } from '../remote.js';
import { PATIENT } from './patience.js';
import { PROLOGUE } from './prologue.js';

/**
 * What verify needs to know of a host; it changes nothing. A control plane asks its own API server and the etcd members that this
 * API server uses, with the certificates that its manifest names (kubeadm's layout, by whatever tool); any host asks
 * the API by the address in its kubelet's kubeconfig.
 */
export function lookProgram(binDir: string | undefined): Shell {
  return joinShell([
    PROLOGUE,
    PATIENT,
    sh`
      PATH=${binDir ?? '/usr/local/bin'}:$PATH
      ip -o addr show 2>/dev/null | awk '{split($4, a, "/"); print "address\t" a[1]}'
      for t in socat nsenter ip curl kubectl; do if have "$t"; then say tool "$t"; fi; done
      say kubelet "$(systemctl is-active kubelet 2>/dev/null || true)"
      if have crictl; then crictl images 2>/dev/null | awk '$1 ~ /(^|[\\/-])pause$/ && $2 != "<none>" {print "pause\t" $1 ":" $2}'; fi
      if have ctr; then ctr -n k8s.io images ls -q 2>/dev/null | sed -n '/[\\/-]pause:[^@]*$/s/^/pause\t/p'; fi
      for f in /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf /etc/rancher/rke2/rke2.yaml /etc/rancher/k3s/k3s.yaml; do
        if [ -r "$f" ]; then say kubeconfig "$f"; break; fi
      done
      api=/etc/kubernetes/manifests/kube-apiserver.yaml
      own=
      if [ -r "$api" ]; then
        own=$(sed -n 's/.*advertise-address.endpoint: *//p' "$api" | tr -d '"' | head -n 1)
        if have kubectl && [ -n "$own" ] && [ -r /etc/kubernetes/admin.conf ]; then
          say apiserver "$own" "$(readyz /etc/kubernetes/admin.conf "https://$own")"
        fi
        flag() { sed -n "s/.*--$1=//p" "$api" | head -n 1; }
        ca=$(flag etcd-cafile); cert=$(flag etcd-certfile); key=$(flag etcd-keyfile)
        for e in $(flag etcd-servers | tr ',' ' '); do
          say etcd "$e" "$(etcd_health "$e" "$ca" "$cert" "$key")"
        done
      fi
      conf=/etc/kubernetes/kubelet.conf
      if [ -r "$conf" ] && have kubectl; then
        server=$(sed -n 's/^ *server: *//p' "$conf" | tr -d '"' | head -n 1)
        port="\${own##*:}"
        case "$server" in
          '' | "https://$own") ;;
          *)
            # A control plane's kubelet may reach its own API server by the loopback address.
            if [ -z "$own" ] || [ "$server" != "https://127.0.0.1:$port" ]; then say balancer "$server" "$(readyz "$conf" "$server")"; fi
            ;;
        esac
      fi`,
  ]);
}

export function parseLook(host: string, out: string): HostLook {
  const lines = fields(out);
  const all = (key: string): string[] => lines.filter((l) => l[0] === key).map((l) => l[1] ?? '');
  const answers = (key: string, ok: (said: string) => boolean): Answer[] =>
    lines
      .filter((l) => l[0] === key)
      .map(([, address = '', said = '']) => ({ address, ok: ok(said), said: said.trim() || 'no answer' }));
  const isOk = (said: string): boolean => said === 'ok';
  return {
    host,
    addresses: all('address'),
    tools: new Set(all('tool')),
    pauseImages: [...new Set(all('pause'))],
    kubelet: all('kubelet')[0] ?? '',
    apiServer: answers('apiserver', isOk)[0],
    balancer: answers('balancer', isOk)[0],
    etcd: answers('etcd', (said) => /"health" *: *"?true/.test(said)),
    kubeconfig: all('kubeconfig')[0],
  };
}
