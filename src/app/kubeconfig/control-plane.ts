import { UnreachableErrors } from '../../base/errors.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import type { Session } from '../../transport/types.js';
import { openConnections } from '../connect/connections.js';
import type { ConnectionOptions } from '../connect/options.js';

/**
 * Runs `work` on the first control plane that can be reached.
 * @throws UnreachableErrors naming each where none can.
 */
export async function onControlPlane<T>(
  { cluster, inventory }: { readonly cluster: Cluster; readonly inventory: Inventory },
  connection: ConnectionOptions,
  work: (session: Session, host: Host) => Promise<T>,
): Promise<T> {
  const hosts = cluster.controlPlane.flatMap((h) => inventory.hosts.get(h.name) ?? []);
  const lookup = (name: string): Host | undefined => inventory.hosts.get(name);
  const connections = await openConnections(hosts, { connection, partial: true, lookup });
  try {
    for (const host of hosts) {
      const session = connections.sessions.get(host.name);
      if (session) return await work(session, host);
    }
    const failed = [...connections.failures].map(([host, error]) => ({ host, parts: error.parts }));
    throw new UnreachableErrors(failed, hosts.length);
  } finally {
    await connections.close();
  }
}
