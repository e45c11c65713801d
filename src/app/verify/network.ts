import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../transport/types.js';
import type { Kube } from './cluster/kube.js';
import { listOf, type PodPlan, podObjects, policyObject } from './cluster/objects.js';
import { type StartedPod, waitForPods } from './cluster/pods.js';
import { missingAgent, policyAgent } from './judge/agents.js';
import { judgeDns, judgePolicies, judgeServices } from './judge/network.js';
import { judgePairs, suspects } from './judge/pairs.js';
import {
  type Check,
  type ClusterView,
  checkOf,
  type Evidence,
  type Failure,
  type Findings,
  type HostLook,
  type PairResult,
  type PolicyFinding,
  type Probe,
  skipped,
} from './model.js';
import { isRing, planPairs } from './pairs.js';
import { evidenceProgram, parseEvidence } from './programs/evidence.js';
import { parseFindings, parsePolicy, payloadOf, policyProgram, probeProgram } from './programs/probe.js';
import { parseServing, serveProgram, TTL_SEC } from './programs/serve.js';
import { type Held, holdProgram, runProgram } from './remote.js';

/** Hosts that are searched for the cause of failing pairs. */
const SUSPECTS = 10;
/** Milliseconds; twice the lease of a controller manager. */
const ENDPOINTS_MS = 30_000;

export interface NetworkInput {
  readonly kube: Kube;
  readonly namespace: string;
  readonly view: ClusterView;
  readonly looks: readonly HostLook[];
  readonly nodeOf: ReadonlyMap<string, string>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly signal: AbortSignal;
  readonly stage: (doing: string, hosts: readonly string[]) => void;
  readonly done: (host: string) => void;
}

export interface NetworkResult {
  readonly checks: readonly Check[];
  readonly pairs: readonly PairResult[];
}

/** Starts a pod on each node and lets them talk; what was started on hosts has ended when it returns. */
export async function checkNetwork(n: NetworkInput): Promise<NetworkResult> {
  const { plans, failures } = planPods(n);
  if (plans.length === 0)
    return { checks: [checkOf('pods', 'test pods', 0, failures.length, 'one per node', failures)], pairs: [] };
  n.stage(
    'starting a pod on each node',
    plans.map((p) => p.host),
  );
  await n.kube.apply(listOf(podObjects(n.namespace, plans, TTL_SEC)));
  const { started, failures: late } = await waitForPods(n.kube, n.namespace, plans, n.signal);
  const held: Held[] = [];
  try {
    const { probes, failures: silent } = await serve(n, started, plans, held);
    const all = [...failures, ...late, ...silent];
    const pods = checkOf('pods', 'test pods', probes.length, probes.length + all.length, 'one per node', all);
    if (n.signal.aborted) return { checks: [pods], pairs: [] };
    const network = await talk(n, probes);
    return { checks: [pods, ...network.checks], pairs: network.pairs };
  } finally {
    await Promise.all(held.map((h) => h.end()));
  }
}

interface HostedPlan extends PodPlan {
  readonly host: string;
}

/** One pod for each node that is Ready, on a host that we can use, with an image that this very host has. */
function planPods({ view, looks, nodeOf }: NetworkInput): {
  readonly plans: readonly HostedPlan[];
  readonly failures: readonly Failure[];
} {
  const failures: Failure[] = [];
  const plans: HostedPlan[] = [];
  const what = 'its network is not tested';
  for (const [i, node] of view.nodes.entries()) {
    const look = looks.find((l) => nodeOf.get(l.host) === node.name);
    if (!look) {
      failures.push({
        node: node.name,
        what,
        why: 'no host of the inventory that could be reached has one of its addresses',
        fix: 'Add the host to the inventory',
      });
      continue;
    }
    if (!node.ready) {
      failures.push({ node: node.name, what, why: 'the node is not Ready', fix: 'Get it Ready first' });
      continue;
    }
    const missing = ['socat', 'nsenter', 'ip'].filter((t) => !look.tools.has(t));
    if (missing.length > 0) {
      const fix = `Install ${missing.map((t) => ({ socat: 'socat', nsenter: 'util-linux', ip: 'iproute2' })[t]).join(' and ')} on ${look.host}`;
      failures.push({ node: node.name, what, why: `${missing.join(' and ')} is not installed on ${look.host}`, fix });
      continue;
    }
    const image = look.pauseImages.at(-1) ?? node.images.find((name) => /(^|[/-])pause:[^@]*$/.test(name));
    if (image === undefined) {
      failures.push({
        node: node.name,
        what,
        why: 'no pause image was found on it, and test pods run no other',
        fix: `Let the runtime of ${look.host} have one: crictl pull registry.k8s.io/pause:3.10`,
      });
      continue;
    }
    plans.push({ node: node.name, host: look.host, name: `node-${i}`, image });
  }
  return { plans, failures };
}

async function serve(
  n: NetworkInput,
  started: readonly StartedPod[],
  plans: readonly HostedPlan[],
  held: Held[],
): Promise<{ readonly probes: readonly Probe[]; readonly failures: readonly Failure[] }> {
  const failures: Failure[] = [];
  const probes = await Promise.all(
    started.map(async (pod): Promise<Probe[]> => {
      const host = plans.find((p) => p.name === pod.name)?.host ?? '';
      const session = n.sessions.get(host);
      if (!session) return [];
      const own = holdProgram(session, serveProgram(pod.node, pod.uid));
      held.push(own);
      const serving = parseServing(await own.ready);
      n.done(host);
      if (serving) return [{ node: pod.node, host, pod: pod.name, uid: pod.uid, ip: pod.ip, ...serving }];
      failures.push({
        node: pod.node,
        what: 'the network namespace of its test pod cannot be used',
        why: own.err().split('\n').at(-1) || 'the program on the host ended without a word',
        fix: `Look at ${host}: does its container runtime run pods as plain processes (no virtual machines, no gVisor)?`,
      });
      return [];
    }),
  );
  return { probes: probes.flat(), failures };
}

interface ServiceOrSlice {
  readonly kind: string;
  readonly spec?: { readonly clusterIP?: string };
  readonly endpoints?: readonly unknown[] | null;
}

/** The Service's address, and its endpoints awaited: the controller manager writes them, seconds after its start, once it holds its lease. */
async function waitForService(n: NetworkInput): Promise<{ readonly address: string; readonly hasEndpoints: boolean }> {
  const until = Date.now() + ENDPOINTS_MS;
  for (;;) {
    const { items } = await n.kube.json<{ items: readonly ServiceOrSlice[] }>(
      'get',
      'services,endpointslices',
      '-n',
      n.namespace,
    );
    const address = items.find((o) => o.kind === 'Service')?.spec?.clusterIP ?? '';
    const hasEndpoints = items.some((o) => (o.endpoints?.length ?? 0) > 0);
    if (hasEndpoints || n.signal.aborted || Date.now() > until) return { address, hasEndpoints };
    await sleep(1000, undefined, { signal: n.signal }).catch(() => undefined);
  }
}

async function talk(n: NetworkInput, probes: readonly Probe[]): Promise<NetworkResult> {
  const { address: service, hasEndpoints } = await waitForService(n);
  const hosts = probes.map((p) => p.host);
  n.stage('letting pods talk to each other', hosts);
  const plan = planPairs(probes.length);
  const findings = await Promise.all(
    probes.map(async (self, i): Promise<Findings> => {
      const peers = (plan[i] ?? []).flatMap((j) => probes[j] ?? []);
      const program = probeProgram({ self, peers, service, dns: n.view.dns.services.length > 0 });
      const found = parseFindings(self.node, await ranOn(n, self.host, program));
      n.done(self.host);
      const silent = peers.filter((p) => !found.pairs.some((r) => r.to === p.node));
      const missing = silent.map(
        (p): PairResult => ({ from: self.node, to: p.node, state: 'none', said: 'the test did not end' }),
      );
      return { ...found, pairs: [...found.pairs, ...missing] };
    }),
  );
  if (n.signal.aborted) return { checks: [], pairs: [] };
  const pairs = findings.flatMap((f) => f.pairs);
  const evidence = await gatherEvidence(n, probes, suspects(pairs, SUSPECTS));
  const judged = judgePairs(pairs, { view: n.view, evidence, note: pairsNote(probes) });
  const checks = [judged.check, judgeServices(n.view, findings, judged.cutOff, hasEndpoints), judgeDns(n.view, findings)];
  return { checks: [...checks, await policies(n, probes, pairs)], pairs };
}

function pairsNote(probes: readonly Probe[]): string {
  const sizes = probes.map((p) => payloadOf(p, p) + 28);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const bytes = least === most ? `${least}` : `${least} to ${most}`;
  const ring = isRing(probes.length) ? `; of ${probes.length} nodes each talks to its neighbours in a ring, not to all` : '';
  return `every pair both ways, packets of ${bytes} bytes${ring}`;
}

/** Whatever else there is to see on the hosts of failing pairs. */
async function gatherEvidence(n: NetworkInput, probes: readonly Probe[], nodes: readonly string[]): Promise<Evidence[]> {
  const looked = await Promise.all(
    nodes.map(async (node) => {
      const probe = probes.find((p) => p.node === node);
      return probe ? [parseEvidence(node, await ranOn(n, probe.host, evidenceProgram()))] : [];
    }),
  );
  return looked.flat();
}

async function policies(n: NetworkInput, probes: readonly Probe[], pairs: readonly PairResult[]): Promise<Check> {
  const title = 'policies';
  const agent = policyAgent(n.view);
  if (agent === undefined) return skipped('policies', title, 'the network plugin has no policies');
  if (probes.length < 2) return skipped('policies', title, 'they need two nodes');
  await n.kube.apply(JSON.stringify(policyObject(n.namespace)));
  n.stage(
    'trying a NetworkPolicy',
    probes.map((p) => p.host),
  );
  const untested: string[] = [];
  const findings = await Promise.all(
    probes.map(async (peer): Promise<PolicyFinding[]> => {
      // Only from where it can be reached without a policy: else nothing would be learnt.
      const from = pairs.find((r) => r.to === peer.node && r.state !== 'none')?.from;
      const self = probes.find((p) => p.node === from);
      if (!self) {
        n.done(peer.host);
        untested.push(peer.node);
        return [];
      }
      const found = parsePolicy(self, peer, await ranOn(n, self.host, policyProgram(self, peer)));
      n.done(peer.host);
      if (!found) untested.push(peer.node);
      return found ? [found] : [];
    }),
  );
  if (findings.flat().length === 0) return skipped('policies', title, 'no pod reaches one of another node');
  return judgePolicies(findings.flat(), { agent, untested, lacks: (node) => missingAgent(n.view, node)?.said });
}

async function ranOn(n: NetworkInput, host: string, program: Parameters<typeof runProgram>[1]): Promise<string> {
  const session = n.sessions.get(host);
  return session ? (await runProgram(session, program, n.signal)).out : '';
}
