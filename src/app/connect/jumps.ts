import { InputError } from '../../base/errors.js';
import type { Host } from '../../inventory/model/model.js';
import type { Target } from '../../transport/types.js';
import { type TargetFlags, targetFromHost } from './targets.js';

/** One station of `ProxyJump`. */
export interface Hop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** `[user@]host[:port]` or `ssh://…`, with commas. @throws InputError for one that makes no sense. */
export function parseJumps(text: string, where: string): Hop[] {
  return text.split(',').map((part) => {
    const [, user, bracketed, plain, port] =
      /^(?:ssh:\/\/)?(?:([^@]*(?:@[^@]*)*)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?\/?$/.exec(part.trim()) ?? [];
    const host = bracketed ?? plain;
    const number = port === undefined ? undefined : Number(port);
    if (host === undefined || user === '' || (number !== undefined && (number < 1 || number > 65_535))) {
      throw new InputError({
        what: `The jump host ${JSON.stringify(part.trim())} makes no sense`,
        where,
        todo: 'Write it as host, user@host or user@host:port, several with commas',
      });
    }
    return { host, user, port: number };
  });
}

/**
 * The jump hosts on the way to a host, the nearest first, each with settings of its own: from the inventory where it names
 * the host, else from ssh_config. The operator's flags (user, key, password) are meant for the targets and not used there.
 */
export function jumpTargets(proxyJump: string | undefined, host: Host, flags: TargetFlags, route: readonly string[]): Target[] {
  if (proxyJump === undefined || proxyJump.toLowerCase() === 'none') return [];
  const hops = parseJumps(proxyJump, host.name);
  const way: Target[] = [];
  for (const [i, hop] of hops.entries()) {
    // The host itself, or one that is reached through it: this way would lead in a circle, so it ends here.
    if (hop.host === host.name || route.includes(hop.host)) continue;
    const target = hopTarget(hop, flags, [...route, host.name]);
    // Only the first hop may have a way of its own; the others are reached through the one before.
    if (i === 0) way.push(...(target.jumps ?? []));
    way.push({ ...target, jumps: [], proxyCommand: i === 0 ? target.proxyCommand : undefined });
  }
  return way;
}

function hopTarget(hop: Hop, flags: TargetFlags, route: readonly string[]): Target {
  const known = flags.lookup?.(hop.host);
  const bare: Host = known ?? {
    name: hop.host,
    source: { file: 'ProxyJump', line: 1, column: 1 },
    groups: new Set(['all']),
    vars: new Map(),
  };
  const { sshConfig, lookup, hostKeyChecking, connectTimeoutSec } = flags;
  const target = targetFromHost(bare, { sshConfig, lookup, hostKeyChecking, connectTimeoutSec }, route);
  return { ...target, user: hop.user ?? target.user, port: hop.port ?? target.port };
}
