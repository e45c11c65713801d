import type { KeyHost, KeyKind, KeyResult } from '../model/model.js';
import { authorizedLine, type PublicKey } from '../model/public-key.js';
import { inTurns, type Steering } from '../model/turns.js';
import { type Found, look } from '../programs/look.js';
import { type Merged, merge } from '../programs/merge.js';
import { payloadOf } from '../programs/remote.js';
import { type OwnLogin, proveKeys } from './prove.js';

export interface DistributeOptions extends Steering {
  /** The operator's public keys: they may log in everywhere. */
  readonly operator: readonly PublicKey[];
  /** Absent: a key is tried from another host. */
  readonly ownLogin?: OwnLogin;
  /** Only these get access to the others; undefined: all to all. */
  readonly hubs?: ReadonlySet<string>;
  readonly kind: KeyKind;
  readonly dry: boolean;
}

/**
 * Missing key pairs, every public key in every other authorized_keys, every host key in every other
 * known_hosts, the operator's own key everywhere. Two execs per host, and one login with a new key where the first login has
 * not proved it. A failed host does not stop the others; a re-run brings it up to date.
 */
export async function distributeKeys(hosts: readonly KeyHost[], o: DistributeOptions): Promise<KeyResult[]> {
  const hub = (name: string): boolean => o.hubs === undefined || o.hubs.has(name);
  const { found, results } = await lookAt(hosts, o, (h) =>
    hub(h.name) ? { [o.dry ? 'wouldMake' : 'make']: o.kind, signal: o.interrupt?.kill } : { signal: o.interrupt?.kill },
  );
  // Even if the rest fails, the new pairs stay.
  for (const [host, { changes, notes }] of found) results.set(host, { host, changes, notes });
  const payload = payloadOf([
    ...operatorLines(o.operator),
    ...hosts.flatMap((h) => {
      const own = found.get(h.name);
      return own ? [...(hub(h.name) ? [keyLine(h.name, own.key)] : []), ...hostKeyLines(h, own)] : [];
    }),
  ]);
  const done = new Map<string, Merged>();
  await inTurns('writing', hosts, o, results, async (h) => {
    const own = found.get(h.name);
    if (!own) return;
    const merged = await merge(h, payload, { dry: o.dry, known: hub(h.name), signal: o.interrupt?.kill });
    done.set(h.name, merged);
    results.set(h.name, {
      host: h.name,
      changes: [...own.changes, ...merged.changes],
      notes: [...own.notes, ...merged.notes],
    });
  });
  const { ownLogin, interrupt, progress } = o;
  if (!o.dry) await proveKeys(hosts, done, results, { ownLogin, hub, operator: o.operator.length > 0, interrupt, progress });
  return hosts.map((h) => results.get(h.name) ?? { host: h.name, changes: [], notes: [] });
}

export function operatorLines(keys: readonly PublicKey[]): string[] {
  return keys.map((k) => `O - ${k.type} ${k.blob} ${k.comment}`.trimEnd());
}

export function keyLine(name: string, key: PublicKey | undefined): string {
  return `A ${name} ${key ? authorizedLine(key, name) : '-'}`;
}

export function hostKeyLines(host: KeyHost, found: Found): string[] {
  return found.hostKeys.map((k) => `K ${host.name} ${host.names.join(',')} ${k}`);
}

/** Looks at every host; failed ones have their result already. */
export async function lookAt(
  hosts: readonly KeyHost[],
  o: Steering,
  options: (host: KeyHost) => Parameters<typeof look>[1],
): Promise<{ found: Map<string, Found>; results: Map<string, KeyResult> }> {
  const found = new Map<string, Found>();
  const results = new Map<string, KeyResult>();
  await inTurns('looking', hosts, o, results, async (h) => {
    found.set(h.name, await look(h, options(h)));
  });
  return { found, results };
}
