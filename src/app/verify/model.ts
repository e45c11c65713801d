/** What a host said about itself, by the first program that runs on it. */
export interface HostLook {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly tools: ReadonlySet<string>;
  /** References of the pause images that the container runtime has. */
  readonly pauseImages: readonly string[];
  /** What systemd says of the kubelet: `active`, `failed`, `inactive`. */
  readonly kubelet: string;
  /** This control plane's own API server; absent: the host is not a control plane, or was made otherwise than by kubeadm. */
  readonly apiServer?: Answer;
  /** The address by which the host's kubelet reaches the API, where it is another one than its own API server's. */
  readonly balancer?: Answer;
  /** etcd members as this control plane's API server reaches them. */
  readonly etcd: readonly Answer[];
  readonly kubeconfig?: string;
}

/** Whether something answered. */
export interface Answer {
  readonly address: string;
  readonly ok: boolean;
  /** What it said otherwise. */
  readonly said: string;
}

/** A node as the API knows it. */
export interface NodeView {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly ready: boolean;
  /** Why it is not Ready, or what else is wrong with it. */
  readonly complaints: readonly string[];
  /** References of the images that the kubelet reports: the largest fifty. */
  readonly images: readonly string[];
}

/** A pod of the cluster, as far as it explains failures. */
export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** `DaemonSet/calico-node` */
  readonly owner: string;
  readonly app: string;
  readonly ready: boolean;
  /** `CrashLoopBackOff` and the like. */
  readonly waiting: string;
}

export interface ClusterView {
  readonly nodes: readonly NodeView[];
  readonly pods: readonly PodView[];
  readonly dns: {
    /** Names of its Services; empty: there is no cluster DNS. */
    readonly services: readonly string[];
    readonly deployments: readonly { readonly name: string; readonly replicas: number; readonly ready: number }[];
  };
  /** How pods of different nodes reach each other. */
  readonly transport?: Transport;
}

/** What travels between nodes. */
export interface Transport {
  readonly name: string;
  /** What a firewall must let through. */
  readonly needs: string;
  /** Its UDP port. */
  readonly port?: number;
}

/** A node with a pod of ours. */
export interface Probe {
  readonly node: string;
  readonly host: string;
  readonly pod: string;
  readonly uid: string;
  readonly ip: string;
  /** The pod's first process on the host, whose network namespace is the pod's. */
  readonly pid: number;
  readonly mtu: number;
  /** From the pod's own resolv.conf. */
  readonly nameserver: string;
  readonly domain: string;
}

export type PairState = 'ok' | 'large' | 'none';

/** What a pod got back from another one. `large`: only small packets came back. */
export interface PairResult {
  readonly from: string;
  readonly to: string;
  readonly state: PairState;
  readonly said: string;
}

/** What one node's pod and host found out. */
export interface Findings {
  readonly node: string;
  readonly pairs: readonly PairResult[];
  /** Undefined: not asked. */
  readonly dns?: { readonly answer: string; readonly said: string };
  readonly fromPod?: { readonly ok: boolean; readonly said: string };
  readonly fromHost?: { readonly ok: boolean; readonly said: string };
}

/** What a policy did on `node`, as its neighbour `from` saw it. */
export interface PolicyFinding {
  readonly node: string;
  readonly from: string;
  readonly blocked: boolean;
  readonly allowed: boolean;
}

/** What a host shows about a failure on it. */
export interface Evidence {
  readonly node: string;
  /** Firewall rules that drop what nodes send each other. */
  readonly rules: readonly string[];
  readonly forwarding: boolean;
  /** Firewall services that are active. */
  readonly firewalls: readonly string[];
}

export interface Failure {
  /** Node or host; several separated by commas. */
  readonly node: string;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly passed: number;
  readonly total: number;
  /** What was tested, or why not. */
  readonly note: string;
  readonly failures: readonly Failure[];
}

/** A check with its result made out of its numbers. Nothing to test: skipped. */
export function checkOf(
  id: string,
  title: string,
  passed: number,
  total: number,
  note: string,
  failures: readonly Failure[] = [],
): Check {
  const result = failures.length > 0 || passed < total ? 'failed' : total === 0 ? 'skipped' : 'ok';
  return { id, title, result, passed, total, note, failures };
}

export function skipped(id: string, title: string, note: string): Check {
  return { id, title, result: 'skipped', passed: 0, total: 0, note, failures: [] };
}
