import { type ErrorParts, InputError, type Warning } from '../../base/errors.js';
import { type Where, whereText } from '../../base/place.js';
import { sameAddress } from '../../cluster/checks/addresses.js';
import { whereOf } from '../../cluster/checks/findings.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import type { Target } from '../../transport/types.js';
import { withAnsibleConfig } from '../connect/ansible-config.js';
import { flagsOf, type TargetFlags, targetFromHost } from '../connect/targets.js';

const MEMBERS = ['kube_control_plane', 'kube_node', 'etcd'];

/** Connection settings that would fail: ports, booleans, ssh arguments; and two cluster members at the same address. */
export function connectionProblems(
  inventory: Inventory,
  known: readonly ErrorParts[],
): { readonly problems: ErrorParts[]; readonly warnings: Warning[] } {
  const flags = { ...flagsOf(withAnsibleConfig({})), lookup: (name: string) => inventory.hosts.get(name) };
  const byPlace = new Map<string, ErrorParts>();
  const warnings: Warning[] = [];
  const reached = new Map<string, string>();
  for (const host of inventory.hosts.values()) {
    const { found, target } = examine(host, flags);
    warnings.push(...(target?.warnings ?? []));
    for (const error of found) {
      // A wrong group variable is wrong for every host of the group; report it once.
      const key = error.where === undefined ? error.what : whereText(error.where);
      byPlace.set(key, byPlace.get(key) ?? error);
    }
    if (target && found.length === 0) {
      if (target.connection === 'local' || !MEMBERS.some((g) => host.groups.has(g))) continue;
      const { address, port, jumps, proxyCommand } = target;
      const endpoint = JSON.stringify([address, port, (jumps ?? []).map((j) => [j.address, j.port]), proxyCommand]);
      const other = reached.get(endpoint);
      if (other === undefined) reached.set(endpoint, host.name);
      else if (!known.some((p) => p.code === sameAddress(other, host.name))) {
        byPlace.set(endpoint, {
          what: `${other} and ${host.name} are reached at the same address ${address}:${port}`,
          where: whereOf(host, 'ansible_host') ?? host.source,
          why: 'The same machine would be installed as both',
          fix: 'Give each host its own ansible_host or ansible_port',
        });
      }
    }
  }
  return { problems: [...byPlace.values()], warnings };
}

/** All problems of a host's connection: a variable with a problem counts as not set in the search for the next one. */
function examine(host: Host, flags: TargetFlags): { readonly found: readonly ErrorParts[]; readonly target?: Target } {
  const found: ErrorParts[] = [];
  let rest = host;
  for (;;) {
    const target = targetOrError(rest, flags);
    if (!(target instanceof InputError)) return { found, target };
    found.push(target.parts);
    const wrong = variableAt(rest, target.parts.where);
    if (wrong === undefined) return { found };
    rest = { ...rest, vars: new Map([...rest.vars].filter(([name]) => name !== wrong)) };
  }
}

function targetOrError(host: Host, flags: TargetFlags): Target | InputError {
  try {
    return targetFromHost(host, flags);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** The connection variable at this place; an encrypted value's place is after its name. */
function variableAt(host: Host, where: Where | undefined): string | undefined {
  if (where === undefined || typeof where === 'string') return undefined;
  const { file, line, column } = where;
  const there = [...host.vars].filter(
    ([name, { source: s }]) => name.startsWith('ansible_') && s.file === file && s.line === line && s.column <= column,
  );
  return there.sort(([, a], [, b]) => b.source.column - a.source.column)[0]?.[0];
}
