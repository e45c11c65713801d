import type { ErrorParts, Warning } from '../../base/errors.js';
import { compareVersions } from '../catalogue.js';
import { whereOf } from '../checks/findings.js';
import type { Cluster } from '../cluster.js';
import { type Change, type Components, settingChanges, versionStep } from './changes.js';
import type { LivingCluster } from './living-cluster.js';
import { memberProblems } from './member-refusals.js';
import { MIXED_VERSIONS, stateProblems, strangers } from './state-refusals.js';

export interface Comparison {
  /** What a run may do. */
  readonly changes: readonly Change[];
  /** Everything that a run must not do; nothing is touched while there is one. */
  readonly refusals: readonly ErrorParts[];
  readonly warnings: readonly Warning[];
}

/**
 * The inventory against the cluster that runs.
 *
 * @param upgrading newer versions are what is wanted, and hosts may run two of Kubernetes.
 */
export function compare(wanted: Cluster, components: Components, living: LivingCluster, upgrading = false): Comparison {
  const changes = settingChanges(wanted, components, living);
  const ignored = new Set(wanted.settings.kubewright_preflight_ignore);
  const state = [...stateProblems(wanted, living), ...memberProblems(wanted, living)];
  const allowed = (c: Change): boolean => upgrading && c.kind === 'upgrade' && compareVersions(c.to, c.from) > 0;
  const refused = changes.filter((c) => (c.kind === 'fixed' || c.kind === 'upgrade') && !allowed(c));
  return {
    changes: changes.filter((c) => !refused.includes(c)),
    refusals: [
      ...state.filter((p) => !ignored.has(p.code ?? '') && !(upgrading && p.code === MIXED_VERSIONS)),
      ...refused.map((c) => (c.kind === 'upgrade' ? upgrade(c, wanted) : fixed(c, wanted))),
    ],
    warnings: strangers(wanted, living),
  };
}

/** A line for each change that a run makes: `--check` prints them. */
export function changeText({ setting, from, to, kind }: Change): string {
  const how = kind === 'rolling' ? 'one host or pod after the other' : 'at once';
  return `${setting} changes from ${from} to ${to} (${kind}: ${how})`;
}

const WHY: Readonly<Record<string, string>> = {
  cluster_name: 'Services, certificates and the settings of all pods hold the domain of the cluster',
  kube_network_plugin: 'Pods keep the network that they were started with, and two plugins would write the same routes',
  kube_service_addresses: 'Services keep their addresses, and the API server would refuse to serve them',
  kube_pods_subnet: 'Nodes and pods keep their addresses, so they would be cut off from each other',
  kube_network_node_prefix: 'Nodes keep their share of the pod subnet; shares of another size overlap with it',
  skydns_server: 'Pods keep the address of the DNS server that they were started with',
  bin_dir: 'Running containers need their programs where they are',
  etcd_data_dir: 'The members would start without their data',
  etcd_cert_dir: "etcd's certificate authority is there",
  kube_apiserver_port: 'Kubeconfigs of all nodes, load balancers and clients hold the port',
  kubelet_cgroup_driver: 'The pods of a node cannot be taken over by another driver',
  loadbalancer_apiserver_type: 'The old load balancer holds the port on every worker',
  loadbalancer_apiserver_port: 'The kubelets and kube-proxy of all workers hold the port',
  dns_mode: 'The cluster DNS is installed, or left out, when the cluster is made',
};
const POOL =
  'Calico makes its pool once and keeps it: the setting would count as applied without having an effect, or cut nodes off';

function fixed(c: Change, wanted: Cluster): ErrorParts {
  return {
    what: `${c.setting} is ${c.from} in the cluster that runs, and cannot become ${c.to}`,
    where: placeOf(c, wanted),
    why: WHY[c.setting] ?? (/^(calico_|nat_outgoing)/.test(c.setting) ? POOL : 'It is decided when a cluster is made'),
    fix: `Write ${c.setting}: ${c.from}, or make a new cluster with ${c.to}`,
    code: c.setting,
  };
}

function upgrade(c: Change, wanted: Cluster): ErrorParts {
  const keep = `Keep it: write ${c.setting}: '${c.from}', or leave it out`;
  const from = compareVersions(c.to, c.from) > 0 ? `${upgradeText(c)}. ${keep}` : keep;
  return {
    what: `${c.setting} is ${c.from} in the cluster that runs, and this run would install ${c.to}`,
    where: placeOf(c, wanted),
    why: versionStep(c.from, c.to),
    fix: `${from}; files of that version come from the bundle that the cluster was made from (--bundle)`,
    code: c.setting,
  };
}

/** How the newer version is reached, one host after the other. */
function upgradeText({ setting, to }: Change): string {
  return setting === 'kube_version'
    ? `Run kubewright upgrade --to ${to}`
    : `Run kubewright upgrade with the same bundle: it changes ${setting} on one host after the other`;
}

function placeOf(c: Change, wanted: Cluster): ErrorParts['where'] {
  const [first] = wanted.controlPlane;
  return first && whereOf(first.inventoryHost, c.setting);
}
