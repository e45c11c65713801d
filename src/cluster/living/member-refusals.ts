import type { ErrorParts } from '../../base/errors.js';
import { type Cluster, type ClusterHost, memberName } from '../cluster.js';
import type { LivingCluster } from './living-cluster.js';
import { addressOf, memberAt } from './living-etcd.js';

/** Members and control planes that the inventory has otherwise than the cluster. */
export function memberProblems(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const stacked = stackedEtcd(wanted, living);
  return stacked.length > 0
    ? stacked
    : [
        ...elsewhere(wanted, living),
        ...shrunk(wanted, living),
        ...unknownMembers(wanted, living),
        ...authorities(wanted, living),
      ];
}

/** kubeadm's own layout: ours would start a second etcd beside it. */
export function stackedEtcd(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const hosts = wanted.hosts.filter((h) => living.hosts.get(h.name)?.staticPods.etcd).map((h) => h.name);
  if (hosts.length === 0) return [];
  return [
    {
      what: 'etcd runs as static pods of kubeadm (stacked)',
      where: hosts.join(', '),
      why: 'Kubewright runs etcd as a service of the host: a second etcd would be started beside the one that holds the cluster',
      fix: 'Look after this cluster with kubeadm; status, verify, certs check, kubeconfig and trace work with it',
      code: 'etcd-stacked',
    },
  ];
}

/** API servers of another tool's cluster whose etcd the inventory does not have: one of ours would be started without data. */
function elsewhere(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  if (living.record) return [];
  const servers = wanted.controlPlane.flatMap(
    (h) => living.hosts.get(h.name)?.staticPods['kube-apiserver']?.args['etcd-servers']?.split(',') ?? [],
  );
  const used = [...new Set(servers.map(addressOf))].filter((a) => a !== '127.0.0.1');
  const strange = used.filter((a) => !wanted.etcd.some((h) => h.accessIp === a || h.ip === a));
  if (strange.length === 0) return [];
  return [
    {
      what: `The API servers keep their data in etcd at ${strange.join(', ')}, and the inventory has no etcd host there`,
      where: placeOfGroup(wanted),
      why: 'The control plane would be given another etcd, without the data',
      fix: 'Put these hosts under [etcd], by the addresses that the API servers use',
      code: 'etcd-elsewhere',
    },
  ];
}

/** Members that the inventory no longer has. */
function shrunk(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const addresses = new Set(wanted.etcd.map((h) => h.accessIp));
  const left = living.etcd.members.filter((m) => !m.peerUrls.some((url) => addresses.has(addressOf(url))));
  if (left.length === 0) return [];
  const names = left.map((m) => m.name || m.peerUrls.join(', '));
  return [
    {
      what: `etcd has ${names.length === 1 ? 'a member' : 'members'} that the inventory lacks: ${names.join(', ')}`,
      where: placeOfGroup(wanted),
      why: 'They stay members whatever the inventory says: API servers would forget them, and the quorum would still count them',
      fix: 'Put their hosts back under [etcd]; kubewright remove takes a host out of the cluster, with its member',
      code: 'etcd-members',
    },
  ];
}

/** Hosts that etcd does not know but that hold data, and names that it knows otherwise. Other new hosts join as learners. */
function unknownMembers(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const { members } = living.etcd;
  if (members.length === 0) return [];
  return wanted.etcd.flatMap((host): ErrorParts[] => {
    const member = memberAt(living.etcd, host.accessIp);
    if (!member) return (living.hosts.get(host.name)?.etcd?.data.length ?? 0) > 0 ? [foreignData(host, living)] : [];
    if (member.name === '' || member.name === memberName(host)) return [];
    return [
      {
        what: `The etcd member of ${host.name} is named ${member.name}, and cannot become ${memberName(host)}`,
        where: host.inventoryHost.vars.get('etcd_member_name')?.source ?? host.inventoryHost.source,
        why: 'A member keeps its name',
        fix: `Set etcd_member_name: ${member.name} for ${host.name}, or leave it out`,
        code: 'etcd-member-name',
      },
    ];
  });
}

function foreignData(host: ClusterHost, living: LivingCluster): ErrorParts {
  const command = living.nodes.some((n) => n.name === host.name) ? `remove ${host.name}` : `reset --limit ${host.name}`;
  return {
    what: `${host.name} is not a member of the etcd that runs, but holds the data of a member`,
    where: host.inventoryHost.source,
    why: 'It would start with that data as a member of another cluster, or as one that was removed from this one',
    fix: `Look at ${host.settings.etcd_data_dir} there. kubewright ${command} empties it; after that the host joins as a new member`,
    code: 'etcd-data',
  };
}

/** Different CAs of etcd on different hosts: a host with the wrong one is cut off. */
function authorities(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  const { cas } = living.etcd;
  const inside = [...cas].map(([ca, hosts]) => [ca, hosts.filter((h) => wanted.hosts.some((w) => w.name === h))] as const);
  const known = inside.filter(([, hosts]) => hosts.length > 0);
  if (known.length === 1 && wanted.etcd.every((h) => !living.etcd.caKeyOn.includes(h.name))) return [keyLost(wanted)];
  if (known.length < 2) return [];
  return [
    {
      what: `Hosts trust ${known.length} different certificate authorities of etcd`,
      where: known.map(([, hosts]) => hosts.join(', ')).join(' | '),
      why: 'A member or an API server with another one than the rest is refused by them',
      fix: 'Compare /etc/ssl/etcd/ssl/ca.pem of the etcd hosts and /etc/kubernetes/pki/etcd/ca.crt of the control planes, and put back the one that the members use',
      code: 'etcd-ca',
    },
  ];
}

function keyLost(wanted: Cluster): ErrorParts {
  const [first] = wanted.etcd;
  return {
    what: "The key of etcd's certificate authority is on no etcd host of the inventory",
    where: wanted.etcd.map((h) => h.name).join(', '),
    why: 'No certificate can be issued without it, and a new authority would cut off every member and API server',
    fix: `Copy ca-key.pem of ${first?.settings.etcd_cert_dir} from the host that has it, or from a backup, to ${first?.name} (mode 0600)`,
    code: 'etcd-ca-key',
  };
}

function placeOfGroup(wanted: Cluster): ErrorParts['where'] {
  return wanted.etcd[0]?.inventoryHost.source;
}
