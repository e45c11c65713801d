/** kubespray renamed its groups; both names are the same group everywhere. */
const RENAMED: Readonly<Record<string, string>> = {
  'kube-master': 'kube_control_plane',
  'kube-node': 'kube_node',
  'k8s-cluster': 'k8s_cluster',
  'calico-rr': 'calico_rr',
};

/** The new name of a group. */
export function groupName(name: string): string {
  return Object.hasOwn(RENAMED, name) ? (RENAMED[name] ?? name) : name;
}

/** Every name of a group, the new one last. */
export function groupNames(name: string): string[] {
  const now = groupName(name);
  return [...Object.keys(RENAMED).filter((old) => RENAMED[old] === now), now];
}

/** The old name of a group that kubespray renamed, as a list of zero or one. */
export function oldGroupName(name: string): string[] {
  return Object.entries(RENAMED).flatMap(([old, renamed]) => (renamed === name ? [old] : []));
}
