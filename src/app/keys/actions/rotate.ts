import { InterruptedError, KubewrightError } from '../../../base/errors.js';
import type { KeyHost, KeyKind, KeyPeer, KeyResult } from '../model/model.js';
import type { PublicKey } from '../model/public-key.js';
import { inTurns, type Steering } from '../model/turns.js';
import { type Found, look } from '../programs/look.js';
import { merge } from '../programs/merge.js';
import { payloadOf } from '../programs/remote.js';
import { forgetOld, type Pair, prepareNew, switchPair } from '../programs/rotation.js';
import { checkMesh } from './check.js';
import { hostKeyLines, keyLine, lookAt, operatorLines } from './distribute.js';

export interface RotateOptions extends Steering {
  /** Every selected host, reachable or not: no host switches before it can log in to all of them. */
  readonly all: readonly KeyPeer[];
  readonly hubs?: ReadonlySet<string>;
  readonly operator: readonly PublicKey[];
  /** Undefined: the type of the old one. */
  readonly kind?: KeyKind;
  /** Name of this rotation, a time; an interrupted rotation keeps its own. */
  readonly id: string;
  readonly dry: boolean;
}

/** The state of a host's pair. */
interface State {
  readonly host: KeyHost;
  readonly found: Found;
  readonly old: Pair;
  /** Still beside the old one; undefined: the host has already switched, and the others must forget `old`. */
  readonly next: Pair | undefined;
}

/**
 * New key pairs for all hosts. The new keys are added everywhere, every host logs in to every other with its new key,
 * and only then the new key replaces the old one, which is removed from the others last. A host whose new key cannot log in
 * everywhere keeps the old one. A re-run finishes an interrupted rotation and skips finished hosts.
 */
export async function rotateKeys(hosts: readonly KeyHost[], o: RotateOptions): Promise<KeyResult[]> {
  const signal = o.interrupt?.kill;
  const hub = (name: string): boolean => o.hubs === undefined || o.hubs.has(name);
  const makes = o.dry ? 'wouldMake' : 'make';
  const { found, results } = await lookAt(hosts, o, (h) =>
    hub(h.name) ? { [makes]: o.kind ?? { type: 'ed25519' }, signal } : { signal },
  );
  const record = (name: string, more: Partial<KeyResult>): void => {
    const known = results.get(name) ?? { host: name, changes: [], notes: [] };
    results.set(name, {
      ...known,
      ...more,
      changes: [...known.changes, ...(more.changes ?? [])],
      notes: [...known.notes, ...(more.notes ?? [])],
    });
  };
  for (const [name, f] of found) record(name, { changes: f.changes, notes: f.notes });
  const inResults = (): KeyResult[] => hosts.map((h) => results.get(h.name) ?? { host: h.name, changes: [], notes: [] });

  const begun = rotationOf(found);
  const id = begun ?? o.id;
  const through = (f: Found): boolean => f.pending.size === 0 && f.key?.comment.includes(`rotated:${id}`) === true;
  const due = hosts.filter((h) => {
    const f = found.get(h.name);
    // A new pair needs no rotation.
    return hub(h.name) && f?.key && !f.changes.some((c) => c.kind === 'made') && !through(f);
  });
  if (o.dry) {
    for (const h of due) {
      const f = found.get(h.name);
      if (f?.keyFile)
        record(h.name, { changes: [{ kind: 'replaced', file: f.keyFile, count: 1, names: replacement(f, o.kind) }] });
    }
    return inResults();
  }

  const states = new Map<string, State>();
  await inTurns('making new keys', due, o, results, async (host) => {
    const f = found.get(host.name);
    if (!f) return;
    const state = await stateOf(host, f, o, id);
    states.set(host.name, state);
    found.set(host.name, state.found);
  });
  // Both keys of all hosts, everywhere, before any is removed.
  const payload = payloadOf([
    ...operatorLines(o.operator),
    ...hosts.flatMap((h) => {
      const f = found.get(h.name);
      if (!f) return [];
      const next = states.get(h.name)?.next;
      const current = hub(h.name) && f.key ? [keyLine(h.name, f.key)] : [];
      return [...current, ...(next ? [keyLine(h.name, next.key)] : []), ...hostKeyLines(h, f)];
    }),
  ]);
  await inTurns('adding the new keys', hosts, o, results, async (h) => {
    record(h.name, await merge(h, payload, { dry: false, known: hub(h.name), signal }));
  });
  const ready = [...states.values()].filter((s) => !results.get(s.host.name)?.error);
  await proveLogins(ready, o, record);
  await inTurns(
    'replacing',
    ready.map((s) => s.host),
    o,
    results,
    async (h) => {
      const state = states.get(h.name);
      if (state?.next) record(h.name, { changes: await switchPair(h, state.old, state.next, signal) });
    },
  );

  const switched = ready.filter((s) => !results.get(s.host.name)?.error);
  if (switched.length === 0) return inResults();
  const gone = payloadOf(
    switched.flatMap((s) => [
      `R ${s.host.name} ${s.old.key.type} ${s.old.key.blob}`,
      // For hosts that could log in to themselves.
      ...(s.next ? [keyLine(s.host.name, s.next.key)] : s.found.key ? [keyLine(s.host.name, s.found.key)] : []),
    ]),
  );
  const cleaned = new Map<string, KeyResult>();
  await inTurns('removing the old keys', hosts, o, cleaned, async (h) => {
    record(h.name, await merge(h, gone, { dry: false, known: false, removeOnly: true, signal }));
  });
  for (const [name, { error }] of cleaned) if (error && !results.get(name)?.error) record(name, { error });
  const everywhere = cleaned.size === 0 && o.all.length === hosts.length;
  if (everywhere)
    await inTurns(
      'tidying up',
      switched.map((s) => s.host),
      o,
      results,
      (h) => forgetOld(h, signal),
    );
  else
    for (const s of switched) record(s.host.name, { notes: ['some hosts still have the old key: run the same command again'] });
  return inResults();
}

/** The unfinished rotation, from the comment of a pending key. */
function rotationOf(found: ReadonlyMap<string, Found>): string | undefined {
  for (const f of found.values()) {
    const waiting = [...f.pending].flatMap(([name, key]) => (name.endsWith('.kw-new.pub') ? [key] : f.key ? [f.key] : []));
    for (const key of waiting) {
      const id = /\brotated:(\S+)/.exec(key.comment)?.[1];
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

async function stateOf(host: KeyHost, found: Found, o: RotateOptions, id: string): Promise<State> {
  const file = (found.keyFile ?? '').split('/').at(-1) ?? '';
  if (!found.key) throw new KubewrightError({ what: 'There is no key to rotate', where: host.name });
  const current: Pair = { file, key: found.key };
  const next = await prepareNew(host, current, o.kind ?? kindOf(file), id, o.interrupt?.kill);
  const waiting = [...found.pending].find(([name]) => name.endsWith('.kw-old.pub'));
  if (next) return { host, found, old: current, next };
  if (!waiting)
    throw new KubewrightError({
      what: 'The rotation was interrupted while its files were put in place',
      where: host.name,
      fix: 'Run the same command again',
    });
  // The key that was half in place may have changed.
  const now = await look(host, { signal: o.interrupt?.kill });
  return { host, found: now, old: { file: waiting[0].replace('.kw-old.pub', ''), key: waiting[1] }, next: undefined };
}

/** Real logins, each with only the new key. A host that cannot log in everywhere keeps the old one. */
async function proveLogins(
  states: readonly State[],
  o: RotateOptions,
  record: (name: string, more: Partial<KeyResult>) => void,
): Promise<void> {
  const files = new Map(states.flatMap((s) => (s.next ? [[s.host.name, s.next.file] as const] : [])));
  const pairs = await checkMesh(
    states.map((s) => s.host),
    o.all,
    { identity: (name) => files.get(name), interrupt: o.interrupt, progress: o.progress },
  );
  for (const { host } of states) {
    const failed = pairs.filter((p) => p.from === host.name && p.error !== undefined);
    const [first] = failed;
    if (!first) continue;
    if (o.interrupt?.stop?.aborted) {
      record(host.name, { error: new InterruptedError({ what: 'interrupted before the new key was tried', where: host.name }) });
      continue;
    }
    const more = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
    record(host.name, {
      error: new KubewrightError({
        what: `the new key cannot log in to ${first.to}${more}, so the old one stays`,
        where: host.name,
        why: first.error,
        fix: 'Fix that, or leave that host out (--limit), and run the same command again',
      }),
    });
  }
}

function kindOf(file: string): KeyKind {
  const type = file.replace(/^id_/, '');
  if (type === 'rsa') return { type, bits: 4096 };
  return { type: type === 'ecdsa' ? type : 'ed25519' };
}

function replacement(found: Found, kind: KeyKind | undefined): string[] {
  return [found.key?.type ?? '', kind?.type ?? kindOf((found.keyFile ?? '').split('/').at(-1) ?? '').type];
}
