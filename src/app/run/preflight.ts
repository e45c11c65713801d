import { PreflightError } from '../../base/errors.js';
import { livingCluster } from '../../cluster/living/living-cluster.js';
import type { HostFacts } from '../../facts/facts.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Session } from '../../transport/types.js';
import { openConnections } from '../connect/connections.js';
import type { ConnectionOptions } from '../connect/options.js';
import { type PlanContext, preflightProblems, type ResolvedPlay } from '../plan/resolve-plays.js';
import { FactsGatherer } from './gather-facts.js';
import { installs } from './living.js';

/**
 * @param others facts of hosts that take no part, see `factsOfOthers`.
 * @throws PreflightError with all problems found by the preflight checks of the selected roles.
 */
export function preflight(plays: readonly ResolvedPlay[], p: PlanContext, others: ReadonlyMap<string, HostFacts>): void {
  const problems = preflightProblems(plays, { ...p, allFacts: new Map([...others, ...p.allFacts]) })
    // Problems of hosts outside the run do not concern it.
    .filter((problem) => typeof problem.where !== 'string' || !others.has(problem.where));
  if (problems.length > 0) throw new PreflightError(problems);
}

/**
 * A host that is not a node yet is compared with all others (same machine-id, an existing cluster), even with those outside
 * --limit if they can be reached; so is the inventory with the cluster that runs. Only facts are gathered there.
 */
export async function factsOfOthers(
  plays: readonly ResolvedPlay[],
  { cluster, allFacts }: PlanContext,
  inventory: Inventory,
  connection: ConnectionOptions,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, HostFacts>> {
  const joining = [...allFacts.values()].some((f) => !f.isNode);
  const missing = (cluster?.hosts ?? []).filter((h) => !allFacts.has(h.name));
  const unknown = joining || livingCluster(allFacts)?.api === undefined;
  if (!cluster || !installs(plays) || !unknown || missing.length === 0) return new Map();
  const hosts = missing.flatMap((h) => inventory.hosts.get(h.name) ?? []);
  const gatherer = new FactsGatherer(cluster);
  const firstExec = (session: Session, signal?: AbortSignal): Promise<Error | undefined> => gatherer.firstExec(session, signal);
  const connections = await openConnections(hosts, { connection, partial: true, firstExec, signal });
  try {
    return await gatherer.all(connections.sessions, connections.reconnect, signal);
  } finally {
    await connections.close();
  }
}
