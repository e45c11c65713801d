import { Draft, DraftError, DraftHost } from '../draft/draft.js';
import { groupName } from '../model/group-names.js';

/** kubespray's k8s_cluster is the union of these, even if the inventory does not say so. */
const CLUSTER_PARTS = ['kube_control_plane', 'kube_node', 'calico_rr'];

/**
 * The same inventory as Kubewright sees it: groups under old and new names of kubespray are one, k8s_cluster holds all its
 * parts, and etcd is the control plane unless the inventory says otherwise.
 */
export function canonicalDraft(written: Draft): Draft {
  const draft = new Draft();
  for (const h of written.hosts.values()) draft.hosts.set(h.name, new DraftHost(h.name, h.source, h.origin, h.vars));
  // Old names first, so that a variable under the new name wins.
  const inOrder = [...written.groups.values()];
  const oldFirst = [...inOrder].sort((a, b) => Number(groupName(a.name) === a.name) - Number(groupName(b.name) === b.name));
  for (const g of inOrder) draft.addGroup(groupName(g.name), g.source);
  for (const g of oldFirst) {
    const group = draft.addGroup(groupName(g.name));
    for (const [name, variable] of g.vars) group.vars.set(name, variable);
    if (g.priority !== 1) group.priority = g.priority;
  }
  for (const g of inOrder) {
    const group = draft.addGroup(groupName(g.name));
    for (const child of g.children) adopt(draft, group.name, groupName(child.name));
  }
  for (const g of inOrder) {
    const group = draft.addGroup(groupName(g.name));
    for (const h of g.hosts) draft.addHost(h.name, h.source, group);
  }
  complete(draft);
  draft.reconcile();
  draft.warnings.length = 0;
  return draft;
}

function adopt(draft: Draft, parent: string, child: string): void {
  // `[kube_control_plane:children] kube-master` is redundant.
  if (parent === child) return;
  try {
    draft.addGroup(parent).addChild(draft.addGroup(child));
  } catch (error) {
    // Under separate names they were not circular: the nesting that came first stays.
    if (!(error instanceof DraftError)) throw error;
  }
}

/**
 * Hosts are added, not groups, as kubespray's own plays do: so the groups keep their depth, and with it the order in which
 * their variables win.
 */
function complete(draft: Draft): void {
  const cluster = draft.addGroup('k8s_cluster');
  const etcdSaid = draft.groups.get('etcd')?.source !== undefined;
  for (const part of CLUSTER_PARTS) {
    const known = cluster.allHosts();
    for (const host of draft.addGroup(part).allHosts()) if (!known.has(host)) draft.addHost(host.name, host.source, cluster);
  }
  const etcd = draft.addGroup('etcd');
  if (!etcdSaid) for (const host of draft.addGroup('kube_control_plane').allHosts()) draft.addHost(host.name, host.source, etcd);
}
