import {
  type Answer,
  type Check,
  type ClusterView,
  checkOf,
  type Failure,
  type HostLook,
  type PodView,
  skipped,
} from '../model.js';
import { agentsOf } from './agents.js';

/** Each control plane's API server as it answers on its own host. */
export function judgeApi(looks: readonly HostLook[], controlPlanes: readonly string[]): Check {
  const asked = controlPlanes.flatMap((name) => looks.find((l) => l.host === name) ?? []);
  if (asked.length === 0) return skipped('api', 'API servers', 'no control plane could be reached');
  const failures = asked.flatMap((l): Failure[] => {
    if (l.apiServer?.ok) return [];
    return [apiFailure(l)];
  });
  return checkOf('api', 'API servers', asked.length - failures.length, asked.length, '/readyz on each control plane', failures);
}

function apiFailure({ host, apiServer, kubelet, kubeconfig, tools }: HostLook): Failure {
  if (!apiServer) {
    return {
      node: host,
      what: 'its API server cannot be asked',
      why: !tools.has('kubectl')
        ? 'kubectl is not installed on this host'
        : kubeconfig === undefined
          ? 'there is no /etc/kubernetes/admin.conf'
          : 'there is no /etc/kubernetes/manifests/kube-apiserver.yaml that names its address',
      fix: 'Is this host a control plane? Correct the inventory, or run kubewright provision',
    };
  }
  return {
    node: host,
    what: `the API server at ${apiServer.address} is not ready`,
    why: apiServer.said,
    fix:
      kubelet === 'active'
        ? `On ${host}: crictl ps -a --name kube-apiserver, then crictl logs of the container`
        : `The kubelet on ${host} is ${kubelet || 'not installed'}: systemctl start kubelet`,
  };
}

/** The addresses by which kubelets reach the API where that is not their own API server. */
export function judgeBalancers(looks: readonly HostLook[], endpoint: Answer | undefined): Check {
  const title = 'load balancers';
  const asked = looks.flatMap((l) => (l.balancer ? [{ host: l.host, answer: l.balancer, kubelet: l.kubelet }] : []));
  const total = asked.length + (endpoint ? 1 : 0);
  if (total === 0) return skipped('load-balancers', title, 'no host reaches the API through one');
  const failures = asked
    .filter((a) => !a.answer.ok)
    .map(
      ({ host, answer }): Failure => ({
        node: host,
        what: `the API does not answer at ${answer.address}, which the kubelet on ${host} uses`,
        why: answer.said,
        fix: /127\.0\.0\.1|localhost/.test(answer.address)
          ? `The local load balancer is a static pod on ${host}: crictl ps -a there, and /etc/kubernetes/manifests`
          : `Can ${host} reach ${answer.address}? Look at the load balancer and its backends`,
      }),
    );
  if (endpoint && !endpoint.ok) {
    failures.push({
      node: 'cluster',
      what: `the API does not answer at ${endpoint.address}, the cluster's controlPlaneEndpoint`,
      why: endpoint.said,
      fix: 'Look at the load balancer, its backends and the certificate of the API servers',
    });
  }
  return checkOf('load-balancers', title, total - failures.length, total, "/readyz by each kubelet's address", failures);
}

/** Members of etcd as each control plane reaches them; a member is named once. */
export function judgeEtcd(looks: readonly HostLook[]): Check {
  const members = new Map<string, { ok: string[]; bad: { host: string; said: string }[] }>();
  for (const l of looks) {
    for (const e of l.etcd) {
      // A stacked member is asked by its own control plane only, as 127.0.0.1.
      const key = /127\.0\.0\.1|localhost/.test(e.address) ? `${l.host} (${e.address})` : e.address;
      const member = members.get(key) ?? { ok: [], bad: [] };
      members.set(key, member);
      if (e.ok) member.ok.push(l.host);
      else member.bad.push({ host: l.host, said: e.said });
    }
  }
  if (members.size === 0) return skipped('etcd', 'etcd members', 'no control plane says which members it uses');
  const failures = [...members].flatMap(([address, { ok, bad }]): Failure[] => {
    const [first] = bad;
    if (!first) return [];
    const owner = looks.find((l) => l.addresses.some((a) => address.includes(`//${a}:`)))?.host;
    const from = bad.map((b) => b.host).join(', ');
    return [
      {
        node: owner ?? first.host,
        what:
          ok.length === 0
            ? `the etcd member ${address} is not healthy`
            : `the etcd member ${address} cannot be reached from ${from}`,
        why: first.said,
        fix:
          ok.length === 0
            ? `On ${owner ?? first.host}: systemctl status etcd, or crictl ps -a --name etcd`
            : `Can ${from} reach ${address}? Look for a firewall`,
      },
    ];
  });
  return checkOf('etcd', 'etcd members', members.size - failures.length, members.size, '/health by each control plane', failures);
}

/** Nodes that are not Ready or complain, and hosts of the inventory that have not joined. */
export function judgeNodes(
  view: ClusterView,
  looks: readonly HostLook[],
  nodeOf: ReadonlyMap<string, string>,
  expected: readonly string[],
): Check {
  const failures = view.nodes.flatMap((n): Failure[] => {
    const [first] = n.complaints;
    if (first === undefined) return [];
    const look = looks.find((l) => nodeOf.get(l.host) === n.name);
    const kubelet = look?.kubelet;
    return [
      {
        node: n.name,
        what: n.ready ? 'the node is Ready, but something is wrong with it' : 'the node is not Ready',
        why: [kubelet === undefined || kubelet === 'active' ? '' : `the kubelet is ${kubelet}`, ...n.complaints]
          .filter(Boolean)
          .join('; '),
        fix: `On ${look?.host ?? n.name}: systemctl status kubelet; journalctl -u kubelet -n 50`,
      },
    ];
  });
  const missing = expected.filter((host) => looks.some((l) => l.host === host) && !nodeOf.has(host));
  failures.push(
    ...missing.map(
      (host): Failure => ({
        node: host,
        what: 'the host is not a node of the cluster',
        why: 'no node has one of its addresses',
        fix: 'Run kubewright provision, or take the host out of kube_node and kube_control_plane',
      }),
    ),
  );
  const total = view.nodes.length + missing.length;
  return checkOf('nodes', 'nodes', total - failures.length, total, 'Ready, no pressure', failures);
}

/** The pods of the network's DaemonSets, on each node. */
export function judgeAgents(view: ClusterView): Check {
  const agents = agentsOf(view);
  const title = 'network agents';
  if (agents.length === 0) return skipped('agents', title, 'neither kube-proxy nor a known network plugin runs as a DaemonSet');
  const failures = view.nodes.flatMap((n) =>
    agents.flatMap((agent): Failure[] => {
      const complaint = agentComplaint(view.pods, agent, n.name);
      return complaint === undefined ? [] : [complaint];
    }),
  );
  const total = agents.length * view.nodes.length;
  return checkOf('agents', title, total - failures.length, total, agents.map(short).join(', '), failures);
}

function agentComplaint(pods: readonly PodView[], agent: string, node: string): Failure | undefined {
  const own = pods.filter((p) => p.owner === agent && p.node === node);
  if (own.some((p) => p.ready)) return undefined;
  const [first] = own;
  const namespace = pods.find((p) => p.owner === agent)?.namespace ?? 'kube-system';
  if (!first) {
    return {
      node,
      what: `no pod of ${short(agent)} runs on it`,
      why: `the DaemonSet has no pod on this node: its nodeSelector, affinity or tolerations leave the node out`,
      fix: `kubectl -n ${namespace} describe daemonset ${short(agent)}`,
    };
  }
  return {
    node,
    what: `${first.name} is not ready`,
    why: first.waiting || 'it runs, but does not report to be ready',
    fix: `kubectl -n ${first.namespace} logs ${first.name} --all-containers --tail=20`,
  };
}

const short = (agent: string): string => agent.replace(/^DaemonSet\//, '');
