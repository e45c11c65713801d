import { stringify } from 'yaml';
import type { Cluster } from '../../../cluster/cluster.js';
import { sha256 } from '../../../tasks/file.js';

export interface KustomizationOptions {
  readonly cluster: Cluster;
  /** Typha stands between the nodes and the API. */
  readonly typha: boolean;
  /** False with a bundle: its images have the names in the manifest. */
  readonly mirrored: boolean;
}

/** Where Felix finds NodePorts if nothing else is said. */
const USUAL_NODE_PORTS = '30000-32767';
const IMAGES = ['node', 'cni', 'kube-controllers', 'typha'];

/** The manifest that the kustomization starts from; both are in a release. */
export function baseManifest(typha: boolean): string {
  return typha ? 'calico-typha.yaml' : 'calico.yaml';
}

/**
 * Files of a kustomization that adapts the project's own manifest, by name. Each patch has a file of its own: the kustomize of Kubernetes 1.28 to
 * 1.30 takes no more, and `patchesStrategicMerge` is deprecated.
 */
export function kustomizationFiles(o: KustomizationOptions): Readonly<Record<string, string>> {
  const patches: Readonly<Record<string, unknown>> = {
    'config.yaml': configPatch(o.cluster),
    'node.yaml': nodePatch(o.cluster),
    ...(o.typha ? { 'typha.yaml': typhaPatch(o.cluster) } : {}),
  };
  const images = o.mirrored ? mirroredImages(o.cluster) : [];
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [baseManifest(o.typha)],
    patches: Object.keys(patches).map((path) => ({ path })),
    ...(images.length > 0 ? { images } : {}),
  };
  return {
    'kustomization.yaml': stringify(kustomization),
    ...Object.fromEntries(Object.entries(patches).map(([name, patch]) => [name, stringify(patch)])),
  };
}

/** Calico publishes the same images on quay.io and Docker Hub; its manifest names Docker Hub up to 3.30, as kubespray never does. */
function mirroredImages(cluster: Cluster): { name: string; newName: string }[] {
  const { docker_image_repo: docker, quay_image_repo: quay } = cluster.settings;
  const quayHas = quay !== 'quay.io';
  const hub = quayHas ? quay : docker;
  return IMAGES.flatMap((image) => [
    ...(quayHas ? [{ name: `quay.io/calico/${image}`, newName: `${quay}/calico/${image}` }] : []),
    ...(hub === 'docker.io' ? [] : [{ name: `docker.io/calico/${image}`, newName: `${hub}/calico/${image}` }]),
  ]);
}

function configPatch({ settings: s }: Cluster): unknown {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'calico-config', namespace: 'kube-system' },
    data: { calico_backend: s.calico_network_backend, veth_mtu: String(s.calico_veth_mtu ?? s.calico_mtu ?? 0) },
  };
}

/** Environment variables merge by name, so the rest of the manifest stays as it came. */
function nodePatch(cluster: Cluster): unknown {
  const s = cluster.settings;
  const bird = s.calico_network_backend === 'bird';
  const env: Readonly<Record<string, string>> = {
    // The pool is made with its settings and its name before calico-node first starts.
    NO_DEFAULT_POOLS: 'true',
    CLUSTER_TYPE: bird ? 'k8s,bgp' : 'k8s',
    // Kubernetes knows the address that the operator chose (`ip`); detection by interface would guess.
    IP_AUTODETECTION_METHOD: s.calico_ip_auto_method ?? 'kubernetes-internal-ip',
    // A variable overrules the FelixConfiguration: only what was asked for is set.
    ...felix(cluster),
  };
  const probe = (kind: 'live' | 'ready'): unknown => ({
    exec: { command: ['/bin/calico-node', `-felix-${kind}`, ...(bird ? [`-bird-${kind}`] : [])] },
  });
  // calico-node reads its ConfigMap when it starts.
  const config = sha256(JSON.stringify([env, configPatch(cluster)]));
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'calico-node', namespace: 'kube-system' },
    spec: {
      template: {
        metadata: { annotations: { 'kubewright/config': config } },
        spec: {
          containers: [
            {
              name: 'calico-node',
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              livenessProbe: probe('live'),
              readinessProbe: probe('ready'),
            },
          ],
        },
      },
    },
  };
}

/** Source: https://docs.tigera.io/calico/latest/reference/felix/configuration */
function felix({ settings: s }: Cluster): Record<string, string> {
  const ports = s.kube_apiserver_node_port_range;
  return {
    ...(s.calico_loglevel === 'info' ? {} : { FELIX_LOGSEVERITYSCREEN: s.calico_loglevel }),
    ...(s.calico_iptables_backend === 'Auto' ? {} : { FELIX_IPTABLESBACKEND: s.calico_iptables_backend }),
    ...(s.calico_wireguard_enabled ? { FELIX_WIREGUARDENABLED: 'true' } : {}),
    ...(s.calico_felix_mtu_iface_pattern === undefined ? {} : { FELIX_MTUIFACEPATTERN: s.calico_felix_mtu_iface_pattern }),
    // With IPVS it cannot see them in kube-proxy's rules.
    ...(s.kube_proxy_mode === 'ipvs' && ports !== USUAL_NODE_PORTS ? { FELIX_KUBENODEPORTRANGES: ports.replace('-', ':') } : {}),
  };
}

function typhaPatch({ settings: s }: Cluster): unknown {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'calico-typha', namespace: 'kube-system' },
    spec: { replicas: s.typha_replicas },
  };
}
