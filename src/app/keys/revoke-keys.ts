import { InputError } from '../../base/errors.js';
import type { Inventory } from '../../inventory/model/model.js';
import { isFingerprint, type Revoked, revokeKeys } from './actions/revoke.js';
import { type KeysOptions, selection, withKeyHosts } from './hosts.js';
import { type Distributed, seen, usedKeys, wasInterrupted, withFailures } from './keys.js';
import { fingerprintOf } from './model/public-key.js';
import { operatorKeys } from './operator.js';
import { exitCodeOf, printResults, resultsJson, say } from './report/report.js';

export interface RevokeKeysOptions extends KeysOptions {
  readonly revoke: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `keys distribute --revoke`. Revoked hosts need not answer, nor be in the inventory. */
export async function runKeysRevoke(o: RevokeKeysOptions): Promise<number> {
  const dry = o.dryRun ?? false;
  const { results, connections, keys, kept, stillThere, interrupted } = await revokeAll(await seen(o));
  const code = interrupted ? 130 : exitCodeOf(results);
  if (o.json) {
    say(resultsJson(results, { dry }));
    return code;
  }
  printResults(results, { dry, connections });
  for (const { name, key } of keys) say(`${dry ? 'would revoke' : 'revoked'}: ${name}  ${fingerprintOf(key)}  ${key.comment}`);
  for (const k of kept) say(`kept: ${k.name}  ${fingerprintOf(k.key)}  is the key of ${k.because} too`);
  for (const name of o.revoke) {
    if (keys.some((k) => k.name === name) || kept.some((k) => k.name === name)) continue;
    if (results.some((r) => r.changes.some((c) => c.names.includes(name)))) continue;
    say(`no key of ${name} was found. A key can also be given by its fingerprint (ssh-keygen -lf)`);
  }
  for (const name of stillThere) say(`${name} is still in the inventory: the next \`keys distribute\` will give it access again`);
  return code;
}

/** The same without output. @throws InputError */
export async function revokeAll(
  o: RevokeKeysOptions,
): Promise<Distributed & Revoked & { readonly stillThere: readonly string[] }> {
  const revoked = new Set(o.revoke);
  const select = (inventory: Inventory): string[] => {
    checkNames(inventory, o.revoke);
    const staying = selection(o)(inventory).filter((n) => !revoked.has(n));
    if (staying.length === 0)
      throw new InputError({ what: 'There is no other host that could have the key', fix: 'Correct --limit or --revoke' });
    return [...staying, ...o.revoke.filter((n) => inventory.hosts.has(n))];
  };
  return withKeyHosts(o, select, async (open) => {
    const staying = open.hosts.filter((h) => !revoked.has(h.name));
    const operator = await operatorKeys(usedKeys(open), { type: 'ed25519' }, true);
    const done = await revokeKeys(staying, {
      revoke: o.revoke,
      peers: open.all.filter((p) => revoked.has(p.name)),
      alive: open.hosts.filter((h) => revoked.has(h.name)),
      operator: operator.keys,
      dry: o.dryRun ?? false,
      ...open.steering,
    });
    const results = withFailures(open, done.results).filter((r) => !revoked.has(r.host));
    const stillThere = o.revoke.filter((n) => open.inventory.hosts.has(n));
    return { ...done, results, connections: open.hosts.length, stillThere, ...wasInterrupted(open) };
  });
}

function checkNames(inventory: Inventory, names: readonly string[]): void {
  for (const name of names) {
    if (inventory.hosts.has(name)) continue;
    if (inventory.groups.has(name)) throw new InputError({ what: `--revoke ${name} names a group`, fix: 'Name each host' });
    if (!isFingerprint(name) && !/^[A-Za-z0-9:][A-Za-z0-9._:-]*$/.test(name))
      throw new InputError({
        what: `--revoke ${name} is neither a host name nor a fingerprint`,
        fix: 'Give a name, or SHA256:… as ssh-keygen -lf prints it',
      });
  }
}
