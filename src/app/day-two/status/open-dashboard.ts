import type { ClusterHost } from '../../../cluster/cluster.js';
import { sh } from '../../../shell/shell.js';
import type { Asker } from '../ask.js';

/**
 * Whether the cluster has the dashboard without login, whatever the inventory says, asked of the first control plane that gets an answer.
 * undefined: none does.
 */
export async function hasOpenDashboard(asker: Asker, planes: readonly ClusterHost[]): Promise<boolean | undefined> {
  for (const host of planes.filter((h) => !asker.failures.has(h.name))) {
    const { answers } = await asker.ask([host], (h) => {
      const kubectl = sh`${`${h.settings.bin_dir}/kubectl`} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s -n kube-system`;
      return sh`
        if found=$(${kubectl} get service dashboard-insecure-lab --ignore-not-found -o name 2>/dev/null); then
          say dashboard "\${found:-none}"
        fi`;
    });
    const [found] = answers.get(host.name)?.get('dashboard') ?? [];
    if (found !== undefined) return found !== 'none';
  }
  return undefined;
}
