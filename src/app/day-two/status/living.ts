import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { type LivingCluster, livingCluster } from '../../../cluster/living/living-cluster.js';
import type { ApiFacts, EtcdFacts, LivingFacts, NodeFact } from '../../../facts/living/living-facts.js';
import { parseLiving } from '../../../facts/living/parse-living.js';
import { apiProbe, livingProbe, servingProbe } from '../../../facts/living/probe-living.js';
import { questionsFor } from '../../../roles/preflight/questions.js';
import { sh } from '../../../shell/shell.js';
import type { Answer, Asker } from '../ask.js';
import type { EtcdState } from '../etcd/model.js';

/** What hosts say of a cluster. */
export type HostsSeen = ReadonlyMap<string, HostSeen>;

interface HostSeen {
  readonly isNode: boolean;
  readonly living?: LivingFacts;
}

/**
 * Asks all hosts at once for what `provision` reads before a run, and leaves out what costs most and others know: one API server tells of
 * all objects and of the versions on the nodes, the others only whether they are ready. Those that are not are asked why.
 */
export async function askLiving(cluster: Cluster, asker: Asker): Promise<HostsSeen> {
  const first = cluster.controlPlane.find((h) => asker.sessions.has(h.name));
  const { answers } = await asker.ask(cluster.hosts, (host) => {
    const { living } = questionsFor(cluster, host);
    return sh`
      PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
      [ ! -e /etc/kubernetes/kubelet.conf ] || say node yes
      ${host.controlPlane ? servingProbe() : sh``}
      ${living ? livingProbe(living, { api: host === first, etcd: false, versions: false }) : sh``}`;
  });
  const seen = new Map([...answers].map(([host, answer]) => [host, hostSeen([answer])]));
  const told = first && seen.get(first.name)?.living?.api;
  const enough = told?.version !== undefined && told.ready && told.nodes.length > 0;
  const unclear = cluster.controlPlane.filter(
    (h) => h !== first && seen.get(h.name)?.isNode && !(enough && serving(answers.get(h.name))),
  );
  const more = await asker.ask(unclear, (host) => apiProbe(host.settings.bin_dir));
  for (const { name } of cluster.controlPlane) {
    const [answer, again] = [answers.get(name), more.answers.get(name)];
    if (answer)
      seen.set(name, withApi(hostSeen(again ? [answer, again] : [answer]), serving(answer), name === first?.name || !!again));
  }
  return seen;
}

/** The version of the host's API server; undefined: it is not ready, or does not tell just anyone. */
function serving(answer: Answer | undefined): string | undefined {
  const version = answer?.get('serving')?.[0];
  return version === '' ? undefined : version;
}

/** @param asked the API server has been asked itself. */
function withApi({ isNode, living }: HostSeen, version: string | undefined, asked: boolean): HostSeen {
  if (!living || !isNode || living.api) return { isNode, ...(living ? { living } : {}) };
  if (version !== undefined) return { isNode, living: { ...living, api: { ...NOTHING, version, ready: true } } };
  return { isNode, living: asked ? { ...living, api: { ...NOTHING, ready: false, error: NO_WAY } } : living };
}

const NOTHING = {
  nodes: [],
  configMaps: {},
  workloads: [],
  services: [],
  controlPlanePods: [],
  ipPools: [],
} as const satisfies Partial<ApiFacts>;

/** Of a control plane that is a node. */
const NO_WAY = "there is no manifest of it, or no administrator's kubeconfig, in /etc/kubernetes";

function hostSeen(answers: readonly Answer[]): HostSeen {
  const lines = new Map<string, string[]>();
  for (const answer of answers) {
    for (const [key, values] of answer) lines.set(key, [...(lines.get(key) ?? []), ...values.map((v) => v.trim())]);
  }
  const living = parseLiving(lines);
  return { isNode: lines.has('node'), ...(living ? { living } : {}) };
}

/** The cluster, with what etcd's members and the nodes have said of themselves in their places. */
export function joined(cluster: Cluster, seen: HostsSeen, etcd: EtcdState): LivingCluster | undefined {
  const nodes = new Map([...seen.values()].flatMap((s) => s.living?.api?.nodes ?? []).map((n) => [n.name, n]));
  const facts = cluster.hosts.flatMap((host) => {
    const found = seen.get(host.name);
    if (!found) return [];
    const { living } = found;
    return [[host.name, living ? { ...found, living: completed(host, living, nodes.get(host.name), etcd) } : found] as const];
  });
  return livingCluster(new Map(facts));
}

function completed(host: ClusterHost, living: LivingFacts, node: NodeFact | undefined, state: EtcdState): LivingFacts {
  const member = state.members.find((m) => m.host === host.name);
  const version = member?.status?.version;
  const containerd = /^containerd:\/\/(.+)$/.exec(node?.runtime ?? '')?.[1];
  const etcd = living.etcd && { ...living.etcd, ...membersFrom(host, state) };
  return {
    ...living,
    running: {
      ...(node ? { kubelet: node.kubelet } : {}),
      ...(containerd === undefined ? {} : { containerd }),
      ...(version === undefined ? {} : { etcd: version }),
    },
    ...(etcd ? { etcd } : {}),
  };
}

function membersFrom(host: ClusterHost, { members }: EtcdState): Pick<EtcdFacts, 'status' | 'members'> {
  const own = members.find((m) => m.host === host.name);
  const status = own?.status && {
    memberId: hex(own.id),
    ...(own.status.leaderId === undefined ? {} : { leader: hex(own.status.leaderId) }),
    version: own.status.version,
    dbBytes: own.status.dbBytes,
    isLearner: own.learner,
    appliedIndex: own.status.appliedIndex,
    errors: own.status.errors.join(', '),
  };
  return {
    ...(status ? { status } : {}),
    members: members.map(({ id, name, peerUrl, learner }) => ({
      id: hex(id),
      name,
      peerUrls: [peerUrl],
      clientUrls: [],
      started: name !== '',
      isLearner: learner,
    })),
  };
}

function hex(id: string): string {
  return BigInt(id).toString(16);
}
