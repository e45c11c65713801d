import { InputError } from '../../base/errors.js';
import { distance } from '../../base/nearest.js';
import { wholeFile } from '../../base/place.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import { type Finding, firstFile, groupPlace } from './findings.js';

/** Groups that mean something; old names have been replaced by the new ones. */
const GROUPS = ['all', 'ungrouped', 'k8s_cluster', 'kube_control_plane', 'kube_node', 'etcd', 'calico_rr', 'bastion'];
const GROUP_WORDS = [...GROUPS, 'kube-master', 'kube-node', 'k8s-cluster', 'calico-rr'];

/** Groups that are probably not meant as they are. */
export function groupHints(inventory: Inventory): Finding[] {
  const out: Finding[] = [];
  const where = firstFile(inventory);
  const empty = (name: string): boolean => (inventory.groups.get(name)?.hosts.length ?? 0) === 0;
  for (const group of inventory.groups.values()) {
    if (GROUPS.includes(group.name)) continue;
    const near = GROUP_WORDS.filter((g) => g.length > 4).find((g) => distance(plain(group.name), plain(g)) <= 2);
    if (near) {
      out.push({
        severity: 'warning',
        what: `The group ${group.name} means nothing here`,
        where: groupPlace(inventory, group.name) ?? where,
        why: `Its hosts (${short(group.hosts)}) get no role in the cluster from it`,
        fix: `Did you mean ${near}?`,
      });
    }
  }
  if (inventory.hosts.size > 0 && empty('kube_node')) {
    out.push({
      severity: 'warning',
      what: 'The cluster has no workers',
      where,
      why: 'The group kube_node (kube-node) is missing or empty, and control planes run no pods of yours',
      fix: 'List hosts under [kube_node]; control planes may be listed there, too',
    });
  }
  out.push(...emptyGroups(inventory), ...strayVariables(inventory));
  const plugin = pluginOf(inventory);
  if (!empty('calico_rr') && plugin !== undefined && plugin !== 'calico') {
    out.push({
      severity: 'warning',
      what: 'The group calico_rr has no effect here',
      where: groupPlace(inventory, 'calico_rr') ?? where,
      why: `kube_network_plugin is ${plugin}, and only Calico has route reflectors`,
      fix: 'Leave calico_rr empty',
    });
  }
  const outside = [...inventory.hosts.values()].filter((h) => !isMember(h));
  if (outside.length > 0) {
    out.push({
      severity: 'info',
      what: `${outside.length === 1 ? 'One host takes' : `${outside.length} hosts take`} no part in the cluster: ${short(outside.map((h) => h.name))}`,
      where: outside[0]?.source ?? where,
      why: `${outside.length === 1 ? 'It is' : 'They are'} in none of kube_control_plane, kube_node and etcd`,
    });
  }
  return out;
}

/** kube_network_plugin as the control planes have it; undefined: not set, or not to be read. */
function pluginOf(inventory: Inventory): string | undefined {
  const first = inventory.hosts.get(inventory.groups.get('kube_control_plane')?.hosts[0] ?? '');
  try {
    const value = first?.vars.get('kube_network_plugin')?.value;
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    // What cannot be rendered is told where settings are read.
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function isMember(host: Host): boolean {
  return ['kube_control_plane', 'kube_node', 'etcd', 'calico_rr'].some((g) => host.groups.has(g)) || host.groups.has('bastion');
}

function short(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ') || 'none';
}

/** Groups that are declared and have no hosts. kubespray's inventories leave calico_rr and bastion empty. */
function emptyGroups(inventory: Inventory): Finding[] {
  const told = ['kube_control_plane', 'kube_node', 'k8s_cluster', 'calico_rr', 'bastion', 'all', 'ungrouped'];
  const out: Finding[] = [];
  for (const { name, source, hosts } of inventory.groups.values()) {
    if (hosts.length > 0 || source === undefined || told.includes(name)) continue;
    if (name === 'etcd')
      out.push({
        severity: 'warning',
        what: 'The group etcd is empty',
        where: source,
        why: 'The control planes become the members of etcd',
        fix: 'List hosts under it, or remove it',
      });
    else out.push({ severity: 'info', what: `The group ${name} is empty`, where: source });
  }
  return out;
}

/** group_vars and host_vars that belong to no group and no host: a typo in a file name would go unnoticed. */
function strayVariables(inventory: Inventory): Finding[] {
  const written = [...(inventory.written?.groups.keys() ?? []), ...inventory.groups.keys()];
  return (inventory.strays?.() ?? []).map(({ path, kind, name }): Finding => {
    const what = `There is no ${kind} ${name}: these variables are not read`;
    const near = [...new Set(kind === 'group' ? written : inventory.hosts.keys())].find(
      (n) => n.length > 4 && distance(plain(n), plain(name)) <= (kind === 'group' ? 2 : 0),
    );
    if (near === undefined) return { severity: 'info', what, where: wholeFile(path) };
    return { severity: 'warning', what, where: wholeFile(path), fix: `Did you mean ${near}?` };
  });
}

/** Dashes and underscores, upper and lower case are easily confused. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
