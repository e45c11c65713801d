import { type Check, type ClusterView, checkOf, type Evidence, type Failure, type PairResult } from '../model.js';
import { missingAgent } from './agents.js';

/** A pair that fails is named by itself up to N of them; more share a line. */
const NAMED = 6;

/** Nodes that explain failing pairs: in one direction at least, none of their pairs with the other nodes works. */
export function culprits(results: readonly PairResult[], suspicious: (node: string) => boolean): string[] {
  const found: string[] = [];
  let left = results;
  for (;;) {
    const failing = left.filter((r) => r.state !== 'ok');
    const nodes = [...new Set(failing.flatMap((r) => [r.from, r.to]))];
    const bad = (node: string): number => failing.filter((r) => r.from === node || r.to === node).length;
    const cutOff = nodes.filter((node) => {
      const out = left.filter((r) => r.from === node);
      const into = left.filter((r) => r.to === node);
      const all = (rs: readonly PairResult[]): boolean => rs.length > 0 && rs.every((r) => r.state !== 'ok');
      return all(out) || all(into);
    });
    const order = (a: string, b: string): number =>
      Number(suspicious(b)) - Number(suspicious(a)) || bad(b) - bad(a) || nodes.indexOf(a) - nodes.indexOf(b);
    const [worst, second] = cutOff.sort(order);
    if (worst === undefined) return found;
    // Of two nodes that only fail with each other, either may be the one.
    const tie = second !== undefined && bad(worst) === bad(second) && suspicious(worst) === suspicious(second);
    if (tie && bad(worst) <= 2) return found;
    found.push(worst);
    left = left.filter((r) => r.from !== worst && r.to !== worst);
  }
}

/** Hosts that are worth a look: they are in pairs that fail, the most often first. */
export function suspects(results: readonly PairResult[], atMost: number): string[] {
  const failing = results.filter((r) => r.state !== 'ok');
  const count = (node: string): number => failing.filter((r) => r.from === node || r.to === node).length;
  return [...new Set(failing.flatMap((r) => [r.from, r.to]))].sort((a, b) => count(b) - count(a)).slice(0, atMost);
}

/** Every pair's packets that need the whole MTU. */
export function judgePairs(
  results: readonly PairResult[],
  o: { readonly view: ClusterView; readonly evidence: readonly Evidence[]; readonly note: string },
): { readonly check: Check; readonly cutOff: readonly string[] } {
  const seen = (node: string): Evidence | undefined => o.evidence.find((e) => e.node === node);
  const suspicious = (node: string): boolean => missingAgent(o.view, node) !== undefined || concrete(seen(node)) !== undefined;
  const failing = results.filter((r) => r.state !== 'ok');
  const nodes = [...new Set(results.map((r) => r.from))];
  if (nodes.length > 2 && failing.length === results.length && !nodes.some(suspicious)) {
    const large = failing.every((r) => r.state === 'large');
    const what = large ? 'large packets between pods of different nodes are lost' : 'no pod reaches one on another node';
    const everywhere = { ...causeOf('all nodes', failing, o.view, undefined), node: 'all nodes', what };
    return { check: checkOf('pairs', 'pod to pod', 0, results.length, o.note, [everywhere]), cutOff: nodes };
  }
  const cutOff = culprits(results, suspicious);
  const named = cutOff.map((node): Failure => {
    const own = failing.filter((r) => r.from === node || r.to === node);
    return { ...whatOf(node, own), ...causeOf(node, own, o.view, seen(node)) };
  });
  const rest = failing.filter((r) => !cutOff.includes(r.from) && !cutOff.includes(r.to));
  const single = rest.slice(0, NAMED).map((r): Failure => {
    const guilty = [r.from, r.to].find(suspicious) ?? r.to;
    return {
      ...causeOf(guilty, [r], o.view, seen(guilty)),
      node: `${r.from} → ${r.to}`,
      what: r.state === 'large' ? 'only small packets come back' : 'no packet comes back',
    };
  });
  const more = rest.length - single.length;
  const folded = more > 0 ? [{ node: 'others', what: `${more} more pairs fail; --json lists all of them` }] : [];
  const passed = results.length - failing.length;
  const check = checkOf('pairs', 'pod to pod', passed, results.length, o.note, [...named, ...single, ...folded]);
  return { check, cutOff };
}

function whatOf(node: string, own: readonly PairResult[]): { node: string; what: string } {
  const large = own.every((r) => r.state === 'large');
  const packets = large ? 'large packets' : 'packets';
  const out = own.some((r) => r.from === node);
  const into = own.some((r) => r.to === node);
  const way =
    out && into
      ? 'between its pods and those of other nodes'
      : out
        ? 'from its pods to other nodes'
        : 'to its pods from other nodes';
  return { node, what: `${packets} ${way} are lost` };
}

function causeOf(
  node: string,
  own: readonly PairResult[],
  view: ClusterView,
  evidence: Evidence | undefined,
): { readonly why: string; readonly fix: string } {
  const agent = missingAgent(view, node);
  if (agent)
    return {
      why: agent.said,
      fix: `Get ${agent.name} running on ${node}: kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
    };
  const found = concrete(evidence);
  if (found) return found;
  const transport = view.transport;
  if (own.length > 0 && own.every((r) => r.state === 'large')) {
    const said = own.map((r) => r.said).find((s) => s !== '');
    return {
      why: `small packets pass: the MTU of the pods is larger than what the network between the nodes carries${said ? ` (${said})` : ''}`,
      fix: `Compare the MTUs that ip link shows on the nodes, and lower the MTU of the network plugin`,
    };
  }
  const needs = transport ? `${transport.needs} (${transport.name})` : "the network plugin's traffic";
  const firewall = evidence && evidence.firewalls.length > 0 ? `; active there: ${evidence.firewalls.join(', ')}` : '';
  return {
    why: `most likely a firewall drops ${needs} to or from ${node}${firewall}`,
    fix: `Let ${needs} pass between all nodes, in their own firewalls and in the network`,
  };
}

/** What a host itself shows to be the cause. */
function concrete(e: Evidence | undefined): { why: string; fix: string } | undefined {
  if (!e) return undefined;
  const [rule] = e.rules;
  if (rule !== undefined)
    return { why: `a firewall rule on ${e.node} drops them: ${rule}`, fix: `Remove that rule from ${e.node}` };
  if (!e.forwarding) {
    return {
      why: `net.ipv4.ip_forward is 0 on ${e.node}: it passes on no packets to and from pods`,
      fix: `On ${e.node}: sysctl -w net.ipv4.ip_forward=1, and find out what turned it off`,
    };
  }
  return undefined;
}
