/** How a pod really runs: what the API says of it, and what is on its node. */
export interface Trace {
  readonly pod: PodFacts;
  /** What happened, in order. */
  readonly story: readonly Moment[];
  readonly api: ApiFacts;
  readonly node: NodeFacts;
  readonly containers: readonly ContainerFacts[];
  readonly network: NetworkFacts;
  readonly certificates: readonly Certificate[];
}

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly node: string;
  readonly qos: string;
  readonly ip: string;
  readonly hostNetwork: boolean;
  /** `ReplicaSet web-5d4`; absent: made by hand. */
  readonly owner?: string;
  readonly scheduler: string;
}

/** Milliseconds since 1970; the API knows whole seconds only. */
export interface Moment {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

export interface ApiFacts {
  /** Whom the kubelet asks, from its kubeconfig. */
  readonly server: string;
  /** Where its connections lead. */
  readonly peers: readonly string[];
}

export interface NodeFacts {
  readonly name: string;
  readonly kubelet: Program | undefined;
  readonly containerd: Program | undefined;
  readonly runc: { readonly path: string; readonly version: string };
  /** ID of the pod's sandbox, the container that holds its namespaces. */
  readonly sandbox: string;
  readonly shim: Process | undefined;
  /** The process of the sandbox. */
  readonly pause: Process | undefined;
  /** Namespaces of PID 1: `net` → `net:[4026531840]`. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly podCgroup: Cgroup | undefined;
}

export interface Program {
  readonly pid: number;
  readonly version: string;
}

export interface Process {
  readonly pid: number;
  readonly ppid: number;
  /** From the host's to the innermost PID namespace. */
  readonly nsPids: readonly number[];
  readonly comm: string;
  readonly exe: string;
  readonly uid: number;
  readonly started: number;
  readonly namespaces: ReadonlyMap<string, string>;
}

export interface Cgroup {
  readonly path: string;
  /** Bytes; undefined: no limit. */
  readonly memoryMax: number | undefined;
  readonly memory: number | undefined;
  /** CPUs; undefined: no limit. */
  readonly cpuMax: number | undefined;
  /** cgroup v2, 100 by default. */
  readonly cpuWeight: number | undefined;
  /** cgroup v1, 1024 by default. */
  readonly cpuShares: number | undefined;
  readonly cpuSeconds: number | undefined;
  readonly pids: number | undefined;
  readonly pidsMax: number | undefined;
}

export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  /** Without `containerd://`. */
  readonly id: string;
  readonly init: boolean;
  readonly state: string;
  readonly restarts: number;
  readonly process: Process | undefined;
  /** All processes of its cgroup. */
  readonly processes: readonly { readonly pid: number; readonly inside: number; readonly comm: string }[];
  readonly cgroup: Cgroup | undefined;
  readonly root: RootFs | undefined;
}

export interface RootFs {
  readonly type: string;
  /** From the top down, read-only. */
  readonly layers: readonly string[];
  /** What the container writes is here. */
  readonly upper: string;
}

export interface NetworkFacts {
  readonly addresses: readonly string[];
  /** In the pod: `eth0`; undefined: the pod has the host's network. */
  readonly inside?: { readonly name: string; readonly index: number; readonly mtu: number; readonly peer: number };
  /** The other end on the host. */
  readonly outside?: { readonly name: string; readonly index: number; readonly mtu: number };
  /** Default route in the pod. */
  readonly gateway: string;
  /** The host's route to the pod. */
  readonly route: string;
  /** The host's route to a pod of each other node. */
  readonly others: readonly { readonly node: string; readonly pod: string; readonly route: string }[];
}

export interface Certificate {
  readonly role: 'ca' | 'kubelet-client' | 'api-server' | 'kubelet-server';
  readonly subject: string;
  readonly issuer: string;
  readonly ends: string;
  readonly fingerprint: string;
  /** undefined: not asked, or no answer. */
  readonly trusted: boolean | undefined;
}

/** Kinds of namespaces that a process can have of its own. */
export const NAMESPACES = ['net', 'uts', 'ipc', 'pid', 'mnt', 'cgroup', 'user', 'time'] as const;
