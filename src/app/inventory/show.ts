import type { Bundle } from '../../artifacts/bundle.js';
import { placeText } from '../../base/place.js';
import { count } from '../../base/text/format.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { writeWarning } from '../../base/text/render-error.js';
import { stdoutColumns } from '../../base/text/table.js';
import { toolName } from '../../base/text/tool-name.js';
import { columnsOf, wrapTo } from '../../base/text/width.js';
import { HOST_NAMES } from '../../cluster/checks/hints.js';
import type { Cluster, ClusterHost } from '../../cluster/cluster.js';
import { SETTING_NAMES } from '../../cluster/settings.js';
import type { Host } from '../../inventory/model/model.js';
import { configInUse, configLines, withAnsibleConfig } from '../connect/ansible-config.js';
import { flagsOf, targetFromHost } from '../connect/targets.js';
import type { InventoryOptions } from './read.js';
import { readCluster } from './read-cluster.js';

export interface ResolvedOptions extends InventoryOptions {
  readonly bundle?: string;
  readonly json: boolean;
}

interface Setting {
  readonly value: unknown;
  /** file:line:column; `default` if it is not set. */
  readonly from: string;
}

interface ResolvedHost {
  readonly roles: readonly string[];
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly ip: string;
  readonly access_ip: string;
  readonly etcd_member_name?: string;
  readonly groups: readonly string[];
  /** Addresses and host variables with their origin, and settings that differ from the cluster's. */
  readonly variables: Readonly<Record<string, Setting>>;
}

/** `inventory list --resolved`: the cluster as Kubewright sees it. Secrets are shown as ***. */
export async function inventoryResolved(o: ResolvedOptions): Promise<number> {
  const { cluster, bundle, warnings } = await readCluster(o);
  await bundle?.close();
  for (const w of warnings) writeWarning(w);
  const settings = settingsOf(cluster);
  const hosts = Object.fromEntries(cluster.hosts.map((h) => [h.name, resolvedHost(h, settings)]));
  const config = configInUse();
  if (o.json) print(JSON.stringify({ config, settings, hosts }, undefined, 2));
  else {
    show(settings, hosts, versionsOf(cluster, bundle));
    print('');
    for (const line of configLines(config)) print(line);
  }
  return 0;
}

/** What will be installed, by component: the bundle's, or what belongs to the version of Kubernetes. */
function versionsOf(cluster: Cluster, bundle: Bundle | undefined): Record<string, string> {
  if (bundle) return Object.fromEntries(bundle.index.files.map((f) => [f.name, f.version]));
  const { kubernetes: _, ...components } = cluster.versions.components;
  return Object.fromEntries(Object.entries(components).filter(([, version]) => version !== ''));
}

function settingsOf(cluster: Cluster): Readonly<Record<string, Setting>> {
  const first = cluster.controlPlane[0];
  const values: Readonly<Record<string, unknown>> = cluster.settings;
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, settingFrom(first?.inventoryHost, name, values[name])]));
}

function settingFrom(host: Host | undefined, name: string, value: unknown): Setting {
  const variable = host?.vars.get(name);
  const masked = variable?.secret ? '***' : (value ?? null);
  return { value: masked, from: variable && !isUnset(variable.value) ? placeText(variable.source) : 'default' };
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined;
}

function resolvedHost(h: ClusterHost, cluster: Readonly<Record<string, Setting>>): ResolvedHost {
  const host = h.inventoryHost;
  const target = targetFromHost(host, flagsOf(withAnsibleConfig({ user: process.env.KUBEWRIGHT_USER || undefined })));
  const own: Readonly<Record<string, unknown>> = h.settings;
  const differing = SETTING_NAMES.map((name) => [name, settingFrom(host, name, own[name])] as const).filter(
    ([name, s]) => JSON.stringify(s.value) !== JSON.stringify(cluster[name]?.value),
  );
  const read = [...HOST_NAMES, ...[...host.vars.keys()].filter((n) => n.startsWith('ansible_'))];
  const variables = [...new Set(read)].flatMap((name) => {
    const variable = host.vars.get(name);
    if (!variable) return [];
    const hidden = variable.secret || /pass(word)?$/.test(name);
    return [[name, { value: hidden ? '***' : variable.value, from: placeText(variable.source) }] as const];
  });
  return {
    roles: rolesOf(h),
    address: target.address,
    port: target.port,
    user: target.user,
    ip: h.ip,
    access_ip: h.accessIp,
    ...(h.etcdMemberName === undefined ? {} : { etcd_member_name: h.etcdMemberName }),
    groups: [...host.groups].filter((g) => g !== 'all'),
    variables: Object.fromEntries([...variables, ...differing]),
  };
}

function rolesOf(h: ClusterHost): string[] {
  return [
    ...(h.controlPlane ? ['control plane'] : []),
    ...(h.worker ? ['worker'] : []),
    ...(h.etcd ? [`etcd member ${h.etcdMemberName ?? ''}`] : []),
  ];
}

function show(
  settings: Readonly<Record<string, Setting>>,
  hosts: Readonly<Record<string, ResolvedHost>>,
  versions: Readonly<Record<string, string>>,
): void {
  print('Hosts');
  const rows = Object.entries(hosts).map(([name, h]) => [name, h.ip, `${h.user}@${h.address}:${h.port}`, h.roles.join(', ')]);
  for (const row of table(rows)) print(`  ${row}`);
  section('Host variables', hostVariables(hosts));
  const set = Object.entries(settings).filter(([, s]) => s.from !== 'default');
  section(
    'Settings',
    set.map(([name, s]) => [name, text(s.value), s.from]),
  );
  section('Versions', Object.entries(versions));
  const rest = SETTING_NAMES.length - set.length;
  print(`\n${count(rest, 'setting')} at the default; ${toolName()} settings lists them`);
}

function section(title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  print(`\n${title}`);
  for (const row of table(rows)) print(`  ${row}`);
}

/** From this many hosts on, addresses of their own are one row: the list of hosts has them. */
const FOLD_FROM = 4;
const ADDRESSES = ['ip', 'access_ip', 'ansible_host'];

/** One row for hosts that have the same from the same place. */
function hostVariables(hosts: Readonly<Record<string, ResolvedHost>>): string[][] {
  const rows = new Map<string, { names: string[]; row: readonly [string, string, string] }>();
  const fold = Object.keys(hosts).length >= FOLD_FROM;
  for (const [name, h] of Object.entries(hosts)) {
    for (const [variable, s] of Object.entries(h.variables)) {
      const folded = fold && ADDRESSES.includes(variable);
      const row = folded
        ? ([variable, 'see Hosts', s.from.replace(/(:\d+){2}$/, '')] as const)
        : ([variable, text(s.value), s.from] as const);
      const key = JSON.stringify(row);
      const found = rows.get(key);
      if (found) found.names.push(name);
      else rows.set(key, { names: [name], row });
    }
  }
  return [...rows.values()].map(({ names, row }) => [hostsText(names), ...row]);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '-' : JSON.stringify(value);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.min(48, Math.max(...rows.map((r) => r[i]?.length ?? 0))));
  return rows.map((r) =>
    r
      .map((cell, i) => (i === r.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function print(line: string): void {
  const columns = stdoutColumns();
  if (columns !== undefined && columnsOf(line) > columns) {
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const lines = wrapTo(line.trimStart().replaceAll(/ {2,}/g, '  '), columns - indent, 4);
    process.stdout.write(lines.map((l) => `${' '.repeat(indent)}${l}\n`).join(''));
    return;
  }
  process.stdout.write(`${line}\n`);
}
