/**
 * kubeadm's configuration as one model for all its API versions; `render.ts` writes each version's dialect.
 * Source: https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/ (and v1beta3, v1beta2).
 */

/** Flags of a component, without their dashes. */
export type Args = Readonly<Record<string, string>>;

export interface NodeRegistration {
  readonly name: string;
  /** Path or URL of the CRI socket, as the version wants it. */
  readonly criSocket: string;
  /** Undefined: kubeadm's own choice (a control plane is tainted); an empty list: none. */
  readonly taints?: readonly { readonly key: string; readonly effect: string; readonly value?: string }[];
  readonly kubeletExtraArgs: Args;
  readonly ignorePreflightErrors: readonly string[];
}

interface ApiEndpoint {
  readonly advertiseAddress: string;
  readonly bindPort: number;
}

export interface InitConfiguration {
  readonly nodeRegistration: NodeRegistration;
  readonly localAPIEndpoint: ApiEndpoint;
  /** Hex key that encrypts the uploaded control plane certificates. Secret. */
  readonly certificateKey?: string;
  /** Secret. Empty: no token is made. */
  readonly bootstrapTokens: readonly { readonly token: string; readonly ttl: string; readonly description: string }[];
}

export interface ClusterConfiguration {
  readonly clusterName: string;
  /** With a leading v. */
  readonly kubernetesVersion: string;
  /** `host:port`. */
  readonly controlPlaneEndpoint: string;
  readonly imageRepository: string;
  readonly certificatesDir: string;
  readonly networking: { readonly dnsDomain: string; readonly serviceSubnet: string; readonly podSubnet: string };
  readonly etcd: {
    readonly endpoints: readonly string[];
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
  };
  readonly apiServer: { readonly extraArgs: Args; readonly certSANs: readonly string[] };
  readonly controllerManager: { readonly extraArgs: Args };
  readonly scheduler: { readonly extraArgs: Args };
  /** Without a tag: the one of this kubeadm. */
  readonly dnsImage?: { readonly imageRepository: string; readonly imageTag?: string };
}

export interface JoinConfiguration {
  readonly nodeRegistration: NodeRegistration;
  readonly discovery: {
    /** `host:port` of an API server that is up. */
    readonly apiServerEndpoint: string;
    /** Secret. */
    readonly token: string;
    /** `sha256:HEX` of the CA's public key. */
    readonly caCertHashes: readonly string[];
  };
  readonly controlPlane?: { readonly localAPIEndpoint: ApiEndpoint; readonly certificateKey: string };
}
