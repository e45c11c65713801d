import { type ErrorParts, UNREACHABLE, type Warning } from '../../../base/errors.js';
import { fileSize } from '../../../base/text/format.js';
import { compareVersions } from '../../../cluster/catalogue.js';
import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { minorOf } from '../../../cluster/versions.js';
import { problems as hostProblems } from '../../../roles/preflight/preflight.js';
import { isNode } from '../../../roles/role.js';
import { etcdProblems } from '../etcd/report.js';
import type { Seen } from './look.js';

export interface StepChecked {
  readonly cluster: Cluster;
  /** Of Kubernetes. */
  readonly version: string;
  /** Of etcd, as it would be installed. */
  readonly etcdVersion: string;
  /** Bytes of images that a host may need. */
  readonly imageBytes: (host: ClusterHost) => number;
}

/** Something that speaks against the step. `passing`: it may pass by itself, as after a restart. */
export type Blocker = ErrorParts & { readonly passing?: boolean };

export interface Checked {
  readonly blockers: readonly Blocker[];
  readonly warnings: readonly Warning[];
}

/** Before a step, all at once; nothing has been changed. Those whose code is in kubewright_preflight_ignore are left out. */
export function check(seen: Seen, step: StepChecked, now: number): Checked {
  const ignored = new Set(step.cluster.settings.kubewright_preflight_ignore);
  const all = [
    ...hosts(seen, step),
    ...nodes(seen, step),
    ...etcd(seen, step),
    ...removedApis(seen, step),
    ...draining(seen),
    ...certificates(seen, now),
    ...disks(seen, step),
  ];
  return {
    blockers: all
      .filter((b) => b.code === UNREACHABLE || !ignored.has(b.code ?? ''))
      .map((b) =>
        b.code === undefined || b.code === UNREACHABLE
          ? b
          : { ...b, fix: `${b.fix}\n(to skip this check: kubewright_preflight_ignore: [${b.code}])` },
      ),
    warnings: warnings(seen, step),
  };
}

function hosts(seen: Seen, { cluster }: StepChecked): Blocker[] {
  const away = cluster.hosts.filter((h) => seen.failures.has(h.name));
  const strange = cluster.hosts.filter((h) => isNode(h) && seen.facts.get(h.name)?.isNode === false);
  return [
    ...away.map((h) => ({
      what: 'The host cannot be reached',
      where: h.name,
      why: seen.failures.get(h.name)?.message,
      fix: `Start it; if it is off for good, take it out first: kubewright remove ${h.name} --force`,
      code: UNREACHABLE,
    })),
    ...(strange.length > 0
      ? [
          {
            what: `${strange.map((h) => h.name).join(', ')} ${strange.length === 1 ? 'is' : 'are'} in the inventory and no node yet`,
            why: 'A host joins with the version that the cluster runs, not in the middle of an upgrade',
            fix: `Run kubewright provision first, or take ${strange.length === 1 ? 'it' : 'them'} out of the inventory`,
          },
        ]
      : []),
    ...hostProblems({ cluster, allFacts: seen.facts }).map(({ check: code, ...p }) => ({ ...p, fix: p.fix ?? '', code })),
  ];
}

function nodes(seen: Seen, { cluster }: StepChecked): Blocker[] {
  const out: Blocker[] = [];
  for (const h of cluster.controlPlane) {
    if (seen.failures.has(h.name) || seen.ready.has(h.name)) continue;
    out.push({
      what: 'The API server is not ready',
      where: h.name,
      why: seen.living?.silentApis.get(h.name),
      fix: '`journalctl -u kubelet` on the host says why; repair it first',
      passing: true,
    });
  }
  for (const n of seen.living?.nodes ?? []) {
    // One that an upgrade has stopped at is repaired by going on.
    if (n.ready || seen.marked.includes(n.name)) continue;
    out.push({
      what: 'The node is not Ready',
      where: n.name,
      fix: 'kubewright verify says what is wrong with it',
      passing: true,
    });
  }
  return out;
}

/** Oldest versions from which etcd's own guide lets a minor version be upgraded. Source: https://etcd.io/docs/v3.7/upgrades/ */
const ETCD_FLOORS: Readonly<Record<string, string>> = { '3.6': '3.5.26', '3.7': '3.6.11' };

function etcd(seen: Seen, { etcdVersion, cluster }: StepChecked): Blocker[] {
  const out: Blocker[] = etcdProblems(seen.etcd)
    .filter((p) => p.broken)
    .map((p) => ({ what: p.text, where: 'etcd', fix: 'Repair it first: kubewright etcd status', passing: true }));
  const minor = etcdVersion.split('.').slice(0, 2).join('.');
  const floor = ETCD_FLOORS[minor];
  for (const m of seen.etcd.members) {
    const version = m.status?.version;
    if (version === undefined || version.startsWith(`${minor}.`)) continue;
    if (floor !== undefined && compareVersions(version, floor) < 0) {
      out.push({
        what: `etcd ${version} cannot become ${etcdVersion}`,
        where: m.host ?? m.name,
        why: `${minor} is reached from ${floor} or newer, which repairs what older members do to the list of members`,
        fix: `Upgrade within ${version.split('.').slice(0, 2).join('.')} first: set etcd_version, and run kubewright upgrade --to ${seen.living?.versions.cluster ?? 'the version that runs'}`,
        code: 'etcd-floor',
      });
    }
  }
  for (const h of cluster.etcd) {
    const status = seen.etcd.members.find((m) => m.host === h.name)?.status;
    if (status && status.dbBytes >= status.quotaBytes * 0.8) {
      out.push({
        what: `The database of etcd takes ${Math.round((status.dbBytes * 100) / status.quotaBytes)} % of its quota`,
        where: h.name,
        fix: 'Run kubewright etcd defrag, or raise etcd_quota_backend_bytes',
        code: 'etcd-quota',
      });
    }
  }
  return out;
}

function removedApis(seen: Seen, { version }: StepChecked): Blocker[] {
  const minor = minorOf(version);
  const used = seen.deprecated.filter((d) => Number(d.removedIn.split('.')[1]) <= minor);
  if (used.length === 0) return [];
  return [
    {
      what: `Kubernetes ${version} no longer has APIs that clients have used since the API servers were started`,
      why: used.map((d) => `${d.api} (removed in ${d.removedIn})`).join('; '),
      fix: 'Move the clients to the newer versions of these APIs; the count ends when an API server restarts',
      code: 'removed-apis',
    },
  ];
}

function draining(seen: Seen): Blocker[] {
  // Where an upgrade was cut off, a node that it has cordoned may be what the pods wait for: going on is the remedy, and drains wait.
  const budgets = seen.marked.length > 0 ? [] : seen.budgets;
  return [
    ...budgets.map((b) => ({
      what: `The budget ${b.name} allows no pod to be evicted`,
      why: `${b.healthy} of its pods are healthy, and ${b.needed} must stay so`,
      fix: 'Give its workload another replica, or let its budget allow a disruption',
      code: 'budgets',
      passing: true,
    })),
    ...(seen.bare.length > 0
      ? [
          {
            what: `Pods without a controller would be lost: ${seen.bare.join(', ')}`,
            why: 'Nodes are drained, and nothing makes these pods again',
            fix: 'Delete them, or give them a Deployment',
            code: 'bare-pods',
          },
        ]
      : []),
  ];
}

const DAY_MS = 86_400_000;

function certificates(seen: Seen, now: number): Blocker[] {
  return [...(seen.living?.certificates ?? [])].flatMap(([host, list]) => {
    const ended = list.filter((c) => c.endsAt < now + DAY_MS);
    if (ended.length === 0) return [];
    return [
      {
        what: `Certificates have ended, or end within a day: ${ended.map((c) => c.path).join(', ')}`,
        where: host,
        fix: 'Run kubewright certs renew first',
        code: 'certificates',
      },
    ];
  });
}

function disks(seen: Seen, { cluster, imageBytes }: StepChecked): Blocker[] {
  return cluster.hosts.flatMap((h) => {
    const free = (seen.freeKb.get(h.name) ?? 0) * 1024;
    const db = seen.etcd.members.find((m) => m.host === h.name)?.status?.dbBytes ?? 0;
    // An archive, and what is unpacked from it; a snapshot needs twice the database.
    const needed = imageBytes(h) * 2.5 + db * 2;
    if (!seen.freeKb.has(h.name) || free >= needed) return [];
    return [
      {
        what: `${fileSize(free)} are free under /var/lib, ${fileSize(needed)} are needed for images and the snapshot of etcd`,
        where: h.name,
        fix: 'Free some space: crictl rmi --prune removes images that no container uses',
        code: 'disk',
      },
    ];
  });
}

function warnings(seen: Seen, { cluster }: StepChecked): Warning[] {
  const cordoned = (seen.living?.nodes ?? []).filter((n) => n.cordoned && !seen.marked.includes(n.name)).map((n) => n.name);
  const workers = cluster.workers.filter((h) => !h.controlPlane);
  return [
    ...(cordoned.length > 0
      ? [{ what: `${cordoned.join(', ')} ${cordoned.length === 1 ? 'is' : 'are'} cordoned and will stay so` }]
      : []),
    ...(workers.length === 1
      ? [{ what: `${workers[0]?.name} is the only worker: while it is drained its pods have nowhere to go` }]
      : []),
    ...(cluster.controlPlane.length === 1
      ? [{ what: 'There is one control plane: while it is upgraded the API is away for about a minute; pods run on' }]
      : []),
  ];
}
