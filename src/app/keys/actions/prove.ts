import { KubewrightError } from '../../../base/errors.js';
import type { TransportError } from '../../../transport/errors.js';
import type { KeyHost, KeyPeer, KeyResult } from '../model/model.js';
import { reasonOf } from '../model/reason.js';
import { inTurns, type Steering } from '../model/turns.js';
import { hindrances } from '../programs/hindrances.js';
import type { Merged } from '../programs/merge.js';
import { checkMesh } from './check.js';

/** Logs in to a host with the operator's key alone, and runs a command. `locked`: no key can be used without a question. */
export type OwnLogin = (host: KeyHost) => Promise<TransportError | 'locked' | undefined>;

export interface ProveOptions extends Steering {
  readonly ownLogin?: OwnLogin;
  /** Whether this host has a key that the others were given. */
  readonly hub: (host: string) => boolean;
  /** The operator has a key that every host was given. */
  readonly operator: boolean;
}

const FIX = 'Correct that on the host, then run the same command again';

/**
 * A key counts as given when it logs in and runs a command. Where keys were added, one of them is tried, unless the login of
 * this run has proved already that sshd reads the file; where a key has restricting options, that key is tried.
 */
export async function proveKeys(
  hosts: readonly KeyHost[],
  merged: ReadonlyMap<string, Merged>,
  results: Map<string, KeyResult>,
  o: ProveOptions,
): Promise<void> {
  const doubtful = hosts.filter((h) => {
    const m = merged.get(h.name);
    if (!m || results.get(h.name)?.error) return false;
    return m.restricted.length > 0 || (!m.proved && m.changes.some((c) => c.kind === 'authorized'));
  });
  if (doubtful.length === 0) return;
  await inTurns('logging in with the new keys', doubtful, o, results, async (host) => {
    const { restricted, proved, changes } = merged.get(host.name) as Merged;
    const owners = new Set(restricted.map((r) => r.owner));
    const tries: Try[] = [];
    if (owners.delete('-') || (!proved && changes.some((c) => c.kind === 'authorized')))
      tries.push(await byOperator(host, hosts, o));
    for (const owner of owners)
      if (!tries.some((t) => t.fails))
        tries.push(
          await byHost(
            hosts.find((h) => h.name === owner),
            host,
            o,
          ),
        );
    const known = results.get(host.name) ?? { host: host.name, changes: [], notes: [] };
    const fails = tries.find((t) => t.fails)?.fails;
    const untried = tries.find((t) => t.untried)?.untried;
    if (fails !== undefined) {
      const because = [
        ...restricted.map(
          (r) => `authorized_keys gives ${r.owner === '-' ? 'your key' : `the key of ${r.owner}`} the options ${r.options}`,
        ),
        ...(await hindrances(host, o.interrupt?.kill).catch(() => [])),
      ];
      const what = `the keys are in authorized_keys of ${host.account}, but do not work: ${[fails, ...because].join('; ')}`;
      results.set(host.name, { ...known, error: new KubewrightError({ what, where: host.name, fix: FIX }) });
    } else if (untried !== undefined)
      results.set(host.name, { ...known, notes: [...known.notes, `no new key could be tried here (${untried})`] });
  });
}

/** The outcome of a login; neither: it works. */
interface Try {
  readonly fails?: string;
  readonly untried?: string;
}

async function byOperator(host: KeyHost, hosts: readonly KeyHost[], o: ProveOptions): Promise<Try> {
  const own = o.operator && o.ownLogin ? await o.ownLogin(host) : 'locked';
  if (own === undefined) return {};
  if (own !== 'locked') return { fails: reasonOf(own) };
  const at = hosts.indexOf(host);
  const neighbour = [...hosts.slice(at + 1), ...hosts.slice(0, at)].find((h) => o.hub(h.name));
  return byHost(neighbour, host, o);
}

/** A network between hosts that lets nothing through says nothing about a key. */
async function byHost(from: KeyHost | undefined, to: KeyPeer, o: ProveOptions): Promise<Try> {
  if (from === undefined || from.name === to.name) return { untried: 'your key needs a passphrase, and no other host has one' };
  const [pair] = await checkMesh([from], [to], { interrupt: o.interrupt });
  if (pair?.error === undefined) return {};
  const said = `from ${from.name}: ${pair.error}`;
  return /Permission denied|runs no command|Too many authentication/i.test(said) ? { fails: said } : { untried: said };
}
