import { parse } from 'yaml';
import type { HostFacts } from '../../facts/facts.js';
import type {
  ApiFacts,
  CertificateFact,
  ControlPlanePod,
  IpPool,
  LivingFacts,
  NodeFact,
  WorkloadFact,
} from '../../facts/living/living-facts.js';
import { compareVersions } from '../catalogue.js';
import { type LivingEtcd, livingEtcd } from './living-etcd.js';
import { networkOf, type PluginSeen } from './living-network.js';
import { type AppliedRecord, newestRecord } from './record.js';

/** The cluster that runs on the hosts of an inventory, as of the start of the run. Immutable. */
export interface LivingCluster {
  /** Hosts of the inventory on which something of a cluster is, with what was found there. */
  readonly hosts: ReadonlyMap<string, LivingFacts>;
  /** Hosts of the inventory with a kubelet.conf. */
  readonly nodeHosts: ReadonlySet<string>;
  /** The API server that answered best; absent: none answered. What follows about the cluster's objects comes from it. */
  readonly api?: ApiFacts & { readonly host: string };
  /** Control planes whose API server did not answer, and why. */
  readonly silentApis: ReadonlyMap<string, string>;
  /** Nodes as the API sees them, also those that are not in the inventory; empty where no API server answered. */
  readonly nodes: readonly NodeFact[];
  /** Versions of Kubernetes, none of them with `v`. */
  readonly versions: KubernetesVersions;
  /** kubeadm's ClusterConfiguration: from the cluster, else from a control plane's file. */
  readonly configuration?: ClusterConfigurationSeen;
  readonly etcd: LivingEtcd;
  readonly network: { readonly plugin?: PluginSeen; readonly backend?: string; readonly pools: readonly IpPool[] };
  /** `iptables`, `ipvs`, `nftables`; absent: no kube-proxy is known. */
  readonly kubeProxyMode?: string;
  readonly workloads: readonly WorkloadFact[];
  readonly controlPlanePods: readonly ControlPlanePod[];
  /** Certificates by host of the inventory. */
  readonly certificates: ReadonlyMap<string, readonly CertificateFact[]>;
  /** What Kubewright applied last, the newest of what hosts and the cluster say; absent: another tool made the cluster. */
  readonly record?: AppliedRecord;
}

interface KubernetesVersions {
  /** API servers that run, by host. */
  readonly apiServers: ReadonlyMap<string, string>;
  /** kubelets that run, by node; those of the hosts where the API says nothing. */
  readonly kubelets: ReadonlyMap<string, string>;
  /** The lowest API server: what the cluster offers. Without one, kubeadm's configuration, then the kubelets. */
  readonly cluster?: string;
  /** All that run, oldest first, each once: more than one during an upgrade. */
  readonly all: readonly string[];
}

/** The parts of ClusterConfiguration that are compared. Absent: not said. */
interface ClusterConfigurationSeen {
  readonly kubernetesVersion?: string;
  readonly controlPlaneEndpoint?: string;
  readonly clusterName?: string;
  readonly dnsDomain?: string;
  readonly podSubnet?: string;
  readonly serviceSubnet?: string;
  readonly etcdEndpoints?: readonly string[];
  readonly certSans: readonly string[];
  /** The whole of it, as it was written. */
  readonly text: string;
}

/**
 * Joins what was found on all hosts.
 * @returns undefined where nothing of a cluster runs or lies on any host: nodes, an API server's manifest or etcd's data.
 */
export function livingCluster(allFacts: ReadonlyMap<string, Pick<HostFacts, 'living' | 'isNode'>>): LivingCluster | undefined {
  const hosts = new Map([...allFacts].flatMap(([name, f]) => (f.living ? [[name, f.living] as const] : [])));
  const nodeHosts = new Set([...allFacts].filter(([, f]) => f.isNode).map(([name]) => name));
  const lives = [...hosts.values()].some((l) => l.staticPods['kube-apiserver'] || (l.etcd?.data.length ?? 0) > 0);
  if (nodeHosts.size === 0 && !lives) return undefined;
  const answers = [...hosts].flatMap(([host, l]) => (l.api?.version === undefined ? [] : [{ host, ...l.api }]));
  const api = answers.toSorted((a, b) => Number(b.ready) - Number(a.ready) || b.nodes.length - a.nodes.length)[0];
  const configuration = configurationOf(api ?? [...hosts.values()].find((l) => l.api?.clusterConfiguration)?.api);
  const nodes = api?.nodes ?? [];
  const kubeProxyMode = api && kubeProxyModeOf(api);
  const record = newestRecord([api?.configMaps.kubewright?.applied, ...[...hosts.values()].map((l) => l.applied)]);
  return {
    hosts,
    nodeHosts,
    ...(api ? { api } : {}),
    silentApis: new Map(
      [...hosts].flatMap(([host, l]) => (l.api && l.api.version === undefined ? [[host, l.api.error ?? 'no answer']] : [])),
    ),
    nodes,
    versions: versionsOf(hosts, answers, nodes, configuration),
    ...(configuration ? { configuration } : {}),
    etcd: livingEtcd(hosts),
    network: networkOf(hosts, api, record),
    ...(kubeProxyMode === undefined ? {} : { kubeProxyMode }),
    workloads: api?.workloads ?? [],
    controlPlanePods: api?.controlPlanePods ?? [],
    certificates: new Map([...hosts].map(([host, l]) => [host, l.certificates])),
    ...(record ? { record } : {}),
  };
}

function versionsOf(
  hosts: ReadonlyMap<string, LivingFacts>,
  answers: readonly (ApiFacts & { readonly host: string })[],
  nodes: readonly NodeFact[],
  configuration: ClusterConfigurationSeen | undefined,
): KubernetesVersions {
  const apiServers = new Map(answers.map((a) => [a.host, a.version ?? '']));
  const kubelets = new Map(nodes.map((n) => [n.name, n.kubelet]));
  // The process on the host knows better than a node that has not reported yet.
  for (const [host, l] of hosts) if (l.running.kubelet !== undefined) kubelets.set(host, l.running.kubelet);
  const all = [...new Set([...apiServers.values(), ...kubelets.values()])].filter((v) => v !== '').sort(compareVersions);
  const lowest = (list: Iterable<string>): string | undefined => [...list].sort(compareVersions)[0];
  const cluster = lowest(apiServers.values()) ?? configuration?.kubernetesVersion ?? lowest(kubelets.values());
  return { apiServers, kubelets, all, ...(cluster === undefined ? {} : { cluster }) };
}

/** The part of kubeadm's document that is compared; anything unexpected in it is left out. */
function configurationOf(api: ApiFacts | undefined): ClusterConfigurationSeen | undefined {
  const text = api?.clusterConfiguration;
  const document = text === undefined ? undefined : record(parsed(text));
  if (text === undefined || !document) return undefined;
  const networking = record(document.networking);
  const external = record(record(document.etcd)?.external);
  const word = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const words = (value: unknown): string[] => (Array.isArray(value) ? value.filter((v) => typeof v === 'string') : []);
  return {
    kubernetesVersion: word(document.kubernetesVersion)?.replace(/^v/, ''),
    controlPlaneEndpoint: word(document.controlPlaneEndpoint),
    clusterName: word(document.clusterName),
    dnsDomain: word(networking?.dnsDomain),
    podSubnet: word(networking?.podSubnet),
    serviceSubnet: word(networking?.serviceSubnet),
    ...(external ? { etcdEndpoints: words(external.endpoints) } : {}),
    certSans: words(record(document.apiServer)?.certSANs),
    text,
  };
}

function kubeProxyModeOf(api: ApiFacts): string | undefined {
  const document = record(parsed(api.configMaps['kube-proxy']?.['config.conf'] ?? ''));
  if (!document) return undefined;
  return typeof document.mode === 'string' && document.mode !== '' ? document.mode : 'iptables';
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
