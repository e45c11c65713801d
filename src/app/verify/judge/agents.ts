import type { ClusterView } from '../model.js';

/** DaemonSets without which a node's pods have no network, by their usual names; true: they enforce policies. */
const AGENTS: Readonly<Record<string, boolean>> = {
  'calico-node': true,
  canal: true,
  cilium: true,
  'antrea-agent': true,
  'kube-router': true,
  'weave-net': true,
  'kube-ovn-cni': true,
  'kube-flannel-ds': false,
  'kube-flannel': false,
  'kube-proxy': false,
};

const nameOf = (owner: string): string => owner.replace(/^DaemonSet\//, '');

/** `DaemonSet/calico-node` and the like, those that the cluster has. */
export function agentsOf(view: ClusterView): string[] {
  const owners = new Set(view.pods.map((p) => p.owner));
  return [...owners].filter((o) => o.startsWith('DaemonSet/') && nameOf(o) in AGENTS).sort();
}

/** The agent that enforces policies; undefined: none is known. */
export function policyAgent(view: ClusterView): string | undefined {
  const agent = agentsOf(view).find((o) => AGENTS[nameOf(o)]);
  return agent && nameOf(agent);
}

/** Whether an agent of the network, kube-proxy aside, has no ready pod on the node; its name. */
export function missingAgent(view: ClusterView, node: string): { readonly name: string; readonly said: string } | undefined {
  for (const agent of agentsOf(view)) {
    const name = nameOf(agent);
    if (name === 'kube-proxy') continue;
    const own = view.pods.filter((p) => p.owner === agent && p.node === node);
    if (own.some((p) => p.ready)) continue;
    const waiting = own.map((p) => p.waiting).find((w) => w !== '');
    return {
      name,
      said:
        own.length === 0
          ? `no pod of ${name} runs on ${node}`
          : `${name} on ${node} is not ready${waiting ? ` (${waiting})` : ''}`,
    };
  }
  return undefined;
}
