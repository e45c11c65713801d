import type { ErrorParts, Warning } from '../../base/errors.js';
import type { Cluster, ClusterHost } from '../cluster.js';
import type { LivingCluster } from './living-cluster.js';
import { foreignControlPlanes } from './takeover/refusals.js';

/** What must be repaired, or finished, before anything is changed. */
export function stateProblems(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  return [
    ...unfinishedRestore(wanted, living),
    ...mixedVersions(wanted, living),
    ...quorum(wanted, living),
    ...nodeNames(wanted, living),
    ...foreignControlPlanes(wanted, living),
  ];
}

/** Members may hold different data, and control planes without manifests would be initialised again. */
function unfinishedRestore(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const hosts = wanted.hosts.map((h) => h.name).filter((name) => living.hosts.get(name)?.restoring);
  if (hosts.length === 0) return [];
  return [
    {
      what: 'A restore of etcd has not been finished',
      where: hosts.join(', '),
      why: 'The control plane is stopped there, and members of etcd may hold different data',
      fix: 'Run the command that has begun it (kubewright etcd restore, recover or rollback) with the same snapshot again: it goes on where it stopped',
      code: 'restore-unfinished',
    },
  ];
}

/** Code of the refusal of a cluster with several versions. */
export const MIXED_VERSIONS = 'mixed-versions';

/** More than one version of Kubernetes: an upgrade that was not finished. */
function mixedVersions(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const { apiServers, kubelets } = living.versions;
  const by = new Map<string, Set<string>>();
  for (const list of [apiServers, kubelets]) {
    for (const [host, version] of list) {
      if (version !== '' && wanted.hosts.some((h) => h.name === host)) by.set(version, (by.get(version) ?? new Set()).add(host));
    }
  }
  if (by.size < 2) return [];
  const seen = [...by].map(([version, hosts]) => `${version} on ${[...hosts].join(', ')}`);
  return [
    {
      what: `The cluster runs ${by.size} versions of Kubernetes: ${seen.join('; ')}`,
      why: 'An upgrade has not been finished, and this run would bring all hosts to one version at once',
      fix: `Finish it: kubewright upgrade --to ${living.versions.all.at(-1)}; then run again`,
      code: MIXED_VERSIONS,
    },
  ];
}

/** Not before the first control plane exists: an interrupted first run may have started a part of the members. */
function quorum(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const began = wanted.controlPlane.some((h) => living.hosts.get(h.name)?.staticPods['kube-apiserver']);
  const { etcd } = living;
  if (!began || wanted.etcd.every((h) => !living.hosts.has(h.name))) return [];
  if (etcd.hasQuorum === false) {
    const silent = wanted.etcd.filter((h) => !etcd.status.has(h.name)).map((h) => h.name);
    return [
      {
        what: 'etcd has no quorum',
        where: silent.length > 0 ? silent.join(', ') : undefined,
        why: 'A majority of its members does not answer; a change now could cost the data',
        fix: 'Start the members that are down (systemctl status etcd; journalctl -u etcd on each etcd host), then run again',
        code: 'etcd-quorum',
      },
    ];
  }
  const unwell = [...etcd.status].filter(([, s]) => s.errors !== '');
  return unwell.map(([host, s]) => ({
    what: `etcd reports: ${s.errors}`,
    where: host,
    fix: 'Repair it first: etcdctl alarm list; after NOSPACE compact, defrag and disarm',
    code: 'etcd-alarm',
  }));
}

/** A node is known by its name and address: a renamed host would join as a second node. */
function nodeNames(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  return wanted.hosts.flatMap((host) => {
    const byAddress = living.nodes.find((n) => n.internalIp === host.ip);
    if (byAddress && byAddress.name !== host.name && living.nodeHosts.has(host.name)) return [renamed(host, byAddress.name)];
    const byName = living.nodes.find((n) => n.name === host.name);
    if (byName && byName.internalIp !== '' && byName.internalIp !== host.ip && living.nodeHosts.has(host.name)) {
      return [moved(host, byName.internalIp)];
    }
    return [];
  });
}

function renamed(host: ClusterHost, name: string): ErrorParts {
  return {
    what: `The host at ${host.ip} is the node ${name}, and cannot become ${host.name}`,
    where: host.inventoryHost.source,
    why: 'A node keeps its name: certificates, etcd and its pods are bound to it',
    fix: `Name it ${name} in the inventory`,
    code: 'node-name',
  };
}

function moved(host: ClusterHost, address: string): ErrorParts {
  return {
    what: `The node ${host.name} has the address ${address}, and the inventory says ${host.ip}`,
    where: host.inventoryHost.source,
    why: 'Certificates, etcd and the other nodes know it by its address',
    fix: `Set ip: ${address}, or take the host out of the cluster and add it again`,
    code: 'node-address',
  };
}

/** Nodes that the inventory does not have: they run on, and nothing is changed on them. */
export function strangers(wanted: Cluster, living: LivingCluster): Warning[] {
  const names = new Set(wanted.hosts.map((h) => h.name));
  const ips = new Set(wanted.hosts.map((h) => h.ip));
  const left = living.nodes.filter((n) => !names.has(n.name) && !ips.has(n.internalIp)).map((n) => n.name);
  if (left.length === 0) return [];
  return [
    {
      what: `${left.join(', ')} ${left.length === 1 ? 'is a node' : 'are nodes'} of the cluster, but not in the inventory`,
      why: 'Nothing is changed there, and load balancers and hosts files no longer mention them',
      fix: 'Put them back into the inventory; kubewright remove takes a node out of the cluster',
    },
  ];
}
