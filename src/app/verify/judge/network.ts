import { dnsAnswer } from '../dns-message.js';
import { type Check, type ClusterView, checkOf, type Failure, type Findings, type PolicyFinding, skipped } from '../model.js';
import { missingAgent } from './agents.js';

/** DNS as each node's pods are configured to ask it. */
export function judgeDns(view: ClusterView, findings: readonly Findings[]): Check {
  const title = 'DNS';
  if (view.dns.services.length === 0) return skipped('dns', title, 'the cluster has no DNS Service (k8s-app=kube-dns)');
  const asked = findings.filter((f) => f.dns !== undefined);
  const failing = asked.flatMap(({ node, dns }) => {
    const { address, why } = dnsAnswer(dns?.answer ?? '');
    return address === undefined ? [{ node, why: [why, dns?.said].filter(Boolean).join(': ') }] : [];
  });
  const cause = noServer(view);
  // One paragraph for one cause.
  const everywhere = failing.length === asked.length && failing.length > 0 && cause !== undefined;
  const failures: Failure[] = everywhere
    ? [{ node: failing.map((f) => f.node).join(', '), what: 'no pod can look up a name', ...cause }]
    : failing.map(
        (f): Failure => ({
          node: f.node,
          what: 'its pods cannot look up names',
          why: cause?.why ?? missingAgent(view, f.node)?.said ?? f.why,
          fix: cause?.fix ?? `Do the pods of ${f.node} reach those of other nodes? Look at kube-proxy on ${f.node} as well`,
        }),
      );
  return checkOf(
    'dns',
    title,
    asked.length - failing.length,
    asked.length,
    'kubernetes.default.svc from a pod on each node',
    failures,
  );
}

/** Why no DNS server can answer. */
function noServer(view: ClusterView): { readonly why: string; readonly fix: string } | undefined {
  const servers = view.pods.filter((p) => p.app === 'kube-dns');
  if (servers.some((p) => p.ready)) return undefined;
  const [deployment] = view.dns.deployments;
  const name = deployment?.name ?? 'coredns';
  if (deployment?.replicas === 0) {
    return {
      why: `the deployment ${name} is scaled to 0: there is no DNS server`,
      fix: `kubectl -n kube-system scale deployment ${name} --replicas=2`,
    };
  }
  const [pod] = servers;
  return {
    why: pod
      ? `${pod.name} on ${pod.node || 'no node'} is not ready${pod.waiting ? ` (${pod.waiting})` : ''}`
      : `no pod of ${name} exists`,
    fix: `kubectl -n kube-system describe pods -l k8s-app=kube-dns`,
  };
}

const NO_ENDPOINTS: Failure = {
  node: 'cluster',
  what: 'the Service of the test pods has got no endpoints',
  why: 'the controller manager has written none; after a restart it waits for its lease first',
  fix: 'kubectl -n kube-system get lease kube-controller-manager; kubectl -n kube-system logs -l component=kube-controller-manager --tail=20',
};

/**
 * A Service of all test pods, from each pod and each host.
 *
 * @param hasEndpoints whether the Service had any: without them kube-proxy refuses connections on every node.
 */
export function judgeServices(
  view: ClusterView,
  findings: readonly Findings[],
  cutOff: readonly string[],
  hasEndpoints = true,
): Check {
  const ways = findings.flatMap((f) => [
    ...(f.fromPod ? [{ node: f.node, from: 'its pods', ...f.fromPod }] : []),
    ...(f.fromHost ? [{ node: f.node, from: 'the host itself', ...f.fromHost }] : []),
  ]);
  const failing = ways.filter((w) => !w.ok);
  if (!hasEndpoints)
    return checkOf('services', 'Services', 0, ways.length, 'from a pod on each node and from each host', [NO_ENDPOINTS]);
  const nodes = [...new Set(failing.map((w) => w.node))];
  const failures = nodes.map((node): Failure => {
    const from = failing.filter((w) => w.node === node);
    const proxy = view.pods.find((p) => p.owner === 'DaemonSet/kube-proxy' && p.node === node);
    const isolated = cutOff.includes(node);
    return {
      node,
      what: `a Service cannot be reached from ${from.map((w) => w.from).join(' and ')}`,
      why: isolated
        ? 'its pods do not reach those of other nodes (see pod to pod)'
        : proxy && !proxy.ready
          ? `kube-proxy on ${node} is not ready${proxy.waiting ? ` (${proxy.waiting})` : ''}`
          : (from.map((w) => w.said).find((s) => s !== '') ?? 'no answer'),
      fix: isolated
        ? 'Cure that first'
        : `Look at what makes Services there (kube-proxy, or the network plugin instead of it): kubectl get pods -A --field-selector spec.nodeName=${node}`,
    };
  });
  return checkOf(
    'services',
    'Services',
    ways.length - failing.length,
    ways.length,
    'from a pod on each node and from each host',
    failures,
  );
}

/** A NetworkPolicy that blocks one port and allows another, on each node. */
export function judgePolicies(
  findings: readonly PolicyFinding[],
  o: { readonly agent: string; readonly untested: readonly string[]; readonly lacks: (node: string) => string | undefined },
): Check {
  const failures = findings.flatMap((f): Failure[] => [
    ...(f.blocked
      ? []
      : [
          {
            node: f.node,
            what: `a NetworkPolicy does not block what ${f.from} sends to its pods`,
            why: o.lacks(f.node) ?? `${o.agent} on ${f.node} does not enforce policies`,
            fix: `kubectl logs of ${o.agent} on ${f.node}: which chains or programs could it not write?`,
          },
        ]),
    ...(f.allowed
      ? []
      : [
          {
            node: f.node,
            what: `a NetworkPolicy blocks what it allows from ${f.from}`,
            why: o.lacks(f.node) ?? `${o.agent} on ${f.node} lets through less than the policy says, or learns of pods too late`,
            fix: `kubectl logs of ${o.agent} on ${f.node}`,
          },
        ]),
  ]);
  const passed = findings.reduce((n, f) => n + Number(f.blocked) + Number(f.allowed), 0);
  const note = `one blocks, one allows, on each node${o.untested.length > 0 ? `; not tested on ${o.untested.join(', ')}` : ''}`;
  return checkOf('policies', 'policies', passed, 2 * findings.length, note, failures);
}
