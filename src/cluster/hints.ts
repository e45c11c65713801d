import type { Host, Inventory, Variable } from '../inventory/model.js';
import { distance } from '../inventory/nearest.js';
import { at, type Finding } from './findings.js';
import { namesWithoutEffect, SETTING_PREFIXES, withoutEffect } from './kubespray.js';
import { SETTING_NAMES } from './settings.js';

/** Variables of hosts that Kubewright reads besides settings. */
export const HOST_NAMES = ['ip', 'access_ip', 'etcd_member_name', 'node_labels', 'node_taints', 'vagrant_cpus', 'vagrant_memory'];
/** Groups that mean something; old names are the new ones by now. */
const GROUPS = ['all', 'ungrouped', 'k8s_cluster', 'kube_control_plane', 'kube_node', 'etcd', 'calico_rr', 'bastion'];
const GROUP_WORDS = [...GROUPS, 'kube-master', 'kube-node', 'k8s-cluster', 'calico-rr'];

/** What does not stop an installation, but will hardly be meant: warnings, and infos about what has no effect. */
export function hints(inventory: Inventory): Finding[] {
  return [...variableHints(inventory), ...groupHints(inventory)];
}

function variableHints(inventory: Inventory): Finding[] {
  const mentioned = mentions(inventory);
  const seen = new Map<string, Finding | undefined>();
  for (const host of inventory.hosts.values()) {
    for (const [name, variable] of host.vars) {
      if (SETTING_NAMES.includes(name) || HOST_NAMES.includes(name) || name.startsWith('ansible_')) continue;
      const key = `${name}\0${at(variable.source)}`;
      if (!seen.has(key)) seen.set(key, variableHint(name, variable, mentioned.has(name)));
    }
  }
  return [...seen.values()].flatMap((f) => f ?? []);
}

function variableHint(name: string, variable: Variable, isMentioned: boolean): Finding | undefined {
  const where = at(variable.source);
  const known = withoutEffect(name, written(variable));
  if (known) {
    const what = `${name} has no effect here`;
    if (known.isDefault || isMentioned) return { severity: 'info', what, where, why: known.why };
    return { severity: 'warning', what, where, why: known.why, todo: `Take ${name} out, or do without it` };
  }
  // What other variables mention is the user's own.
  if (isMentioned) return undefined;
  const near = closeName(name);
  if (near) return { severity: 'warning', what: `there is no setting ${name}`, where, todo: `did you mean ${near}?` };
  if (!SETTING_PREFIXES.test(name)) return undefined;
  return {
    severity: 'warning',
    what: `there is no setting ${name}`,
    where,
    why: 'Neither Kubewright nor kubespray has one of that name',
    todo: 'Take it out, or correct its name',
  };
}

/** What stands in the file. */
function written(variable: Variable): Variable['value'] | undefined {
  return variable.raw ?? (isPlain(variable) ? variable.value : undefined);
}

/** Rendered variables have getters; plain ones are data. */
export function isPlain(variable: Variable): boolean {
  return Object.hasOwn(variable, 'value');
}

/** Words in templates: names of variables that others use. */
function mentions(inventory: Inventory): Set<string> {
  const words = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const code of value.matchAll(/\{\{.*?\}\}|\{%.*?%\}/gs)) for (const w of code[0].matchAll(/\w+/g)) words.add(w[0]);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  const done = new Set<Variable>();
  for (const host of inventory.hosts.values()) {
    for (const v of host.vars.values()) {
      if (done.has(v)) continue;
      done.add(v);
      collect(written(v));
    }
  }
  return words;
}

/** Strict: people have variables of their own, and a wrong guess would annoy them each run. */
function closeName(name: string): string | undefined {
  if (name.length < 6) return undefined;
  const near = (names: readonly string[], most: number): string | undefined =>
    names.find((s) => Math.abs(s.length - name.length) <= most && distance(name, s) <= most);
  const most = name.length < 8 ? 1 : 2;
  return (
    near(SETTING_NAMES, most) ??
    near(
      HOST_NAMES.filter((n) => n.length > 5),
      most,
    ) ??
    near(namesWithoutEffect(), 1)
  );
}

function groupHints(inventory: Inventory): Finding[] {
  const out: Finding[] = [];
  const where = inventory.files[0];
  const empty = (name: string): boolean => (inventory.groups.get(name)?.hosts.length ?? 0) === 0;
  for (const group of inventory.groups.values()) {
    if (GROUPS.includes(group.name)) continue;
    const near = GROUP_WORDS.filter((g) => g.length > 4).find(
      (g) => distance(group.name.replaceAll('-', '_'), g.replaceAll('-', '_')) <= 2,
    );
    if (near) {
      out.push({
        severity: 'warning',
        what: `The group ${group.name} means nothing here`,
        where: groupPlace(inventory, group.name) ?? where,
        why: `Its machines (${short(group.hosts)}) get no part in the cluster from it`,
        todo: `Did you mean ${near}?`,
      });
    }
  }
  if (inventory.hosts.size > 0 && empty('kube_node')) {
    out.push({
      severity: 'warning',
      what: 'The cluster has no workers',
      where,
      why: 'The group kube_node (kube-node) is missing or empty, and control planes take no pods of yours',
      todo: 'List machines under [kube_node]; control planes may stand there, too',
    });
  }
  if (!empty('calico_rr')) {
    out.push({
      severity: 'warning',
      what: 'The group calico_rr has no effect here',
      where: groupPlace(inventory, 'calico_rr') ?? where,
      why: 'Route reflectors are not set up',
      todo: 'Leave calico_rr empty',
    });
  }
  const outside = [...inventory.hosts.values()].filter((h) => !isMember(h));
  if (outside.length > 0) {
    out.push({
      severity: 'info',
      what: `${outside.length === 1 ? 'One machine takes' : `${outside.length} machines take`} no part in the cluster: ${short(outside.map((h) => h.name))}`,
      where: outside[0] ? at(outside[0].source) : where,
      why: 'They are in none of kube_control_plane, kube_node and etcd',
    });
  }
  return out;
}

function isMember(host: Host): boolean {
  return ['kube_control_plane', 'kube_node', 'etcd'].some((g) => host.groups.has(g)) || host.groups.has('bastion');
}

function short(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ') || 'none';
}

function groupPlace(inventory: Inventory, name: string): string | undefined {
  const source = inventory.groups.get(name)?.source;
  return source && at(source);
}
