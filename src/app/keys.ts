import type { Host } from '../inventory/model.js';
import { resolvePattern } from '../inventory/pattern.js';
import { checkMesh } from './check-keys.js';
import { readInventory } from './cluster-source.js';
import { type Connections, openConnections } from './connections.js';
import type { ConnectionOptions } from './credentials.js';
import { distributeKeys, type KeyHost, operatorPublicKeys } from './distribute-keys.js';
import { ensureOperatorKey } from './operator-key.js';

export interface KeysOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly limit?: string;
  readonly connection: ConnectionOptions;
  /** Account whose keys are meant; default: the one that connects. */
  readonly account?: string;
}

/** `keys distribute`. Exit code 1 when a machine failed; unreachable machines are thrown. */
export async function runKeysDistribute(o: KeysOptions): Promise<number> {
  return withHosts(o, async (hosts) => {
    const made = await ensureOperatorKey();
    if (made) say(`made a key pair of your own: ${made}`);
    const results = await distributeKeys(hosts, await operatorPublicKeys());
    const width = Math.max(...results.map((r) => r.host.length));
    for (const r of results) {
      const state = r.error ? `FAILED: ${r.error}` : r.changes.length > 0 ? r.changes.join(', ') : 'no change';
      say(`${r.host.padEnd(width)}  ${state}`);
    }
    const failed = results.filter((r) => r.error).length;
    const changed = results.filter((r) => r.changes.length > 0).length;
    say(`${results.length} machines over ${results.length} connections: ${changed} changed, ${failed} failed`);
    return failed > 0 ? 1 : 0;
  });
}

/** `keys check`. Exit code 1 when a pair failed. */
export async function runKeysCheck(o: KeysOptions): Promise<number> {
  return withHosts(o, async (hosts) => {
    const pairs = await checkMesh(hosts);
    const failed = pairs.filter((p) => p.error !== undefined);
    for (const p of failed) say(`${p.from} -> ${p.to}  FAILED: ${p.error}`);
    say(`${pairs.length - failed.length} of ${pairs.length} logins succeeded`);
    return failed.length > 0 ? 1 : 0;
  });
}

async function withHosts(o: KeysOptions, work: (hosts: KeyHost[]) => Promise<number>): Promise<number> {
  const inventory = await readInventory(o);
  const names = o.limit === undefined ? [...inventory.hosts.keys()] : resolvePattern(inventory, o.limit);
  const hosts: Host[] = names.flatMap((n) => inventory.hosts.get(n) ?? []);
  const connections = await openConnections(hosts, { connection: o.connection, verifyBecome: o.account !== undefined });
  try {
    return await work(hosts.flatMap((h) => keyHost(h, connections, o.account)));
  } finally {
    await connections.close();
  }
}

function keyHost(host: Host, connections: Connections, account: string | undefined): KeyHost[] {
  const session = connections.sessions.get(host.name);
  if (!session) return [];
  const { address, port, user } = session.target;
  const variable = (name: string): string[] => {
    const value = host.vars.get(name)?.value;
    return typeof value === 'string' && value !== '' ? [value] : [];
  };
  // The last one is what the peers call: the address for peers, where there is one.
  const peers = [...variable('ip'), ...variable('access_ip')];
  const addresses = [...new Set([host.name, address, ...peers])];
  const called = peers.at(-1) ?? address;
  return [
    { name: host.name, session, addresses: [...addresses.filter((a) => a !== called), called], port, account: account ?? user },
  ];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
