import type { LivingFacts } from './living/living-facts.js';

/** What the probe found out about one host. Plain data, as of the start of the run. */
export interface HostFacts {
  readonly os: {
    /** /etc/os-release: `debian`, `ubuntu`, `rocky`, … */
    readonly id: string;
    /** The ids it descends from, itself first. */
    readonly like: readonly string[];
    /** `12`, `22.04`; empty where there is none. */
    readonly version: string;
    readonly pretty: string;
  };
  /** As in release file names: amd64, arm64; anything else as `uname -m` prints it. */
  readonly arch: string;
  readonly kernel: string;
  readonly hostname: string;
  readonly machineId: string;
  /** Program of process 1: `systemd`. */
  readonly init: string;
  readonly memoryMb: number;
  readonly swapMb: number;
  /** Free space of the file system that holds the path, MB. */
  readonly diskFreeMb: Readonly<Record<string, number>>;
  /** Milliseconds that the host's clock is ahead of the operator's (negative: behind), at least: what the answer took is not taken off. */
  readonly clockAheadMs: number;
  /** Milliseconds between question and answer: its clock may be so much further ahead. */
  readonly clockDelayMs: number;
  /** Addresses of its interfaces, without prefix length. */
  readonly addresses: readonly string[];
  readonly cgroup: { readonly version: 1 | 2; readonly controllers: readonly string[] };
  /** The kernel features that were asked for, by the name of their module: true = there or can be loaded. */
  readonly modules: Readonly<Record<string, boolean>>;
  /** Nothing can be installed under /usr. */
  readonly readOnlyUsr: boolean;
  /** Name servers in the file that kubeadm makes the kubelet hand on to pods: systemd-resolved's own where that runs. */
  readonly nameservers: readonly string[];
  /** Listening TCP ports with the program's name, where the kernel tells. */
  readonly listening: readonly { readonly port: number; readonly program: string }[];
  /** The programs that were asked for and exist. */
  readonly tools: ReadonlySet<string>;
  /** /etc/kubernetes/kubelet.conf exists: the host is a node already. */
  readonly isNode: boolean;
  /** Absent: nothing of a cluster is on the host. */
  readonly living?: LivingFacts;
  /** Peers that could not be reached: `10.0.0.1:2379` and why. Only checked while the host is not a node yet. */
  readonly unreachable: readonly { readonly endpoint: string; readonly why: 'timeout' | 'no route' }[];
}
