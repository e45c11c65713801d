import { type ErrorParts, InputError } from '../../base/errors.js';
import { type Where, whereText } from '../../base/place.js';
import { whereOf } from '../../cluster/checks/findings.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import type { Target } from '../../transport/types.js';
import { targetFromHost } from '../connect/targets.js';

const MEMBERS = ['kube_control_plane', 'kube_node', 'etcd'];

/** What connecting to each machine would object to: ports, booleans, arguments of ssh; and two of the cluster that are one. */
export function connectionProblems(inventory: Inventory, known: readonly ErrorParts[]): ErrorParts[] {
  const byPlace = new Map<string, ErrorParts>();
  const reached = new Map<string, string>();
  for (const host of inventory.hosts.values()) {
    const { found, target } = examine(host);
    for (const error of found) {
      // A group's variable is wrong for all of its hosts; once is enough.
      const key = error.where === undefined ? error.what : whereText(error.where);
      byPlace.set(key, byPlace.get(key) ?? error);
    }
    if (target && found.length === 0) {
      if (target.connection === 'local' || !MEMBERS.some((g) => host.groups.has(g))) continue;
      const { address, port, jumps, proxyCommand } = target;
      const way = JSON.stringify([address, port, (jumps ?? []).map((j) => [j.address, j.port]), proxyCommand]);
      const other = reached.get(way);
      if (other === undefined) reached.set(way, host.name);
      else if (!known.some((p) => p.what.startsWith(`${other} and ${host.name} have the same address`))) {
        byPlace.set(way, {
          what: `${other} and ${host.name} are reached at the same address ${address}:${port}`,
          where: whereOf(host, 'ansible_host') ?? host.source,
          why: 'One machine would be installed as both',
          fix: 'Give each its own ansible_host, or ansible_port',
        });
      }
    }
  }
  return [...byPlace.values()];
}

/** Everything that is wrong with a machine's connection: what was objected to counts as not set when the next is looked for. */
function examine(host: Host): { readonly found: readonly ErrorParts[]; readonly target?: Target } {
  const found: ErrorParts[] = [];
  let rest = host;
  for (;;) {
    const target = targetOrError(rest);
    if (!(target instanceof InputError)) return { found, target };
    found.push(target.parts);
    const wrong = variableAt(rest, target.parts.where);
    if (wrong === undefined) return { found };
    rest = { ...rest, vars: new Map([...rest.vars].filter(([name]) => name !== wrong)) };
  }
}

function targetOrError(host: Host): Target | InputError {
  try {
    return targetFromHost(host, {});
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** The variable of the connection that stands there; an encrypted value's place is behind its name. */
function variableAt(host: Host, where: Where | undefined): string | undefined {
  if (where === undefined || typeof where === 'string') return undefined;
  const { file, line, column } = where;
  const there = [...host.vars].filter(
    ([name, { source: s }]) => name.startsWith('ansible_') && s.file === file && s.line === line && s.column <= column,
  );
  return there.sort(([, a], [, b]) => b.source.column - a.source.column)[0]?.[0];
}
