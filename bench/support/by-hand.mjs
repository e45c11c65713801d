import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { measure } from './measure.mjs';

const SCRIPT = join(import.meta.dirname, '..', 'by-hand.sh');
const KUBECTL = 'sudo kubectl --kubeconfig /etc/kubernetes/admin.conf';
const HEALTHY = [
  'wait --for=condition=Ready nodes --all',
  '-n kube-system rollout status daemonset/calico-node',
  '-n kube-system rollout status deployment/coredns',
];

/**
 * Installs the cluster by the script instead of `provision`, with what this box needs of the same settings.
 *
 * @param {Awaited<ReturnType<typeof import('./lab.mjs').benchLab>>} lab new machines
 * @param {{masters: number, bundle: string, kubeVersion: string}} o
 */
export async function byHand(lab, o) {
  const s = parse(readFileSync(join(dirname(lab.inventory), 'group_vars', 'all', 'lab.yml'), 'utf8'));
  const pair = (h) => `${h.name}=${h.address}`;
  const kubelet = {
    cgroupDriver: s.kubelet_cgroup_driver ?? 'systemd',
    failSwapOn: s.kubelet_fail_swap_on ?? true,
    failCgroupV1: s.kubelet_fail_cgroup_v1 ?? true,
    ...s.kubelet_config_extra_args,
  };
  const conntrack = { maxPerCore: s.kube_proxy_conntrack_max_per_core ?? 32768, min: s.kube_proxy_conntrack_min ?? 131072 };
  return await measure('bash', [SCRIPT], {
    cwd: lab.dir,
    env: {
      ...lab.env,
      BUNDLE: o.bundle,
      KUBE_VERSION: o.kubeVersion,
      CONTROL_PLANES: lab.hosts.slice(0, o.masters).map(pair).join(' '),
      WORKERS: lab.hosts.slice(o.masters).map(pair).join(' '),
      SSH: `ssh ${lab.sshOptions.join(' ')} -l vagrant`,
      KUBELET: stringify(kubelet),
      PROXY: stringify({ conntrack }),
      CONTAINERD: `restrict_oom_score_adj = ${s.containerd_restrict_oom_score_adj ?? false}`,
    },
  });
}

/** Milliseconds until all nodes are Ready, and Calico and CoreDNS run: where both ways end. */
export async function untilHealthy(lab) {
  const commands = HEALTHY.map((c) => `${KUBECTL} ${c} --timeout=300s`);
  return (await lab.ssh(lab.hosts[0], commands.join(' && '))).ms;
}

/** CPU seconds that the lab machines have used since they were booted. */
export function cpuSeconds(stateDir) {
  const { machines } = JSON.parse(readFileSync(join(stateDir, 'state.json'), 'utf8'));
  return machines.flatMap((m) => m.cgroups).reduce((sum, dir) => sum + usedBy(dir), 0);
}

/** Of a machine's cgroups only one counts CPU time: that of cpuacct with v1, the only one with v2. */
function usedBy(dir) {
  const v1 = join(dir, 'cpuacct.usage');
  if (/cpuacct/.test(dir) && existsSync(v1)) return Number(readFileSync(v1, 'utf8')) / 1e9;
  const v2 = join(dir, 'cpu.stat');
  const usec = existsSync(v2) ? /^usage_usec (\d+)/m.exec(readFileSync(v2, 'utf8')) : null;
  return usec && !/unified/.test(dir) ? Number(usec[1]) / 1e6 : 0;
}
