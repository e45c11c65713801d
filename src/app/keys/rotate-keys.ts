import { rotateKeys } from './actions/rotate.js';
import { selection, withKeyHosts } from './hosts.js';
import { type Distributed, type DistributeKeysOptions, keyKind, seen, usedKeys, wasInterrupted, withFailures } from './keys.js';
import { operatorKeys } from './operator.js';
import { exitCodeOf, printResults, resultsJson, say } from './report/report.js';

/** `keys distribute --rotate`. Exit code 1 if a host keeps its old key. */
export async function runKeysRotate(o: DistributeKeysOptions): Promise<number> {
  const { results, connections, interrupted } = await rotateAll(await seen(o));
  const dry = o.dryRun ?? false;
  if (o.json) say(resultsJson(results, { dry }));
  else printResults(results, { dry, connections });
  return interrupted ? 130 : exitCodeOf(results);
}

/** The same without output. @throws InputError */
export async function rotateAll(o: DistributeKeysOptions): Promise<Distributed> {
  const kind = o.type === undefined && o.bits === undefined ? undefined : keyKind(o.type ?? 'ed25519', o.bits);
  const dry = o.dryRun ?? false;
  return withKeyHosts(o, selection(o), async (open) => {
    const operator = await operatorKeys(usedKeys(open), kind ?? { type: 'ed25519' }, dry);
    const id = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const { all, hosts, hubs, steering } = open;
    const done = await rotateKeys(hosts, { all, hubs, operator: operator.keys, kind, id, dry, ...steering });
    return { results: withFailures(open, done), connections: hosts.length, operatorKey: operator.made, ...wasInterrupted(open) };
  });
}
