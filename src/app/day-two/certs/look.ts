import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { type Shell, sh } from '../../../shell/shell.js';
import type { Answer, Asked, Asker } from '../ask.js';
import { type HostCert, kindOf } from './model.js';

/** Every certificate on every host: kubeadm's files and kubeconfigs, etcd's, the kubelet's, the CAs. */
export async function lookAtCerts(
  cluster: Cluster,
  asker: Asker,
): Promise<{ readonly certs: HostCert[]; readonly asked: Asked }> {
  const asked = await asker.ask(cluster.hosts, askCerts);
  const certs = cluster.hosts.flatMap((host) => {
    const answer = asked.answers.get(host.name);
    return answer ? certsOf(host, answer) : [];
  });
  return { certs, asked };
}

/** One openssl for each file; keys are not read. A kubeconfig holds its client's certificate in base64. */
function askCerts(host: ClusterHost): Shell {
  const etcd = host.settings.etcd_cert_dir;
  return sh`
    look() { openssl x509 -noout -enddate -subject -nameopt RFC2253 2>/dev/null | tr '\n' '\t'; }
    for f in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt ${etcd}/ca.pem ${etcd}/member-*.pem ${etcd}/admin-*.pem /var/lib/kubelet/pki/kubelet-client-current.pem /var/lib/kubelet/pki/kubelet.crt /var/lib/kubelet/pki/kubelet-server-current.pem; do
      case $f in *-key.pem) continue ;; esac
      [ ! -s "$f" ] || say cert "$f	$(look < "$f")"
    done
    for f in /etc/kubernetes/*.conf; do
      [ -s "$f" ] || continue
      pem=$(sed -n 's/^ *client-certificate-data: *//p' "$f" | head -n 1)
      [ -z "$pem" ] || say cert "$f	$(printf '%s' "$pem" | base64 -d | look)"
    done`;
}

export function certsOf(host: ClusterHost, answer: Answer): HostCert[] {
  return (answer.get('cert') ?? []).flatMap((line) => {
    const [path = '', ...parts] = line.split('\t');
    const field = (name: string): string =>
      parts
        .find((p) => p.startsWith(`${name}=`))
        ?.slice(name.length + 1)
        .trim() ?? '';
    const ends = Date.parse(field('notAfter'));
    if (Number.isNaN(ends)) return [];
    return [{ host: host.name, path, kind: kindOf(path, host.settings.etcd_cert_dir), subject: field('subject'), ends }];
  });
}
