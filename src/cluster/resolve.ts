import { type ErrorParts, InputError, InputErrors, type Warning } from '../base/errors.js';
import type { Host, Inventory } from '../inventory/model/model.js';
import type { VarValue } from '../inventory/model/values.js';
import { defaultKubeVersion, fullKubeVersion } from './catalogue.js';
import { ABSENT, addressProblems, hostAddresses } from './checks/addresses.js';
import { calicoProblems } from './checks/calico.js';
import { etcdMembers, etcdProblems, memberProblems, usualMemberName } from './checks/etcd-members.js';
import { firstFile, whereOf } from './checks/findings.js';
import { hints } from './checks/hints.js';
import { securityProblems } from './checks/security.js';
import { subnetProblems } from './checks/subnets.js';
import { togetherProblems } from './checks/together.js';
import { componentProblems, versionProblem } from './checks/version-check.js';
import type { Cluster, ClusterHost } from './cluster.js';
import { insecureLabProblems } from './dashboard/insecure-lab.js';
import { type Kept, leavesOpen } from './living/kept.js';
import { type ClusterSettings, defaultSettings, parseSettings, SETTING_NAMES } from './settings.js';
import { versionFacts } from './versions.js';

export interface ResolveOptions {
  /** What the offline bundle holds, when there is one. */
  readonly bundle?: { readonly name: string; readonly kubeVersion: string };
  /** What a living cluster has: it counts where the inventory says nothing. */
  readonly kept?: Kept;
  /** Accept an even number of etcd members: one is lost and not replaced yet, and the cluster is only inspected or looked after. */
  readonly evenEtcd?: boolean;
}

export interface Resolved {
  readonly cluster: Cluster;
  /** Misspelt settings and the like: nothing that stops the run. */
  readonly warnings: readonly Warning[];
}

/**
 * The cluster that an inventory describes. Pure: no host is touched.
 *
 * @throws InputErrors with everything that is wrong, each with file:line:column and what to do.
 */
export function resolveCluster(inventory: Inventory, options: ResolveOptions = {}): Resolved {
  const { cluster, problems } = examineCluster(inventory, options);
  if (!cluster || problems.length > 0) throw new InputErrors(problems);
  return { cluster, warnings: hints(inventory).filter((h) => h.severity === 'warning') };
}

/** The same without throwing: everything that is wrong, and the cluster if one can be made out. */
export function examineCluster(
  inventory: Inventory,
  options: ResolveOptions = {},
): { readonly cluster?: Cluster; readonly problems: readonly ErrorParts[] } {
  const problems: ErrorParts[] = [];
  const members = hostsOf(inventory, ['kube_control_plane', 'kube_node', 'etcd']);
  const control = hostsOf(inventory, ['kube_control_plane']);
  if (inventory.hosts.size === 0) {
    problems.push({
      what: 'The inventory has no hosts',
      where: firstFile(inventory),
      fix: 'List hosts under [kube_control_plane] and [kube_node]; `kubewright inventory generate` writes an example',
    });
  } else if (control.length === 0) {
    problems.push({
      code: ABSENT,
      what: 'The inventory has no control plane',
      where: firstFile(inventory),
      why: 'The group kube_control_plane (kube-master) is missing or empty',
      fix: 'Put one or three hosts into [kube_control_plane]',
    });
  }
  const bundled = options.bundle?.kubeVersion;
  const defaults = { kubeVersion: bundled ?? defaultKubeVersion(), bundled, kept: options.kept };
  const etcd = etcdMembers(inventory, control);
  const workers = hostsOf(inventory, ['kube_node']);
  const reflectors = hostsOf(inventory, ['calico_rr']);
  const groups = {
    control: new Set(control),
    workers: new Set(workers),
    reflectors: new Set(reflectors),
    etcd,
    kept: options.kept,
  };
  const hosts = members.map((host) => clusterHost(host, settingsOf(host, defaults, problems), groups, problems));
  problems.push(...addressProblems(hosts), ...nameProblems(hosts), ...memberProblems(hosts));
  const first = hosts.find((h) => h.name === control[0]?.name);
  problems.push(...securityProblems(inventory));
  // Without a control plane the settings of another host still show what is wrong with them.
  const any = first ?? hosts[0];
  if (!any) return { problems: unique(problems) };
  const settings = any.settings;

  const version = versionProblem(settings.kube_version, options.bundle, settings);
  if (version) problems.push({ ...version, where: whereOf(any.inventoryHost, 'kube_version') ?? firstFile(inventory) });
  problems.push(...subnetProblems(settings, hosts, (name) => whereOf(any.inventoryHost, name)));
  problems.push(...togetherProblems(settings, hosts, (name) => whereOf(any.inventoryHost, name)));
  problems.push(...insecureLabProblems(settings, hosts, (name) => whereOf(any.inventoryHost, name)));
  if (!options.evenEtcd) problems.push(...etcdProblems(etcd, settings, inventory));
  problems.push(...calicoProblems(settings, hosts, (name) => whereOf(any.inventoryHost, name)));
  if (settings.kube_network_plugin === 'calico') problems.push(...notNodes(reflectors, groups));
  if (!options.bundle) problems.push(...componentProblems(settings, (name) => whereOf(any.inventoryHost, name)));
  if (version || !first) return { problems: unique(problems) };

  const named = new Map(hosts.map((h) => [h.name, h]));
  const byName = (names: readonly Host[]): ClusterHost[] => names.flatMap((n) => named.get(n.name) ?? []);
  const cluster: Cluster = {
    hosts,
    controlPlane: byName(control),
    workers: byName(workers),
    etcd: byName(etcd),
    settings,
    versions: versionFacts(settings),
    ...(options.kept?.endpoint === undefined ? {} : { endpoint: options.kept.endpoint }),
  };
  return { cluster, problems: unique(problems) };
}

/** Hosts of these groups, each once, in the order of the groups. */
function hostsOf(inventory: Inventory, groups: readonly string[]): Host[] {
  const names = new Set(groups.flatMap((g) => inventory.groups.get(g)?.hosts ?? []));
  return [...names].flatMap((n) => inventory.hosts.get(n) ?? []);
}

function settingsOf(
  host: Host,
  defaults: { readonly kubeVersion: string; readonly bundled?: string; readonly kept?: Kept },
  problems: ErrorParts[],
): ClusterSettings {
  const kept = defaults.kept?.settings ?? {};
  const vars: Record<string, VarValue> = {};
  for (const name of SETTING_NAMES) {
    const value = rendered(host, name, problems) ?? kept[name];
    if (value !== undefined) vars[name] = value;
  }
  const running = kept.kube_version;
  if (typeof running === 'string' && leavesOpen(vars.kube_version, running)) vars.kube_version = running;
  const parsed = parseSettings(vars, defaults);
  const wrong = parsed.problems;
  const settings = { ...parsed.settings, kube_version: fullKubeVersion(parsed.settings.kube_version, defaults.bundled) };
  for (const { name, message, choices } of wrong) {
    problems.push({
      what: `${name} ${message}`,
      where: whereOf(host, name),
      fix: `Correct ${name}`,
      ...(host.vars.get(name)?.secret ? {} : valueTold(name, vars[name], host.vars.get(name)?.source.file === '--extra-vars')),
      ...(choices ? { fix: choiceTold(name, choices, vars[name]) } : {}),
    });
  }
  return settings;
}

/** kubespray has more network plugins and container runtimes: what to write instead, and what removing it means. */
function choiceTold(name: string, choices: readonly string[], value: VarValue | undefined): string {
  if (name === 'kube_network_plugin' && value === 'cni')
    return 'Write kube_network_plugin: none for a network that you install yourself';
  const usual = defaultSettings()[name];
  if (choices.length === 1) return `Write ${name}: ${choices[0]}, or remove it`;
  return `Write one of them${typeof usual === 'string' ? `, or remove it for ${usual}` : ''}`;
}

/** `kube_version: 1.30` is a number in YAML: 1.3. */
function valueTold(name: string, value: VarValue | undefined, onCommandLine: boolean): Pick<ErrorParts, 'why' | 'fix'> {
  return name.endsWith('_version') && typeof value === 'number'
    ? { why: `YAML reads it as the number ${value}`, fix: `Write all of it, in quotes: ${name}: '1.34.2'` }
    : { why: `It is ${JSON.stringify(value)}`, fix: correction(name, value, onCommandLine) };
}

/** The default shows what kind of value is wanted; one item alone is a list of one. `-e key=value` can only give a text. */
function correction(name: string, value: VarValue | undefined, onCommandLine: boolean): string {
  const usual = defaultSettings()[name];
  if (Array.isArray(usual) && typeof value === 'string' && value !== '') {
    const items = value.replaceAll(/^\[|\]$|["']/g, '').split(',');
    const list = items.map((item) => item.trim());
    return onCommandLine ? `Write -e '${JSON.stringify({ [name]: list })}'` : `Write ${name}: [${list.join(', ')}]`;
  }
  if (name === 'loadbalancer_apiserver') return `Write ${name}: {address: ADDRESS, port: PORT}`;
  if (Array.isArray(usual) || typeof usual === 'object' || usual === undefined) return `Correct ${name}`;
  return `Write it as ${name}: ${usual}`;
}

interface Groups {
  readonly control: ReadonlySet<Host>;
  readonly workers: ReadonlySet<Host>;
  readonly reflectors: ReadonlySet<Host>;
  readonly etcd: readonly Host[];
  readonly kept?: Kept;
}

/** kubespray makes nodes of them that take no pods: the same can be written plainly. */
function notNodes(reflectors: readonly Host[], { control, workers }: Groups): ErrorParts[] {
  return reflectors
    .filter((h) => !control.has(h) && !workers.has(h))
    .map((h) => ({
      what: `${h.name} is a route reflector but no node`,
      where: h.source,
      why: 'calico-node reflects the routes, and it runs on nodes only',
      fix: `List ${h.name} under [kube_node] too; node_taints: ['node-role.kubernetes.io/calico-rr:NoSchedule'] keeps your pods away from it`,
    }));
}

function clusterHost(host: Host, settings: ClusterSettings, groups: Groups, problems: ErrorParts[]): ClusterHost {
  const text = (name: string): string | undefined => {
    const value = rendered(host, name, problems);
    return value === undefined || value === null ? undefined : String(value);
  };
  const { ip, accessIp } = hostAddresses(host, text, problems);
  const position = groups.etcd.indexOf(host);
  return {
    name: host.name,
    ip,
    accessIp,
    controlPlane: groups.control.has(host),
    worker: groups.workers.has(host),
    etcd: position >= 0,
    routeReflector: groups.reflectors.has(host),
    etcdMemberName:
      position >= 0
        ? (text('etcd_member_name') ?? groups.kept?.memberNames.get(accessIp) ?? usualMemberName(position))
        : undefined,
    nodeLabels: labels(host, problems),
    nodeTaints: taints(host, problems),
    settings,
    inventoryHost: host,
  };
}

/** A variable's value; one that cannot be rendered is a problem and counts as not set. */
function rendered(host: Host, name: string, problems: ErrorParts[]): VarValue | undefined {
  try {
    return host.vars.get(name)?.value;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.parts);
    return undefined;
  }
}

function labels(host: Host, problems: ErrorParts[]): Record<string, string> {
  const value = rendered(host, 'node_labels', problems);
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push({
      what: 'node_labels must be a map',
      where: whereOf(host, 'node_labels'),
      fix: 'Write node_labels: {key: value}',
    });
    return {};
  }
  const all = Object.entries(value).map(([k, v]) => [k, v === null ? '' : String(v)] as const);
  for (const [key, text] of all) {
    const wrong = labelProblem(key, text);
    if (wrong)
      problems.push({
        what: `node_labels of ${host.name}: ${wrong}`,
        where: whereOf(host, 'node_labels'),
        why: 'Names and values have up to 63 letters, digits, - _ and . and begin and end with a letter or digit; a name may have a DNS name and / before it',
        fix: 'Correct node_labels',
      });
  }
  return Object.fromEntries(all);
}

/** Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function labelProblem(key: string, value: string): string | undefined {
  const word = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
  const at = key.lastIndexOf('/');
  const prefix = at < 0 ? undefined : key.slice(0, at);
  if (!word.test(key.slice(at + 1)) || (prefix !== undefined && (prefix.length > 253 || !NODE_NAME.test(prefix))))
    return `${JSON.stringify(key)} cannot be the name of a label`;
  return value === '' || word.test(value) ? undefined : `${JSON.stringify(value)} cannot be the value of ${key}`;
}

/** Names of DNS in lower case. */
const NODE_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function taints(host: Host, problems: ErrorParts[]): string[] {
  const value = rendered(host, 'node_taints', problems);
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value.map(String) : [];
  const wrong = list.filter((t) => !/^[^=:\s]+(=[^:\s]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/.test(t));
  if (!Array.isArray(value) || wrong.length > 0) {
    problems.push({
      what: `node_taints is not valid${wrong[0] ? `: ${wrong[0]}` : ''}`,
      where: whereOf(host, 'node_taints'),
      fix: 'Write node_taints: ["key=value:NoSchedule"]',
    });
    return [];
  }
  return list;
}

/** Node names are DNS subdomains. Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-name-uniqueness */
function nameProblems(hosts: readonly ClusterHost[]): ErrorParts[] {
  return hosts
    .filter((h) => h.name.length > 253 || !NODE_NAME.test(h.name))
    .map((h) => ({
      what: `${h.name} cannot be the name of a node`,
      where: h.inventoryHost.source,
      why: 'Names of nodes are DNS names: lower-case letters, digits, hyphens and dots',
      fix: `Rename it, for example to ${nodeName(h.name)}`,
    }));
}

function nodeName(name: string): string {
  const parts = name
    .toLowerCase()
    .split('.')
    .map((p) => p.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, ''))
    .filter((p) => p !== '');
  return parts.join('.').slice(0, 253) || 'node1';
}

/** A wrong group variable is wrong for every host; report it once. */
function unique(problems: readonly ErrorParts[]): ErrorParts[] {
  return problems.filter((p, i) => problems.findIndex((q) => q.what === p.what && q.where === p.where) === i);
}
