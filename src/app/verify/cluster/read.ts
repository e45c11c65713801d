import type { ClusterView, NodeView, PodView, Transport } from '../model.js';
import type { Kube } from './kube.js';

interface List<T> {
  readonly items: readonly T[];
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly images?: readonly { readonly names?: readonly string[] }[];
  };
}

interface DnsObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly readyReplicas?: number };
}

interface PoolObject {
  readonly spec: { readonly vxlanMode?: string; readonly ipipMode?: string; readonly disabled?: boolean };
}

/** One pod per line; whole objects of a large cluster are megabytes. */
const POD_LINE = [
  '{.metadata.namespace}',
  '{.metadata.name}',
  '{.spec.nodeName}',
  '{.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name}',
  '{.metadata.labels.k8s-app}',
  '{.status.conditions[?(@.type=="Ready")].status}',
  '{.status.initContainerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.waiting.reason}',
].join('{"\\t"}');

/** What the API says about the cluster. @throws KubewrightError when it does not answer. */
export async function readClusterView(kube: Kube): Promise<ClusterView> {
  const [nodes, pods, dns, pools] = await Promise.all([
    kube.json<List<NodeObject>>('get', 'nodes'),
    kube.text('get', 'pods', '-A', '-o', `jsonpath={range .items[*]}${POD_LINE}{"\\n"}{end}`),
    kube.json<List<DnsObject>>('get', 'services,deployments', '-n', 'kube-system', '-l', 'k8s-app=kube-dns'),
    // An error where the cluster does not know the kind.
    kube.run('get', 'ippools.crd.projectcalico.org', '-o', 'json'),
  ]);
  const view = pods.split('\n').flatMap(podView);
  return {
    nodes: nodes.items.map(nodeView),
    pods: view,
    dns: {
      services: dns.items.filter((o) => o.kind === 'Service').map((o) => o.metadata.name),
      deployments: dns.items
        .filter((o) => o.kind === 'Deployment')
        .map((o) => ({ name: o.metadata.name, replicas: o.spec.replicas ?? 0, ready: o.status.readyReplicas ?? 0 })),
    },
    transport: pools.code === 0 ? ofPools((JSON.parse(pools.out) as List<PoolObject>).items) : ofAgents(view),
  };
}

function nodeView({ metadata, status }: NodeObject): NodeView {
  const conditions = status.conditions ?? [];
  const text = (c: { type: string; reason?: string; message?: string }): string =>
    `${c.type}: ${[c.reason, c.message].filter(Boolean).join(': ')}`;
  const ready = conditions.find((c) => c.type === 'Ready');
  const isReady = ready?.status === 'True';
  return {
    name: metadata.name,
    addresses: (status.addresses ?? []).filter((a) => a.type === 'InternalIP').map((a) => a.address),
    ready: isReady,
    complaints: [
      ...(isReady ? [] : [ready ? text({ ...ready, type: 'NotReady' }) : 'NotReady: the kubelet has not reported yet']),
      ...conditions.filter((c) => c.type !== 'Ready' && c.status === 'True').map(text),
    ],
    images: (status.images ?? []).flatMap((i) => i.names ?? []),
  };
}

function podView(line: string): PodView[] {
  const [namespace = '', name = '', node = '', owner = '', app = '', ready = '', waiting = ''] = line.split('\t');
  if (name === '') return [];
  return [{ namespace, name, node, owner, app, ready: ready === 'True', waiting: waiting.trim() }];
}

const VXLAN: Transport = { name: 'VXLAN', needs: 'UDP port 4789', port: 4789 };

/** Source: https://docs.tigera.io/calico/latest/reference/resources/ippool */
function ofPools(pools: readonly PoolObject[]): Transport {
  const used = pools.filter((p) => p.spec.disabled !== true).map((p) => p.spec);
  const on = (mode: string | undefined): boolean => mode !== undefined && mode !== 'Never';
  if (used.some((p) => on(p.vxlanMode))) return VXLAN;
  if (used.some((p) => on(p.ipipMode))) return { name: 'IP-in-IP', needs: 'IP protocol 4' };
  return { name: 'routes', needs: "packets with the pods' own addresses" };
}

function ofAgents(pods: readonly PodView[]): Transport | undefined {
  const runs = (name: string): boolean => pods.some((p) => p.owner.includes(name));
  if (runs('flannel')) return { name: 'VXLAN', needs: 'UDP port 8472', port: 8472 };
  if (runs('cilium')) return { name: 'VXLAN', needs: 'UDP port 8472', port: 8472 };
  if (runs('antrea')) return { name: 'Geneve', needs: 'UDP port 6081', port: 6081 };
  return undefined;
}
