import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { certificateFact, certificateProbe } from '../../../facts/living/certificates.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import type { Answer, Asked, Asker } from '../ask.js';
import { type HostCert, hostCerts } from './model.js';

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

function askCerts(host: ClusterHost): Shell {
  return joinShell([certificateProbe(host.settings.etcd_cert_dir), sh`certificates`]);
}

function certsOf(host: ClusterHost, answer: Answer): HostCert[] {
  return hostCerts(host, (answer.get('cert') ?? []).map(certificateFact));
}
