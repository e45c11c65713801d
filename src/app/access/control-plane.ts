import { InputError, InterruptedError, KubewrightError, UnreachableErrors } from '../../base/errors.js';
import { writeWarning } from '../../base/text/render-error.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import type { Session } from '../../transport/types.js';
import { openConnections } from '../connect/connections.js';
import type { ConnectionOptions } from '../connect/options.js';

/**
 * Runs `work` on the first control plane that can be reached and can do it.
 * @throws UnreachableErrors naming each where none can be reached; the error of the first that could not do it.
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
    const [first, ...others] = hosts.flatMap((host) => {
      const session = connections.sessions.get(host.name);
      return session ? [{ host, session }] : [];
    });
    if (first) return await firstAble([first, ...others], ({ session, host }) => work(session, host));
    const failed = [...connections.failures].map(([host, error]) => ({ host, parts: error.parts }));
    throw new UnreachableErrors(failed, hosts.length);
  } finally {
    await connections.close();
  }
}

/**
 * What the first of them says; where one cannot, for example a control plane that has not joined, the next is asked.
 * @throws the first one's KubewrightError where none can; InputError and InterruptedError at once.
 */
export async function firstAble<C extends { readonly host: { readonly name: string } }, T>(
  candidates: readonly [C, ...C[]],
  work: (candidate: C) => Promise<T>,
): Promise<T> {
  const failures: KubewrightError[] = [];
  for (const candidate of candidates) {
    try {
      const result = await work(candidate);
      for (const { parts } of failures) writeWarning({ ...parts, fix: `${candidate.host.name} was asked instead` });
      return result;
    } catch (error) {
      const final = error instanceof InputError || error instanceof InterruptedError;
      if (!(error instanceof KubewrightError) || final) throw error;
      failures.push(error);
    }
  }
  throw failures[0];
}
