import type { ClusterHost } from '../../cluster/cluster.js';
import { type Shell, sh } from '../../shell/shell.js';
import { NODE_STATE } from '../../tasks/paths.js';

/** Already in the PATH of every program of ours. */
const IN_PATH = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/bin', '/sbin'];

/** The cluster's configuration as kubeadm reads it, on every control plane. */
export const KUBEADM_CONFIG = '/etc/kubernetes/kubeadm-config.yaml';

/** There from kubeadm init to the installation of CoreDNS. */
export const DNS_PENDING = `${NODE_STATE}/kubeadm/dns-pending`;

/** kubeadm. It looks for `kubelet` and `crictl` in the PATH, wherever it is itself. */
export function kubeadmOf(host: ClusterHost): Shell {
  const bin = host.settings.bin_dir;
  const program = sh`${`${bin}/kubeadm`}`;
  return IN_PATH.includes(bin) ? program : sh`env PATH=${bin}:"$PATH" ${program}`;
}

/** What kubeadm refuses to find when it runs again after an init or a join that was cut off. */
export function checksOfFirstRun(apiServerPort: number): string {
  const manifests = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  return [`Port-${apiServerPort}`, ...manifests.map((m) => `FileAvailable--etc-kubernetes-manifests-${m}.yaml`)].join(',');
}
