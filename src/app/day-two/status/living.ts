import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { type LivingCluster, livingCluster } from '../../../cluster/living/living-cluster.js';
import type { ApiFacts, EtcdFacts, LivingFacts, NodeFact } from '../../../facts/living/living-facts.js';
import { parseLiving } from '../../../facts/living/parse-living.js';
import { apiProbe, livingProbe } from '../../../facts/living/probe-living.js';
import { questionsFor } from '../../../roles/preflight/questions.js';
import { sh } from '../../../shell/shell.js';
import type { Answer, Asker } from '../ask.js';
import type { EtcdState } from '../etcd/model.js';

/** What hosts say of a cluster. */
export type HostsSeen = ReadonlyMap<string, { readonly isNode: boolean; readonly living?: LivingFacts }>;

/**
 * Asks all hosts at once for what `provision` reads before a run, and leaves out what costs most and others know: one API server tells of
 * all objects, of the other API servers and of the versions on the nodes. Those of which it does not say that they run are asked themselves.
 */
export async function askLiving(cluster: Cluster, asker: Asker): Promise<HostsSeen> {
  const first = cluster.controlPlane.find((h) => asker.sessions.has(h.name));
  const { answers } = await asker.ask(cluster.hosts, (host) => {
    const { living } = questionsFor(cluster, host);
    return sh`
      PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
      [ ! -e /etc/kubernetes/kubelet.conf ] || say node yes
      ${living ? livingProbe(living, { api: host === first, etcd: false, versions: false }) : sh``}`;
  });
  const seen = new Map([...answers].map(([host, answer]) => [host, hostSeen([answer])]));
  const api = first && seen.get(first.name)?.living?.api;
  const vouched = api?.version === undefined ? new Map<string, ApiFacts>() : otherApis(api);
  const silent = cluster.controlPlane.filter((h) => h !== first && !vouched.has(h.name) && seen.get(h.name)?.isNode);
  const more = await asker.ask(silent, (host) => apiProbe(host.settings.bin_dir));
  for (const host of cluster.controlPlane) {
    const [answer, again] = [answers.get(host.name), silent.includes(host) ? more.answers.get(host.name) : undefined];
    if (answer && again) seen.set(host.name, hostSeen([answer, again]));
    const { living, isNode } = seen.get(host.name) ?? {};
    const known = living?.api ?? vouched.get(host.name) ?? WITHOUT_API;
    if (living && isNode) seen.set(host.name, { isNode, living: { ...living, api: known } });
  }
  return seen;
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
const WITHOUT_API: ApiFacts = {
  ...NOTHING,
  ready: false,
  error: "there is no manifest of it, or no administrator's kubeconfig, in /etc/kubernetes",
};

function hostSeen(answers: readonly Answer[]): { isNode: boolean; living?: LivingFacts } {
  const lines = new Map<string, string[]>();
  for (const answer of answers) {
    for (const [key, values] of answer) lines.set(key, [...(lines.get(key) ?? []), ...values.map((v) => v.trim())]);
  }
  const living = parseLiving(lines);
  return { isNode: lines.has('node'), ...(living ? { living } : {}) };
}

/** The other API servers, by node, as the pods of one tell of them; those that are not ready, or whose image has no version, are left out. */
function otherApis({ controlPlanePods }: ApiFacts): Map<string, ApiFacts> {
  return new Map(
    controlPlanePods.flatMap(({ node, component, image, ready }) => {
      const [, version] = /:v(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?)(?:@|$)/.exec(image) ?? [];
      return component === 'kube-apiserver' && ready && version !== undefined ? [[node, { version, ready, ...NOTHING }]] : [];
    }),
  );
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
  const leader = members.find((m) => m.status?.leader);
  const status = own?.status && {
    memberId: hex(own.id),
    ...(own.status.hasLeader && leader ? { leader: hex(leader.id) } : {}),
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
