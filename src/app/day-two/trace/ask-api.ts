import type { ClusterHost } from '../../../cluster/cluster.js';
import { type Shell, sh } from '../../../shell/shell.js';
import type { Answer } from '../ask.js';
import type { Moment, PodFacts } from './model.js';

export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec: { readonly nodeName?: string; readonly hostNetwork?: boolean; readonly schedulerName?: string };
  readonly status: {
    readonly phase?: string;
    readonly qosClass?: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly state?: Readonly<
    Record<string, { readonly startedAt?: string; readonly reason?: string; readonly message?: string } | undefined>
  >;
}

interface EventObject {
  readonly reason?: string;
  readonly message?: string;
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
  readonly reportingComponent?: string;
  readonly source?: { readonly component?: string };
  readonly involvedObject: { readonly uid?: string };
}

/** What a control plane says of a pod. */
export interface ApiAnswer {
  /** undefined: there is none of that name. */
  readonly pod: PodObject | undefined;
  readonly events: readonly EventObject[];
  /** Why kubectl gave no answer. */
  readonly error: string;
  readonly namespaces: readonly string[];
  /** Pods of that namespace, for the message. */
  readonly pods: readonly string[];
  /** One pod with an address of its own on each other node. */
  readonly others: readonly { readonly node: string; readonly ip: string; readonly name: string }[];
}

/** Nodes whose routes are shown. */
const MOST_NODES = 16;

/** @param short only the pod and its events. */
export function askApi(host: ClusterHost, namespace: string, name: string, short = false): Shell {
  const k = sh`${`${host.settings.bin_dir}/kubectl`} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s`;
  const more = sh`
    if [ -z "$pod" ]; then
      say namespaces "$(${k} get namespaces -o name | sed 's,.*/,,' | tr '\n' ' ')"
      say pods "$(${k} get pods -n ${namespace} -o name | sed 's,.*/,,' | head -n 30 | tr '\n' ' ')"
    fi
    ${k} get pods -A --field-selector=status.phase=Running --no-headers -o custom-columns=N:.spec.nodeName,I:.status.podIP,H:.spec.hostNetwork,P:.metadata.name |
      awk -v most=${MOST_NODES} '$3 != "true" && !seen[$1]++ && n++ <= most { print $1, $2, $4 }' | while read -r line; do say other "$line"; done`;
  return sh`
    if ! pod=$(${k} get pod ${name} -n ${namespace} --ignore-not-found -o json 2>&1); then
      say error "$(printf '%s\n' "$pod" | tail -n 1)"
      exit 0
    fi
    say pod "$(printf '%s' "$pod" | tr '\n\t' '  ')"
    [ -z "$pod" ] || say events "$(${k} get events -n ${namespace} --field-selector=${`involvedObject.kind=Pod,involvedObject.name=${name}`} -o json | tr '\n\t' '  ')"
    ${short ? sh`` : more}`;
}

export function readApi(answer: Answer | undefined): ApiAnswer {
  const one = (key: string): string => answer?.get(key)?.[0]?.trim() ?? '';
  const words = (key: string): string[] =>
    one(key)
      .split(' ')
      .filter((w) => w !== '');
  const pod = one('pod') === '' ? undefined : (JSON.parse(one('pod')) as PodObject);
  const events = one('events') === '' ? [] : (JSON.parse(one('events')) as { items: EventObject[] }).items;
  return {
    pod,
    // An earlier pod of that name has events too.
    events: events.filter((e) => e.involvedObject.uid === pod?.metadata.uid),
    error: one('error'),
    namespaces: words('namespaces'),
    pods: words('pods'),
    others: (answer?.get('other') ?? []).map((line) => {
      const [node = '', ip = '', name = ''] = line.split(' ');
      return { node, ip, name };
    }),
  };
}

export function podFacts(pod: PodObject): PodFacts {
  const owner = pod.metadata.ownerReferences?.[0];
  return {
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    phase: pod.status.phase ?? 'Unknown',
    node: pod.spec.nodeName ?? '',
    qos: pod.status.qosClass ?? '',
    ip: pod.status.podIP ?? '',
    hostNetwork: pod.spec.hostNetwork === true,
    ...(owner ? { owner: `${owner.kind} ${owner.name}` } : {}),
    scheduler: pod.spec.schedulerName ?? 'default-scheduler',
  };
}

const CONDITIONS: Readonly<Record<string, readonly [who: string, what: string]>> = {
  PodScheduled: ['scheduler', 'chose the node'],
  PodReadyToStartContainers: ['kubelet', 'has sandbox and network'],
  Initialized: ['kubelet', 'init containers are done'],
  Ready: ['kubelet', 'reports it Ready'],
};

/** What the API knows of its life, in order. Events end after an hour; conditions stay. */
export function storyOf({ pod, events }: Pick<ApiAnswer, 'pod' | 'events'>): readonly Moment[] {
  if (!pod) return [];
  const moments: Moment[] = [{ at: Date.parse(pod.metadata.creationTimestamp), who: 'API server', what: 'stored the pod' }];
  const scheduled = events.some((e) => e.reason === 'Scheduled');
  for (const c of pod.status.conditions ?? []) {
    const known = CONDITIONS[c.type];
    if (c.type === 'Initialized' && !pod.status.initContainerStatuses) continue;
    if (!known || c.status !== 'True' || c.lastTransitionTime === undefined || (scheduled && c.type === 'PodScheduled')) continue;
    moments.push({ at: Date.parse(c.lastTransitionTime), who: known[0], what: known[1] });
  }
  for (const e of events) {
    const at = e.eventTime ?? e.firstTimestamp;
    if (!at) continue;
    const who = e.reportingComponent || e.source?.component || 'event';
    moments.push({
      at: Date.parse(at),
      who: who === 'default-scheduler' ? 'scheduler' : who,
      what: `${e.reason}: ${e.message ?? ''}`,
    });
  }
  return moments
    .map((m, i) => ({ m, i }))
    .sort((a, b) => a.m.at - b.m.at || a.i - b.i)
    .map(({ m }) => m);
}
