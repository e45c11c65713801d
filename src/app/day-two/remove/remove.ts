import { type ErrorParts, InputErrors, PreflightError, UNREACHABLE } from '../../../base/errors.js';
import { writeWarning } from '../../../base/text/render-error.js';
import { asCalled } from '../../../base/text/tool-name.js';
import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { remove } from '../../../roles/day-two/remove/remove.js';
import { without } from '../../../roles/day-two/remove/remove-options.js';
import { sh } from '../../../shell/shell.js';
import { type Asker, withHosts } from '../ask.js';
import { confirm } from '../confirm.js';
import { lookAtEtcd } from '../etcd/look.js';
import { type EtcdMember, type EtcdState, isHealthy, quorum, voters } from '../etcd/model.js';
import { type LivingNode, livingNodes } from '../nodes/living-nodes.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';

export interface RemoveCommandOptions extends OperationOptions {
  /** Names of the inventory. */
  readonly nodes: readonly string[];
  /** Also hosts that cannot be reached, and pods without a controller. */
  readonly force: boolean;
  /** Seconds. */
  readonly drainTimeout: number;
  readonly yes: boolean;
}

interface Found {
  readonly nodes: readonly LivingNode[] | undefined;
  readonly etcd: EtcdState;
  readonly failures: Asker['failures'];
  /** Control planes that stay and whose API answers. */
  readonly ready: readonly string[];
  /** Etcd hosts with the key of etcd's CA. */
  readonly caKeys: ReadonlySet<string>;
}

/** `remove`: nodes leave the cluster, and their hosts are reset. @returns exit code */
export async function removeCommand(o: RemoveCommandOptions): Promise<number> {
  const source = await readForLook(o);
  const { cluster } = source;
  const removed = wanted(cluster, o.nodes);
  const rest = without(cluster, o.nodes);
  const found = await withHosts(source, cluster.hosts, o.connection, (asker) => look(cluster, rest, asker));
  const problems = refusals(removed, rest, found, o.force);
  if (problems.length > 0) throw new PreflightError(problems);
  const dead = new Set(removed.map((h) => h.name).filter((name) => found.failures.has(name)));
  const coordinator = found.ready[0] ?? '';
  const member = rest.etcd.find((h) => found.etcd.members.some((m) => m.host === h.name && isHealthy(m)))?.name ?? '';
  const away = rest.hosts.filter((h) => found.failures.has(h.name)).map((h) => h.name);
  if (away.length > 0) {
    writeWarning({
      what: `${away.join(', ')} cannot be reached and will still know the removed hosts`,
      fix: 'Run provision when they are back: it updates their load balancer and /etc/hosts',
    });
  }
  if (!o.check) await confirm(announcement(removed, dead, found), o.yes);
  const took = cluster.hosts.map((h) => h.name).filter((name) => !found.failures.has(name));
  return runOperation(o, {
    title: `remove ${o.nodes.join(' ')}`,
    playbook: 'remove.yml',
    roles: remove({
      removed: o.nodes,
      dead,
      coordinator,
      member,
      drainTimeout: o.drainTimeout,
      force: o.force,
    }),
    hosts: took,
    finish: async ({ result }) => {
      if (result.exitCode === 0) process.stderr.write(`${asCalled(whatNext(removed, dead, rest).join('\n'))}\n`);
    },
  });
}

/** @throws InputErrors for names that are not in the inventory, or are given twice. */
function wanted(cluster: Cluster, names: readonly string[]): readonly ClusterHost[] {
  const problems: ErrorParts[] = [];
  const hosts = names.flatMap((name, i) => {
    if (names.indexOf(name) !== i) problems.push({ what: `${name} is named twice`, fix: 'Name each node once' });
    const host = cluster.hosts.find((h) => h.name === name);
    if (!host)
      problems.push({ what: `The inventory's cluster has no host ${name}`, fix: 'Run kubewright status to see the nodes' });
    return host ? [host] : [];
  });
  if (problems.length > 0) throw new InputErrors(problems);
  return hosts;
}

async function look(cluster: Cluster, rest: Cluster, asker: Asker): Promise<Found> {
  const [nodes, etcd, apis, keys] = await Promise.all([
    livingNodes(asker, rest.hosts),
    lookAtEtcd(cluster, asker),
    asker.ask(rest.controlPlane, (host) => {
      const kubectl = `${host.settings.bin_dir}/kubectl`;
      return sh`say ready "$(${kubectl} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz 2>&1 | tail -n 1)"`;
    }),
    asker.ask(cluster.etcd, (host) => sh`[ ! -s ${`${host.settings.etcd_cert_dir}/ca-key.pem`} ] || say key yes`),
  ]);
  return {
    nodes,
    etcd,
    failures: asker.failures,
    ready: rest.controlPlane.map((h) => h.name).filter((name) => apis.answers.get(name)?.get('ready')?.[0] === 'ok'),
    caKeys: new Set([...keys.answers].flatMap(([host, answer]) => (answer.has('key') ? [host] : []))),
  };
}

/** Everything that speaks against it, at once; nothing has been changed. */
export function refusals(removed: readonly ClusterHost[], rest: Cluster, found: Found, force: boolean): ErrorParts[] {
  const problems: ErrorParts[] = [];
  if (rest.controlPlane.length === 0) {
    problems.push({
      what: 'The last control plane cannot be removed: it is the cluster',
      fix: 'Add another control plane first, or take the cluster down with kubewright reset',
    });
  } else if (found.ready.length === 0) {
    problems.push({
      what: 'No API server that stays is ready',
      why: rest.controlPlane
        .map((h) => `${h.name}: ${found.failures.get(h.name)?.message ?? 'its API server does not answer'}`)
        .join('; '),
      fix: 'Repair a control plane that stays first',
      ...(rest.controlPlane.every((h) => found.failures.has(h.name)) ? { code: UNREACHABLE } : {}),
    });
  }
  for (const host of removed.filter((h) => found.failures.has(h.name) && !force)) {
    problems.push({
      what: `${host.name} cannot be reached`,
      why: found.failures.get(host.name)?.message,
      fix: 'Start it, so that it can be drained and reset; or, if it is off for good, give --force',
      code: UNREACHABLE,
    });
  }
  problems.push(...etcdRefusals(removed, rest, found, force));
  return problems;
}

function etcdRefusals(removed: readonly ClusterHost[], rest: Cluster, found: Found, force: boolean): ErrorParts[] {
  const { members } = found.etcd;
  const leaving = removed.filter((h) => h.etcd && members.some((m) => m.host === h.name));
  if (leaving.length === 0) return [];
  if (rest.etcd.length === 0) {
    return [
      {
        what: 'The last member of etcd cannot be removed: it holds the cluster',
        fix: 'Add another etcd host first, or take the cluster down with kubewright reset',
      },
    ];
  }
  const healthy = (list: readonly EtcdMember[]): number => voters(list).filter(isHealthy).length;
  if (healthy(members) < quorum(members)) {
    return [
      {
        what: 'etcd has no quorum, so no member can be removed',
        why: `${healthy(members)} of ${voters(members).length} members are healthy, ${quorum(members)} are needed`,
        fix: 'Start the members that are down; if they are lost, restore a snapshot: kubewright etcd restore',
      },
    ];
  }
  const left = members.filter((m) => !leaving.some((h) => h.name === m.host));
  const problems: ErrorParts[] = [];
  if (healthy(left) < quorum(left)) {
    problems.push({
      what: `Without ${leaving.map((h) => h.name).join(', ')} etcd would lose its quorum`,
      why: `of the ${voters(left).length} members that stay ${healthy(left)} are healthy, and ${quorum(left)} are needed`,
      fix: `Repair ${left
        .filter((m) => !isHealthy(m))
        .map((m) => m.host ?? m.name)
        .join(', ')} first, or remove it instead`,
    });
  }
  if (![...found.caKeys].some((name) => rest.etcd.some((h) => h.name === name) || !found.failures.has(name)) && !force) {
    problems.push({
      what: "The key of etcd's certificate authority is on no host that can be reached",
      fix: 'Start the host that holds it, or give --force: then no certificate of etcd can be made again',
    });
  }
  return problems;
}

function announcement(removed: readonly ClusterHost[], dead: ReadonlySet<string>, found: Found): string[] {
  return removed.map((h) => {
    const what = [
      ...(h.controlPlane ? ['control plane'] : h.worker ? ['worker'] : []),
      ...(found.etcd.members.some((m) => m.host === h.name) ? ['etcd member'] : []),
    ].join(' and ');
    return dead.has(h.name)
      ? `${h.name} (${what}) cannot be reached: its node is deleted. It must stay off, and be reset before it is used again.`
      : `${h.name} (${what}) is drained, leaves the cluster, and is reset.`;
  });
}

/** What only the operator can do: the inventory is theirs. */
export function whatNext(removed: readonly ClusterHost[], dead: ReadonlySet<string>, rest: Cluster): string[] {
  const names = removed.map((h) => h.name).join(', ');
  const several = removed.filter((h) => h.etcd).length > 1;
  const off =
    dead.size > 1
      ? { do: 'do', them: 'they', were: 'were', come: 'come' }
      : { do: 'does', them: 'it', were: 'was', come: 'comes' };
  return [
    `Removed: ${names}. Take ${removed.length === 1 ? 'it' : 'them'} out of the inventory now: provision would add ${removed.length === 1 ? 'it' : 'them'} again.`,
    ...(removed.some((h) => h.controlPlane || h.etcd)
      ? [
          "Then run kubewright provision: it takes the removed hosts out of the API servers' settings, one control plane after the other.",
        ]
      : []),
    ...(removed.some((h) => h.etcd) && rest.etcd.length > 0 && rest.etcd.length % 2 === 0
      ? [
          `etcd has ${rest.etcd.length} members now: replace the removed ${several ? 'ones' : 'one'} soon. Until then provision needs -e '{"kubewright_preflight_ignore": ["etcd-even"]}'.`,
        ]
      : []),
    ...(dead.size > 0
      ? [
          `Keep ${[...dead].join(', ')} off: ${off.them} ${off.do} not know that ${off.them} ${off.were} removed. If ${off.them} ${off.come} up again, run kubewright remove once more, which resets ${dead.size > 1 ? 'them' : 'it'}.`,
        ]
      : []),
  ];
}
