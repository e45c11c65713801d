import { join, resolve } from 'node:path';
import { type ErrorParts, PreflightError, UNREACHABLE } from '../../../base/errors.js';
import { asCalled } from '../../../base/text/tool-name.js';
import type { Cluster } from '../../../cluster/cluster.js';
import type { RunResult } from '../../../engine/types.js';
import { RESTORE_ASIDE } from '../../../facts/living/probe-living.js';
import { RECOVERED_EXPORT, recoverSnapshot } from '../../../roles/day-two/etcd/recover.js';
import { etcdRestore } from '../../../roles/day-two/etcd/restore.js';
import { sh } from '../../../shell/shell.js';
import { type Asker, withHosts } from '../ask.js';
import { confirm } from '../confirm.js';
import { lookAtEtcd } from '../etcd/look.js';
import { isHealthy } from '../etcd/model.js';
import { fetchSnapshot, readSnapshot } from '../etcd/snapshot-file.js';
import { refuseForeign } from '../etcd/snapshot-origin.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';

export interface RecoverOptions extends OperationOptions {
  /** Snapshot on this machine, instead of what the members that are left have. */
  readonly snapshot?: string;
  readonly yes: boolean;
}

/** What is left of a cluster whose etcd has lost its quorum; names of hosts. */
export interface Remains {
  /** Etcd hosts that can be reached and hold a member's data. */
  readonly members: readonly string[];
  /** Control planes that can be reached. */
  readonly controlPlanes: readonly string[];
  /** Other nodes that can be reached. */
  readonly workers: readonly string[];
  /** Hosts that cannot be reached, and why. */
  readonly unreachable: ReadonlyMap<string, string>;
  /** Etcd hosts that can be reached and hold no data: new ones, in the place of lost ones. */
  readonly empty: readonly string[];
  /** Etcd hosts that cannot be reached, but whose member answers hosts that can: `m12: 10.0.0.12:2379, asked from m11`. */
  readonly answering: readonly string[];
  /** Some member follows a leader. */
  readonly hasQuorum: boolean;
  /** A restore was cut off: control planes wait without their manifests. */
  readonly restoring: boolean;
}

/** `recover`: etcd starts again with the members that are left. @returns exit code @throws PreflightError where that is not what helps. */
export async function recoverCommand(o: RecoverOptions): Promise<number> {
  const given = o.snapshot === undefined ? undefined : await readSnapshot(o.snapshot);
  const source = await readForLook(o);
  const { cluster } = source;
  const remains = await withHosts(source, cluster.hosts, o.connection, async (asker) => {
    if (o.snapshot !== undefined) await refuseForeign(o.snapshot, cluster, asker);
    return look(cluster, asker);
  });
  const problems = refusals(cluster, remains, given !== undefined);
  if (problems.length > 0) throw new PreflightError(problems);
  const plan = announcement(cluster, remains, o.snapshot);
  if (!o.check) await confirm(plan, o.yes);
  else process.stderr.write(`${plan.join('\n')}\n`);
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const own = o.snapshot ?? (await ownSnapshot(o, remains, stamp));
  if (typeof own === 'number') return own;
  const snapshot = given ?? (await readSnapshot(own));
  const lost = cluster.hosts.map((h) => h.name).filter((name) => !takesPart(remains, name));
  return runOperation(o, {
    title: 'recover',
    playbook: 'etcd-restore.yml',
    roles: etcdRestore({ snapshot, stamp, lost }),
    hosts: [...participants(remains), ...remains.workers],
    secretFiles: new Map([[snapshot.sha256, resolve(own)]]),
    finish: async ({ result }) => {
      process.stderr.write(`${asCalled(whatNext(cluster, remains, own, result.exitCode === 0).join('\n'))}\n`);
    },
  });
}

async function look(cluster: Cluster, asker: Asker): Promise<Remains> {
  const members = cluster.etcd.flatMap((h) => [2379, 2380].map((port) => `${h.accessIp}:${port}`));
  const [state, { answers }] = await Promise.all([
    lookAtEtcd(cluster, asker),
    asker.ask(
      cluster.hosts.filter((h) => h.etcd || h.controlPlane),
      (host) => sh`
        [ ! -d ${`${host.settings.etcd_data_dir}/member`} ] || say data yes
        [ ! -d ${RESTORE_ASIDE} ] || say restoring yes
        for address in ${members}; do
          rc=0
          curl --insecure --silent --output /dev/null --connect-timeout 3 --max-time 6 "https://$address/health" || rc=$?
          # No such host, no connection, no answer in time; anything else has come from there.
          case $rc in 6 | 7 | 28 | 127) ;; *) say answers "$address" ;; esac
        done`,
    ),
  ]);
  const unreachable = new Map([...asker.failures].map(([name, failure]) => [name, failure.message]));
  const workers = cluster.workers.filter((h) => !h.etcd && !h.controlPlane).map((h) => h.name);
  const etcd = cluster.etcd.map((h) => h.name).filter((name) => answers.has(name));
  return {
    members: etcd.filter((name) => answers.get(name)?.has('data')),
    empty: etcd.filter((name) => !answers.get(name)?.has('data')),
    workers: workers.filter((name) => !unreachable.has(name)),
    controlPlanes: cluster.controlPlane.map((h) => h.name).filter((name) => answers.has(name)),
    unreachable,
    answering: cluster.etcd.flatMap((h) => {
      const from = [...answers].find(([, a]) => a.get('answers')?.some((address) => address.startsWith(`${h.accessIp}:`)));
      const address = from?.[1].get('answers')?.find((a) => a.startsWith(`${h.accessIp}:`));
      return from && unreachable.has(h.name) ? [`${h.name}: ${address}, asked from ${from[0]}`] : [];
    }),
    hasQuorum: state.members.some(isHealthy),
    restoring: [...answers.values()].some((a) => a.has('restoring')),
  };
}

/** Everything that speaks against it; nothing has been changed. */
export function refusals(cluster: Cluster, r: Remains, fromSnapshot: boolean): ErrorParts[] {
  if (r.restoring && !fromSnapshot) {
    return [
      {
        what: 'A recovery or a restore has not been finished',
        why: 'It must go on with the snapshot that it began with',
        fix: 'Give it: kubewright recover --snapshot FILE',
      },
    ];
  }
  if (r.hasQuorum && !r.restoring) {
    return [
      {
        what: 'etcd has its quorum, so nothing has to be recovered',
        fix: 'Take lost hosts out with kubewright remove NAME --force and add others with provision. For the data of a snapshot run kubewright etcd restore',
      },
    ];
  }
  if (r.answering.length > 0) {
    return [
      {
        what: 'A member of etcd that cannot be reached still answers the other hosts',
        where: r.answering.join('; '),
        why: 'It is not lost: it would go on with the old data beside the recovered cluster',
        fix: 'Make it reachable for this machine, and recover with it; or switch it off first',
        code: UNREACHABLE,
      },
    ];
  }
  const away = r.unreachable.size > 0 ? { code: UNREACHABLE } : {};
  const needed = Math.floor(cluster.etcd.length / 2) + 1;
  if (r.members.length === 0) {
    const why = [...r.unreachable].map(([name, reason]) => `${name}: ${reason}`).join('; ');
    return [
      {
        what: 'No etcd host that holds data can be reached',
        why: why === '' ? 'None of them holds data' : why,
        fix: 'Start one of them; or build a new cluster with provision and give it the data of a snapshot with kubewright etcd restore',
        ...away,
      },
    ];
  }
  const problems: ErrorParts[] = [];
  if (r.members.length >= needed && !r.restoring) {
    problems.push({
      what: `${r.members.length} of ${cluster.etcd.length} members of etcd are left, which is a quorum`,
      where: r.members.join(', '),
      why: 'They only have to be started: a recovery would give up what the others know',
      fix: 'Run systemctl start etcd on each of them; journalctl -u etcd says what keeps a member from its work',
    });
  }
  if (!r.controlPlanes.some((name) => takesPart(r, name))) {
    problems.push({
      what: 'No control plane can be reached',
      fix: 'Start one: without its keys and manifests nothing can use the data of etcd',
      ...away,
    });
  }
  return problems;
}

/** Hosts on which etcd is restored, and API servers stop and start again. An empty one has no API server yet. */
export function participants(r: Remains): string[] {
  return [...new Set([...r.members, ...r.controlPlanes])].filter((name) => takesPart(r, name));
}

/** A control plane whose own etcd data are gone is one of those to be replaced. */
function takesPart(r: Remains, name: string): boolean {
  return !r.unreachable.has(name) && !r.empty.includes(name);
}

function announcement(cluster: Cluster, r: Remains, snapshot: string | undefined): string[] {
  const gone = cluster.etcd.map((h) => h.name).filter((name) => !r.members.includes(name));
  return [
    `etcd starts again on ${r.members.join(', ')}, ${snapshot === undefined ? 'with what is there' : `with the data of ${resolve(snapshot)}`}.`,
    `${gone.join(', ')}: given up as ${gone.length === 1 ? 'a member' : 'members'}. What only they knew is lost. Keep them off until they are reset.`,
    'The API is away meanwhile; the old data are kept on the members.',
  ];
}

/** @returns the snapshot's path on this machine, or an exit code. */
async function ownSnapshot(o: RecoverOptions, r: Remains, stamp: string): Promise<string | number> {
  let file: string | undefined;
  const code = await runOperation(o, {
    title: 'recover: take a snapshot',
    playbook: 'etcd-recover.yml',
    roles: [recoverSnapshot(stamp)],
    hosts: r.members,
    finish: async ({ result, sessions, signal }) => {
      const best = newest(result, r.members);
      const session = best && sessions.get(best.host);
      if (!best || !session || result.exitCode !== 0) return;
      file = await fetchSnapshot(session, best.path, best.sha256, join('.kubewright', 'recover'), signal);
      process.stderr.write(`The newest data are those of ${best.host}, revision ${best.revision}. Snapshot: ${file}\n`);
    },
  });
  return file ?? code;
}

interface Taken {
  readonly host: string;
  readonly path: string;
  readonly sha256: string;
  readonly revision: number;
}

function newest(result: RunResult, members: readonly string[]): Taken | undefined {
  const taken = members.flatMap((host): Taken[] => {
    const value = result.exports.get(host)?.get(RECOVERED_EXPORT);
    const [path, sha256, , revision] = typeof value === 'string' ? value.trim().split(' ') : [];
    return path && sha256 ? [{ host, path, sha256, revision: Number(revision) }] : [];
  });
  return taken.toSorted((a, b) => b.revision - a.revision)[0];
}

function whatNext(cluster: Cluster, r: Remains, snapshot: string, done: boolean): string[] {
  const again = `kubewright recover --snapshot ${snapshot}`;
  if (!done) return [`To go on run ${again}: it takes up where this run stopped.`];
  const dead = cluster.hosts.map((h) => h.name).filter((name) => r.unreachable.has(name));
  return [
    `The cluster runs on ${r.members.join(', ')}.`,
    ...(dead.length > 0 ? [`Take the lost hosts out: kubewright remove ${dead.join(' ')} --force`] : []),
    'Then run kubewright provision with the hosts that replace them: they join etcd as learners and the control plane.',
  ];
}
