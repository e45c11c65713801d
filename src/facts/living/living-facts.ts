/** What of a Kubernetes cluster is on one host, as of the start of the run. Read only; nothing of it is secret. */
export interface LivingFacts {
  /** Versions of the processes that run (1.36.3), by unit; not of the files on the disk. */
  readonly running: Readonly<Partial<Record<RunningUnit, string>>>;
  /** Units whose program on the disk is not the one that runs: their next restart brings another version. */
  readonly replaced: readonly RunningUnit[];
  /** Manifests of the control plane's static pods, by name: kube-apiserver, kube-controller-manager, kube-scheduler, etcd. */
  readonly staticPods: Readonly<Record<string, StaticPod>>;
  /** Names of the other manifests beside them: `haproxy`, `nginx-proxy`, `kube-vip`, … */
  readonly otherPods: readonly string[];
  /** Kubewright has written the manifests of this control plane. */
  readonly ours: boolean;
  /** The program that the kubelet was started from: /usr/bin/kubelet. */
  readonly kubeletProgram?: string;
  /** Fields of the configuration that the kubelet was started with, as far as they are settings: `cgroupDriver` → `systemd`. */
  readonly kubelet: Readonly<Record<string, string>>;
  /** Names in /etc/cni/net.d, sorted: the first configuration is the one in use. */
  readonly cni: readonly string[];
  readonly certificates: readonly CertificateFact[];
  /** Set where etcd, its data, its settings or its CA are on the host. */
  readonly etcd?: EtcdFacts;
  /** Set on hosts that hold an administrator's kubeconfig and the manifest of an API server. */
  readonly api?: ApiFacts;
  /** `etcd restore` has taken this host's control plane aside, and has not put it back. */
  readonly restoring: boolean;
  /** What Kubewright applied last, as it noted on this host: JSON. */
  readonly applied?: string;
}

export type RunningUnit = 'kubelet' | 'containerd' | 'etcd';

export interface StaticPod {
  readonly image: string;
  /** `--etcd-servers=…` as `etcd-servers` → value; a flag without a value is `true`. */
  readonly args: Readonly<Record<string, string>>;
  /** The text of the file that `--config` names. */
  readonly config?: string;
}

export interface CertificateFact {
  /** The file; for a certificate inside a kubeconfig the kubeconfig. */
  readonly path: string;
  /** Milliseconds since the epoch. NaN where it cannot be read. */
  readonly endsAt: number;
  /** `CN=kube-apiserver`; empty where it cannot be read. */
  readonly subject: string;
  /** `DNS:name`, `IP:address`; only of the API server's certificate. */
  readonly sans?: readonly string[];
}

export interface EtcdFacts {
  /** Directories that hold a member's data. */
  readonly data: readonly string[];
  /** Variables of /etc/etcd.env: `ETCD_NAME`, … */
  readonly env: Readonly<Record<string, string>>;
  /** CA certificates of etcd: etcd's own, and the API server's copy. SHA-256 fingerprints in hexadecimal. */
  readonly ca: readonly { readonly path: string; readonly fingerprint: string }[];
  /** The key of etcd's CA is here and fits its certificate. */
  readonly hasCaKey: boolean;
  /** The local member, when it answers. */
  readonly status?: EtcdStatus;
  /** The members as the local one sees them; empty where it doesn't answer, or where etcd has no quorum. */
  readonly members: readonly EtcdMember[];
}

export interface EtcdStatus {
  /** IDs in hexadecimal. */
  readonly memberId: string;
  /** Absent: it knows of no leader, so there is no quorum. */
  readonly leader?: string;
  readonly version: string;
  readonly dbBytes: number;
  readonly isLearner: boolean;
  readonly appliedIndex: number;
  /** Such as alarms; empty when all is well. */
  readonly errors: string;
}

export interface EtcdMember {
  /** Hexadecimal. */
  readonly id: string;
  /** Empty before the member has started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly started: boolean;
  readonly isLearner: boolean;
}

/** What the host's own API server said. */
export interface ApiFacts {
  /** Of the process that runs: 1.36.3. Absent: it did not answer. */
  readonly version?: string;
  /** `/readyz` said ok. */
  readonly ready: boolean;
  /** Why it did not answer. */
  readonly error?: string;
  readonly nodes: readonly NodeFact[];
  /** ClusterConfiguration of kubeadm, YAML; from the cluster, else from the file on the host. */
  readonly clusterConfiguration?: string;
  /** Data of the ConfigMaps in kube-system that tell how the cluster is set up: name → key → text. */
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** DaemonSets and Deployments of kube-system. */
  readonly workloads: readonly WorkloadFact[];
  /** Names of the Services of kube-system. */
  readonly services: readonly string[];
  /** The control plane's pods that run, on all hosts. */
  readonly controlPlanePods: readonly ControlPlanePod[];
  readonly ipPools: readonly IpPool[];
}

export interface NodeFact {
  readonly name: string;
  readonly kubelet: string;
  /** `containerd://2.4.2` */
  readonly runtime: string;
  readonly ready: boolean;
  readonly cordoned: boolean;
  /** What the kubelet says of itself while it is not Ready; empty: nothing yet, or it is Ready. */
  readonly why: string;
  /** Empty where the node has none. */
  readonly internalIp: string;
  readonly podCidr: string;
  /** `control-plane`, … */
  readonly roles: readonly string[];
  /** Pods that tolerate nothing are kept away from it. Absent: not asked. */
  readonly tainted?: boolean;
}

export interface WorkloadFact {
  readonly kind: string;
  readonly name: string;
  readonly images: readonly string[];
}

export interface ControlPlanePod {
  readonly node: string;
  /** kube-apiserver, kube-controller-manager, kube-scheduler, etcd */
  readonly component: string;
  readonly image: string;
}

/** A pool of Calico's. */
export interface IpPool {
  readonly name: string;
  readonly cidr: string;
  readonly blockSize: number;
  readonly ipipMode: string;
  readonly vxlanMode: string;
  readonly natOutgoing: boolean;
  readonly disabled: boolean;
}
