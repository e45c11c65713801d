import { stringify } from 'yaml';
import type { KubeadmApi } from '../cluster/versions.js';
import type { Args, ClusterConfiguration, InitConfiguration, JoinConfiguration, NodeRegistration } from './types.js';

/** Any object of a component's configuration: plain data with apiVersion and kind. */
export interface ConfigDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** Documents as one YAML stream, in the given order; undefined fields are omitted. */
export function toYaml(documents: readonly ConfigDocument[]): string {
  return documents.map((d) => stringify(d, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}

export function initDocument(api: KubeadmApi, c: InitConfiguration): ConfigDocument {
  return {
    apiVersion: `kubeadm.k8s.io/${api}`,
    kind: 'InitConfiguration',
    ...(c.bootstrapTokens.length === 0
      ? {}
      : {
          bootstrapTokens: c.bootstrapTokens.map((t) => ({
            ...t,
            usages: ['signing', 'authentication'],
            groups: ['system:bootstrappers:kubeadm:default-node-token'],
          })),
        }),
    ...(c.certificateKey === undefined ? {} : { certificateKey: c.certificateKey }),
    localAPIEndpoint: { ...c.localAPIEndpoint },
    nodeRegistration: registration(api, c.nodeRegistration),
  };
}

export function clusterDocument(api: KubeadmApi, c: ClusterConfiguration): ConfigDocument {
  return {
    apiVersion: `kubeadm.k8s.io/${api}`,
    kind: 'ClusterConfiguration',
    clusterName: c.clusterName,
    kubernetesVersion: c.kubernetesVersion,
    controlPlaneEndpoint: c.controlPlaneEndpoint,
    imageRepository: c.imageRepository,
    certificatesDir: c.certificatesDir,
    networking: { ...c.networking },
    etcd: { external: { ...c.etcd } },
    apiServer: { extraArgs: args(api, c.apiServer.extraArgs), certSANs: [...c.apiServer.certSANs] },
    controllerManager: { extraArgs: args(api, c.controllerManager.extraArgs) },
    scheduler: { extraArgs: args(api, c.scheduler.extraArgs) },
    ...(c.dnsImage === undefined && api !== 'v1beta2'
      ? {}
      : // v1beta2 still asks for the DNS server; later versions know only CoreDNS.
        { dns: { ...(api === 'v1beta2' ? { type: 'CoreDNS' } : {}), ...c.dnsImage } }),
  };
}

export function joinDocument(api: KubeadmApi, c: JoinConfiguration): ConfigDocument {
  return {
    apiVersion: `kubeadm.k8s.io/${api}`,
    kind: 'JoinConfiguration',
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: c.discovery.apiServerEndpoint,
        token: c.discovery.token,
        caCertHashes: [...c.discovery.caCertHashes],
      },
      tlsBootstrapToken: c.discovery.token,
    },
    ...(c.controlPlane === undefined
      ? {}
      : {
          controlPlane: {
            localAPIEndpoint: { ...c.controlPlane.localAPIEndpoint },
            certificateKey: c.controlPlane.certificateKey,
          },
        }),
    nodeRegistration: registration(api, c.nodeRegistration),
  };
}

function registration(api: KubeadmApi, r: NodeRegistration): Record<string, unknown> {
  return {
    name: r.name,
    criSocket: r.criSocket,
    ...(r.taints === undefined ? {} : { taints: r.taints.map((t) => ({ ...t })) }),
    kubeletExtraArgs: args(api, r.kubeletExtraArgs),
    ...(r.ignorePreflightErrors.length === 0 ? {} : { ignorePreflightErrors: [...r.ignorePreflightErrors] }),
  };
}

/** Up to v1beta3 arguments are a map; since v1beta4 a list, so that one can be given twice. */
function args(api: KubeadmApi, map: Args): unknown {
  const sorted = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  if (api === 'v1beta4') return sorted.map(([name, value]) => ({ name, value }));
  return Object.fromEntries(sorted);
}
