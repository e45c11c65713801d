import * as z from 'zod';
import type { Cluster, ClusterHost } from '../cluster.js';
import { SETTING_CHANGES } from './setting-changes.js';

/** What Kubewright notes at the end of a successful `provision`, on the control planes and in the cluster. Without secrets. */
const schema = z.object({
  schema: z.literal(1),
  settings: z.record(z.string(), z.unknown()),
  /** Host → its groups: `control-plane`, `worker`, `etcd`. */
  hosts: z.record(z.string(), z.array(z.string())),
});

export type AppliedRecord = z.output<typeof schema>;

/** They may hold a password wherever they were written. */
const NEVER_RECORDED: ReadonlySet<string> = new Set(['containerd_registry_auth', 'http_proxy', 'https_proxy']);

/** What is recorded of a cluster: no setting that is applied at once, and nothing that came from a vault. */
export function recordText(cluster: Cluster, versions: Readonly<Record<string, string>>): string {
  const values: Readonly<Record<string, unknown>> = { ...cluster.settings, ...versions };
  const secret = (name: string): boolean => cluster.hosts.some((h) => h.inventoryHost.vars.get(name)?.secret);
  const names = Object.entries(SETTING_CHANGES).flatMap(([name, kind]) =>
    kind === 'live' || NEVER_RECORDED.has(name) || secret(name) ? [] : [name],
  );
  const record: AppliedRecord = {
    schema: 1,
    settings: Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]))),
    hosts: groupsOfAll(cluster),
  };
  return JSON.stringify(record);
}

/** The same of a cluster that another tool made: only what was read from it, and nothing that is merely a default. */
export function adoptedText(cluster: Cluster, running: Readonly<Record<string, unknown>>): string {
  const record: AppliedRecord = { schema: 1, settings: running, hosts: groupsOfAll(cluster) };
  return JSON.stringify(record);
}

function groupsOfAll(cluster: Cluster): AppliedRecord['hosts'] {
  return Object.fromEntries(cluster.hosts.map((h) => [h.name, groupsOf(h)]).sort());
}

function groupsOf(h: ClusterHost): string[] {
  return [...(h.controlPlane ? ['control-plane'] : []), ...(h.worker ? ['worker'] : []), ...(h.etcd ? ['etcd'] : [])];
}

/** The first that can be read: the cluster's own comes before those of hosts, of which one may have been away. */
export function newestRecord(texts: readonly (string | undefined)[]): AppliedRecord | undefined {
  for (const text of texts) {
    const record = text === undefined ? undefined : readRecord(text);
    if (record) return record;
  }
  return undefined;
}

function readRecord(text: string): AppliedRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
