import { readFile } from 'node:fs/promises';
import { boxHierarchies, cgroupVersion } from './cgroups.js';
import { tryExec } from './exec.js';

/** How this box differs from a dedicated machine, as far as Kubernetes on the lab's machines notices. */
export interface BoxTraits {
  /** Root may lower a process's oom_score_adj. Some sandboxes forbid it. */
  readonly mayLowerOomScore: boolean;
  readonly swap: boolean;
  /** What the machines see in /sys/fs/cgroup. */
  readonly cgroupVersion: 1 | 2;
}

export async function detectBoxTraits(): Promise<BoxTraits> {
  const probe = await tryExec(['sh', '-c', 'echo -500 > /proc/self/oom_score_adj']);
  const swaps = await readFile('/proc/swaps', 'utf8').catch(() => '');
  return { mayLowerOomScore: probe.code === 0, swap: hasSwap(swaps), cgroupVersion: cgroupVersion(await boxHierarchies()) };
}

/** /proc/swaps has a heading, then one line per swap area. */
export function hasSwap(swaps: string): boolean {
  return swaps.trim().split('\n').length > 1;
}

export interface LabVariable {
  readonly name: string;
  readonly value: string | number | boolean | Readonly<Record<string, unknown>>;
  readonly why: string;
}

/** Cluster settings that this box needs: they belong in the lab's inventory, never in the roles' defaults. */
export function labVariables(traits: BoxTraits): LabVariable[] {
  const found: LabVariable[] = [
    {
      name: 'kube_proxy_conntrack_max_per_core',
      value: 0,
      why: "A lab machine can't write nf_conntrack_max, which belongs to the box: kube-proxy leaves it alone",
    },
    { name: 'kube_proxy_conntrack_min', value: 0, why: 'As above: with both 0 kube-proxy does not try' },
    {
      name: 'kubelet_config_extra_args',
      value: { imageGCHighThresholdPercent: 100, evictionHard: { 'imagefs.available': '1%', 'nodefs.available': '1%' } },
      why: "The disk is the box's: above 85 % of it the kubelet would remove images that only the bundle has, and evict pods",
    },
  ];
  if (!traits.mayLowerOomScore) {
    const why =
      'This box forbids lowering oom_score_adj even to root: without it runc fails with "can\'t get final child\'s PID"';
    found.push({ name: 'containerd_restrict_oom_score_adj', value: true, why });
  }
  if (traits.swap)
    found.push({ name: 'kubelet_fail_swap_on', value: false, why: "The box has swap, which its machines can't switch off" });
  if (traits.cgroupVersion === 1) {
    found.push({
      name: 'kubelet_fail_cgroup_v1',
      value: false,
      why: 'The box mounts cgroup v1, which the kubelet refuses from 1.35 on',
    });
    const why =
      "systemd in a lab machine doesn't manage every v1 hierarchy: the kubelet and containerd make their cgroups themselves";
    found.push({ name: 'kubelet_cgroup_driver', value: 'cgroupfs', why });
  } else {
    found.push({ name: 'kubelet_cgroup_driver', value: 'systemd', why: 'The box has cgroup v2, where systemd owns the tree' });
  }
  return found;
}
