import type { EtcdMember, EtcdStatus, LivingFacts } from '../../facts/living/living-facts.js';

/** etcd as it runs. */
export interface LivingEtcd {
  /** Hosts of the inventory that hold a member's data. */
  readonly dataOn: readonly string[];
  /** The members that etcd itself lists; empty where none answered with a quorum. */
  readonly members: readonly EtcdMember[];
  /** What the local members of hosts say of themselves. */
  readonly status: ReadonlyMap<string, EtcdStatus>;
  /** Some member knows of a leader; undefined where none was asked: nothing is known. */
  readonly hasQuorum?: boolean;
  /** Versions that run, by host. */
  readonly versions: ReadonlyMap<string, string>;
  /** SHA-256 fingerprints of the CAs that hosts trust, each with the hosts; more than one: they do not agree. */
  readonly cas: ReadonlyMap<string, readonly string[]>;
  /** Hosts with the CA's key. */
  readonly caKeyOn: readonly string[];
}

/** Joins what was found of etcd on all hosts. */
export function livingEtcd(hosts: ReadonlyMap<string, LivingFacts>): LivingEtcd {
  const found = [...hosts].flatMap(([host, l]) => (l.etcd ? [{ host, ...l.etcd }] : []));
  const status = new Map(found.flatMap((e) => (e.status ? [[e.host, e.status] as const] : [])));
  const led = found.find((e) => e.status?.leader !== undefined && e.members.length > 0);
  const cas = new Map<string, string[]>();
  for (const { host, ca } of found) {
    for (const { fingerprint } of ca) {
      const holders = cas.get(fingerprint) ?? [];
      if (!holders.includes(host)) cas.set(fingerprint, [...holders, host]);
    }
  }
  const dataOn = found.filter((e) => e.data.length > 0).map((e) => e.host);
  const asked = status.size > 0 || found.some((e) => hosts.get(e.host)?.running.etcd !== undefined);
  return {
    dataOn,
    members: led?.members ?? [],
    status,
    ...(asked ? { hasQuorum: led !== undefined } : {}),
    versions: new Map(
      [...hosts].flatMap(([host, l]) => {
        const version = l.running.etcd ?? l.etcd?.status?.version;
        return version === undefined || version === '' ? [] : [[host, version] as const];
      }),
    ),
    cas,
    caKeyOn: found.filter((e) => e.hasCaKey).map((e) => e.host),
  };
}

/** The member with this peer address, whatever its name. */
export function memberAt(etcd: LivingEtcd, address: string): EtcdMember | undefined {
  return etcd.members.find((m) => m.peerUrls.some((url) => addressOf(url) === address));
}

/** `https://10.0.0.1:2380` → `10.0.0.1` */
export function addressOf(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/:\d+$/, '');
}
