import type { KeyHost, KeyPeer, KeyResult } from '../model/model.js';
import { fingerprintOf, marker, type PublicKey, sameKey } from '../model/public-key.js';
import { inTurns, type Steering } from '../model/turns.js';
import { merge } from '../programs/merge.js';
import { payloadOf } from '../programs/remote.js';
import { lookAt } from './distribute.js';

export interface RevokeOptions extends Steering {
  /** Names of hosts, in the inventory or not, or fingerprints (`SHA256:…`). */
  readonly revoke: readonly string[];
  /** Those in the inventory: their names in known_hosts. */
  readonly peers: readonly KeyPeer[];
  /** Those that can still be reached: their keys are read there. */
  readonly alive: readonly KeyHost[];
  /** The operator's keys: they stay. */
  readonly operator: readonly PublicKey[];
  readonly dry: boolean;
}

export interface Revoked {
  readonly results: readonly KeyResult[];
  /** The keys that were found for each name. */
  readonly keys: readonly { readonly name: string; readonly key: PublicKey }[];
  /** Matching keys that stay, because another host that stays has them too. */
  readonly kept: readonly { readonly name: string; readonly key: PublicKey; readonly because: string }[];
}

/**
 * Removes the keys of hosts from every authorized_keys, and their host keys from every known_hosts. A key is recognised by
 * the mark that `keys distribute` leaves (`kubewright:NAME`), by its comment (`user@NAME`), by its fingerprint, or because the
 * host itself still shows it. A host cannot get another host's key removed by showing it: keys of hosts that stay
 * are kept.
 */
export async function revokeKeys(hosts: readonly KeyHost[], o: RevokeOptions): Promise<Revoked> {
  const { found, results } = await lookAt(hosts, o, () => ({ listAuthorized: true, signal: o.interrupt?.kill }));
  const shown = await lookAt(o.alive, o, () => ({ signal: o.interrupt?.kill }));
  const staying = [
    ...o.operator.map((key) => ({ key, whose: 'you' })),
    ...[...found].flatMap(([whose, f]) => f.all.map((key) => ({ key, whose }))),
  ];
  const fitting = new Map<string, { name: string; key: PublicKey }>();
  for (const name of o.revoke) {
    const authorized = [...found.values()].flatMap((f) => f.authorized.filter((key) => belongs(key, name)));
    for (const key of [...(shown.found.get(name)?.all ?? []), ...authorized])
      if (!fitting.has(key.blob)) fitting.set(key.blob, { name, key });
  }
  const kept = [...fitting.values()].flatMap(({ name, key }) => {
    // A key given by fingerprint is removed even if a remaining host has it, except the operator's own.
    const because = staying.find((s) => sameKey(s.key, key) && (s.whose === 'you' || !isFingerprint(name)))?.whose;
    return because === undefined ? [] : [{ name, key, because }];
  });
  const keys = [...fitting.values()].filter(({ key }) => !kept.some((k) => sameKey(k.key, key)));
  const payload = payloadOf([
    ...keys.map(({ name, key }) => `R ${name} ${key.type} ${key.blob}`),
    ...o.revoke.filter((n) => !isFingerprint(n)).map((name) => `H ${name} ${forgottenNames(name, o.peers, hosts).join(',')}`),
  ]);
  await inTurns('removing', hosts, o, results, async (h) => {
    const removed = await merge(h, payload, { dry: o.dry, known: false, removeOnly: true, signal: o.interrupt?.kill });
    results.set(h.name, { host: h.name, ...removed });
  });
  return { results: hosts.map((h) => results.get(h.name) ?? { host: h.name, changes: [], notes: [] }), keys, kept };
}

export function isFingerprint(name: string): boolean {
  return /^SHA256:[A-Za-z0-9+/]{43}$/.test(name);
}

function belongs(key: PublicKey, name: string): boolean {
  if (isFingerprint(name)) return fingerprintOf(key) === name;
  const words = key.comment.split(/\s+/);
  const mark = words.find((w) => w.startsWith('kubewright:'));
  if (mark !== undefined) return mark === marker(name);
  // ssh-keygen's own comment: account@host, the host possibly with its domain.
  const host = /^[^@\s]+@([^@\s]+)$/.exec(key.comment.trim())?.[1]?.toLowerCase();
  return host === name.toLowerCase() || host?.startsWith(`${name.toLowerCase()}.`) === true;
}

/** A name or address that a remaining host has taken over is not forgotten. */
function forgottenNames(name: string, peers: readonly KeyPeer[], staying: readonly KeyHost[]): string[] {
  const taken = new Set(staying.flatMap((h) => h.names));
  const own = [name, ...(peers.find((p) => p.name === name)?.names ?? [])];
  return [...new Set(own)].filter((n) => !taken.has(n));
}
