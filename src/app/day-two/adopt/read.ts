import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KubewrightError, UnreachableErrors } from '../../../base/errors.js';
import { makeFolder } from '../../../base/files.js';
import { type LivingCluster, livingCluster } from '../../../cluster/living/living-cluster.js';
import { defaultSettings } from '../../../cluster/settings.js';
import type { HostFacts } from '../../../facts/facts.js';
import { parseFacts } from '../../../facts/parse.js';
import { probe } from '../../../facts/probe.js';
import { hostsIni } from '../../../inventory/hosts-ini.js';
import type { Host, Inventory } from '../../../inventory/model/model.js';
import { parseOwnHosts } from '../../../inventory/own-hosts.js';
import { TransportError } from '../../../transport/errors.js';
import { ask, lastLines, silentHost } from '../../../transport/session/ask.js';
import type { Session } from '../../../transport/types.js';
import { openConnections } from '../../connect/connections.js';
import type { ConnectionOptions } from '../../connect/options.js';
import { type InventoryOptions, readInventory } from '../../inventory/read.js';

/** The hosts to look at. */
export interface Given {
  readonly inventory: Inventory;
  readonly hosts: readonly Host[];
  /** The inventory has the groups of a cluster: it is compared as it is. */
  readonly grouped: boolean;
}

/** The hosts of an inventory, or those that are named by their addresses. @throws InputError */
export async function givenHosts(o: InventoryOptions, addresses: readonly string[]): Promise<Given> {
  const inventory = addresses.length > 0 ? await inventoryOf(addresses) : await readInventory(o);
  const groups = ['k8s_cluster', 'etcd'].flatMap((g) => inventory.groups.get(g)?.hosts ?? []);
  const grouped = (inventory.groups.get('kube_control_plane')?.hosts ?? []).length > 0;
  const names = grouped ? [...new Set(groups)] : [...inventory.hosts.keys()];
  return { inventory, hosts: names.flatMap((n) => inventory.hosts.get(n) ?? []), grouped };
}

async function inventoryOf(addresses: readonly string[]): Promise<Inventory> {
  const hosts = addresses.flatMap(parseOwnHosts).map(({ name, host, user, port }) => ({
    name: name ?? host,
    vars: {
      ansible_host: host,
      ...(user === undefined ? {} : { ansible_user: user }),
      ...(port === undefined ? {} : { ansible_port: String(port) }),
      ansible_become: 'true',
    },
  }));
  return inTemporary(new Map([['hosts.ini', hostsIni({ hosts })]]), (dir) =>
    readInventory({ inventory: [join(dir, 'hosts.ini')], extraVars: [] }),
  );
}

/** Texts as files for our own readers. */
export async function inTemporary<T>(files: ReadonlyMap<string, string>, use: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-adopt-'));
  try {
    for (const [name, text] of files) {
      makeFolder(dirname(join(dir, name)));
      writeFileSync(join(dir, name), text);
    }
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface Read {
  readonly living: LivingCluster;
  readonly facts: ReadonlyMap<string, HostFacts>;
}

/**
 * Reads what runs, one exec per host; changes nothing.
 * @throws UnreachableErrors for hosts that cannot be reached: what they hold would be missing.
 * @throws KubewrightError where no cluster runs, or no API server answers.
 */
export async function readHosts({ inventory, hosts }: Given, connection: ConnectionOptions): Promise<Read> {
  const connections = await openConnections(hosts, {
    connection,
    verifyBecome: false,
    lookup: (name) => inventory.hosts.get(name),
  });
  try {
    const all = [...connections.sessions];
    const read = await Promise.all(all.map(async ([name, s]) => [name, await factsOf(s, inventory.hosts.get(name))] as const));
    const lost = read.flatMap(([host, f]) => (f instanceof TransportError ? [{ host, parts: f.parts }] : []));
    if (lost.length > 0) throw new UnreachableErrors(lost, hosts.length);
    const facts = new Map(read.flatMap(([name, f]) => (f instanceof TransportError ? [] : [[name, f] as const])));
    return { facts, living: requireCluster(livingCluster(facts), hosts) };
  } finally {
    await connections.close();
  }
}

function requireCluster(living: LivingCluster | undefined, hosts: readonly Host[]): LivingCluster {
  const names = hosts.map((h) => h.name).join(', ');
  if (!living) {
    throw new KubewrightError({
      what: `No Kubernetes cluster is on ${names}`,
      fix: 'Name the hosts of the cluster, its control planes among them; kubewright provision makes a new one',
    });
  }
  if (living.api) return living;
  const silent = [...living.silentApis].map(([host, why]) => `${host}: ${why}`);
  throw new KubewrightError({
    what: `No API server answers on ${names}`,
    why: silent.length > 0 ? silent.join('; ') : 'none of them has /etc/kubernetes/admin.conf and the manifest of an API server',
    fix:
      silent.length > 0
        ? 'Repair it first: journalctl -u kubelet on the control planes says why'
        : 'Name the control planes too; without one it is not known what belongs together',
  });
}

async function factsOf(session: Session, host: Host | undefined): Promise<HostFacts | TransportError> {
  const defaults = defaultSettings();
  const place = (name: string): string => {
    const value = host?.vars.get(name)?.value ?? defaults[name];
    return typeof value === 'string' ? value : '';
  };
  const living = { binDir: place('bin_dir'), etcdDataDir: place('etcd_data_dir'), etcdCertDir: place('etcd_cert_dir') };
  const script = probe({ tools: [], modules: [], endpoints: [], living }).text;
  const answer = await ask(session, { become: true, program: [script] });
  if (answer.kind === 'lost') {
    if (answer.cause instanceof TransportError) return answer.cause;
    throw answer.cause;
  }
  if (answer.kind === 'silent') return silentHost(session.target, answer);
  try {
    return parseFacts(answer.lines.join('\n'), Date.now());
  } catch (cause) {
    throw new KubewrightError({
      what: 'Could not read what runs',
      where: session.target.name,
      why: lastLines(answer.said.stderr) || undefined,
      fix: "Log in and try: sudo sh -c 'uname -m' (it must print only the architecture)",
      cause,
    });
  }
}
