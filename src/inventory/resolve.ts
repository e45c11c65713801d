import { InputError } from '../errors.js';
import type { Draft, DraftGroup } from './builder.js';
import type { Group, Host, Inventory, Variable } from './model.js';
import { nearestName } from './nearest.js';
import type { VarsFolders } from './vars-folders.js';

/** kubespray's k8s_cluster is the union of these, also where the inventory does not say so. */
const CLUSTER_PARTS = ['kube_control_plane', 'kube_node', 'calico_rr'];

/** Turns what was read into an inventory: complete groups, effective variables. */
export function assemble(
  draft: Draft,
  files: readonly string[],
  folders: VarsFolders,
  extraVars: ReadonlyMap<string, Variable>,
): Inventory {
  checkMentions(draft);
  completeGroups(draft);
  const depths = depthsOf(draft);
  const groups = new Map<string, Group>();
  for (const g of draft.groups.values()) groups.set(g.name, toGroup(g, draft));
  const order = [...draft.groups.values()].sort(
    (a, b) => (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0) || priority(a) - priority(b) || (a.name < b.name ? -1 : 1),
  );
  const groupFiles = new Map(order.map((g) => [g.name, folders.group(g.name)]));

  const hosts = new Map<string, Host>();
  for (const h of draft.hosts.values()) {
    const own = order.filter((g) => g.name === 'all' || groups.get(g.name)?.hosts.includes(h.name));
    // Source: https://docs.ansible.com/ansible/latest/reference_appendices/config.html#variable-precedence
    const layers = [
      ...own.map((g) => g.vars),
      ...own.map((g) => groupFiles.get(g.name) ?? new Map()),
      h.vars,
      folders.host(h.name),
      extraVars,
    ];
    const vars = new Map<string, Variable>();
    for (const layer of layers) for (const [k, v] of layer) vars.set(k, v);
    hosts.set(h.name, { name: h.name, source: h.source, groups: new Set(own.map((g) => g.name)), vars });
  }
  return { files, hosts, groups };
}

/** A child or the owner of variables must be declared: a slip of the finger would silently leave machines out. */
function checkMentions(draft: Draft): void {
  for (const m of draft.mentions) {
    const group = draft.group(m.group);
    if (group.source || group.name === 'all' || group.name === 'ungrouped') continue;
    const near = nearestName(
      m.group,
      [...draft.groups.values()].filter((g) => g.source).map((g) => g.name),
    );
    throw new InputError({
      what:
        m.as === 'child'
          ? `The group ${m.group} is named as a child, but it is not declared`
          : `There is no group ${m.group} for these variables`,
      where: `${m.source.file}:${m.source.line}:${m.source.column}`,
      todo: near ? `Did you mean ${near}? Else declare it: [${m.group}]` : `Declare it: [${m.group}]`,
    });
  }
}

function completeGroups(draft: Draft): void {
  const all = draft.group('all');
  const cluster = draft.group('k8s_cluster');
  for (const part of CLUSTER_PARTS) if (draft.groups.has(part)) cluster.children.add(part);
  const etcd = draft.group('etcd');
  if (etcd.source === undefined) for (const h of draft.group('kube_control_plane').hosts) etcd.hosts.add(h);
  for (const part of CLUSTER_PARTS) draft.group(part);
  const children = new Set([...draft.groups.values()].flatMap((g) => (g === all ? [] : [...g.children])));
  for (const g of draft.groups.values()) if (g !== all && !children.has(g.name)) all.children.add(g.name);
}

/** Longest way from `all`. @throws InputError for groups that contain themselves. */
function depthsOf(draft: Draft): Map<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw new InputError({
        what: `The group ${name} contains itself`,
        where: draft.group(name).source?.file,
        why: [...path, name].join(' > '),
        todo: 'Take one of these children out',
      });
    }
    if ((depths.get(name) ?? -1) < depth) depths.set(name, depth);
    for (const child of draft.group(name).children) visit(child, depth + 1, [...path, name]);
  };
  visit('all', 0, []);
  for (const g of draft.groups.values()) if (!depths.has(g.name)) visit(g.name, 1, []);
  return depths;
}

function toGroup(g: DraftGroup, draft: Draft): Group {
  const members = new Set<string>();
  const collect = (group: DraftGroup): void => {
    for (const h of group.hosts) members.add(h);
    for (const child of group.children) collect(draft.group(child));
  };
  if (g.name === 'all') for (const h of draft.hosts.keys()) members.add(h);
  else collect(g);
  return {
    name: g.name,
    ...(g.source && { source: g.source }),
    hosts: [...members],
    directHosts: [...g.hosts],
    children: [...g.children],
  };
}

function priority(g: DraftGroup): number {
  const value = g.vars.get('ansible_group_priority')?.value;
  return typeof value === 'number' ? value : 1;
}
