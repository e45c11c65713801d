import { InputError } from '../../base/errors.js';
import { createStageView } from '../../ui/stages/create-stage-view.js';
import { checkMesh, failedPairs, type PairResult } from './actions/check.js';
import { distributeKeys } from './actions/distribute.js';
import { type KeysOptions, type OpenHosts, selection, withKeyHosts } from './hosts.js';
import type { KeyKind, KeyResult } from './model/model.js';
import { reasonOf } from './model/reason.js';
import { operatorKeys } from './operator.js';
import { ownLogin } from './own-login.js';
import { pairsJson, printPairs } from './report/check-report.js';
import { exitCodeOf, printResults, resultsJson, say } from './report/report.js';

export interface DistributeKeysOptions extends KeysOptions {
  readonly dryRun?: boolean;
  /** Access of the hosts to each other; default true. Without it the operator's key is all that they get. */
  readonly mesh?: boolean;
  readonly type?: KeyKind['type'];
  readonly bits?: number;
  readonly json?: boolean;
}

/** `keys distribute`. Exit code 3 if a host was unreachable or refused the login, 1 if one failed otherwise. */
export async function runKeysDistribute(o: DistributeKeysOptions): Promise<number> {
  const { results, connections, operatorKey, interrupted } = await distributeAll(await seen(o));
  const dry = o.dryRun ?? false;
  if (o.json) say(resultsJson(results, { dry }));
  else {
    if (operatorKey) say(`${dry ? 'would make' : 'made'} a key pair of your own: ${operatorKey}`);
    printResults(results, { dry, connections });
  }
  return interrupted ? 130 : exitCodeOf(results);
}

/** The same with a view of the progress on stderr. */
export async function seen<T extends KeysOptions & { readonly json?: boolean }>(o: T): Promise<T> {
  return { ...o, view: await createStageView({ stderr: process.stderr, plain: o.json }) };
}

export interface Distributed {
  readonly results: readonly KeyResult[];
  readonly connections: number;
  /** Path of the operator's key pair, if one had to be made. */
  readonly operatorKey?: string;
  /** Ctrl-C was pressed. */
  readonly interrupted: boolean;
}

/** The same without output. @throws InputError */
export async function distributeAll(o: DistributeKeysOptions): Promise<Distributed> {
  const kind = keyKind(o.type ?? 'ed25519', o.bits);
  const dry = o.dryRun ?? false;
  return withKeyHosts(o, selection(o), async (open) => {
    // Where no host answers there is no use for a new pair.
    const reached = open.hosts.length > 0;
    const operator = await operatorKeys(usedKeys(open), kind, dry || !reached);
    const { hosts, hubs, steering } = open;
    const login = ownLogin(open.connections.targets, operator.files, steering.interrupt.kill);
    const done = await distributeKeys(hosts, {
      operator: operator.keys,
      ownLogin: login,
      hubs: o.mesh === false ? new Set() : hubs,
      kind,
      dry,
      ...steering,
    });
    return {
      results: withFailures(open, done),
      connections: hosts.length,
      operatorKey: reached ? operator.made : undefined,
      ...wasInterrupted(open),
    };
  });
}

export interface CheckKeysOptions extends KeysOptions {
  readonly json?: boolean;
}

/** `keys check`. Exit code 1 if a pair failed, 130 if interrupted. */
export async function runKeysCheck(o: CheckKeysOptions): Promise<number> {
  const { pairs, interrupted } = await check(await seen(o));
  if (o.json) say(pairsJson(pairs));
  else printPairs(pairs, process.stdout.columns || 120);
  if (interrupted) return 130;
  return pairs.some((p) => p.error !== undefined) ? 1 : 0;
}

/** The same without output: pairs in the inventory's order. @throws InputError */
export async function checkAll(o: KeysOptions): Promise<readonly PairResult[]> {
  return (await check(o)).pairs;
}

async function check(o: KeysOptions): Promise<{ readonly pairs: readonly PairResult[]; readonly interrupted: boolean }> {
  return withKeyHosts(o, selection(o), async (open) => {
    const { all, hosts, hubs, failures, steering } = open;
    const meant = (name: string): boolean => hubs === undefined || hubs.has(name);
    const from = hosts.filter((h) => meant(h.name));
    const done = await checkMesh(from, all, steering);
    const pairs = all.flatMap(({ name }) => {
      const failure = meant(name) ? failures.get(name) : undefined;
      if (failure) return failedPairs(name, all, `${name} cannot be reached from here: ${reasonOf(failure)}`);
      return done.filter((p) => p.from === name);
    });
    return { pairs, ...wasInterrupted(open) };
  });
}

export function wasInterrupted(open: OpenHosts): { readonly interrupted: boolean } {
  return { interrupted: open.steering.interrupt.stop?.aborted === true };
}

/** In the inventory's order, including unreachable hosts. */
export function withFailures(open: OpenHosts, results: readonly KeyResult[]): KeyResult[] {
  return open.all.flatMap((h) => {
    const error = open.failures.get(h.name);
    if (error) return [{ host: h.name, changes: [], notes: [], error }];
    return results.filter((r) => r.host === h.name);
  });
}

/** Private key files used to connect: their owner is the operator. */
export function usedKeys(open: OpenHosts): string[] {
  return [
    ...new Set(
      [...open.connections.targets.values()].flatMap((t) => [
        ...(t.privateKeyFile ? [t.privateKeyFile] : []),
        ...(t.identities?.files ?? []),
      ]),
    ),
  ];
}

/** @throws InputError for a size that ssh-keygen would refuse. */
export function keyKind(type: KeyKind['type'], bits: number | undefined): KeyKind {
  if (bits === undefined) return type === 'rsa' ? { type, bits: 4096 } : { type };
  const fits = type === 'rsa' ? bits >= 2048 && bits <= 16_384 : type === 'ecdsa' && [256, 384, 521].includes(bits);
  if (fits) return { type, bits };
  throw new InputError({
    what: `A key of type ${type} cannot have ${bits} bits`,
    fix: type === 'ed25519' ? 'Omit --bits' : type === 'ecdsa' ? 'Use 256, 384 or 521' : 'Use 2048 to 16384; 4096 is the default',
  });
}
