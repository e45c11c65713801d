/** etcd as its members see it, put together from what each host answered. Numbers of bytes; ids as etcd prints them. */
export interface EtcdState {
  readonly members: readonly EtcdMember[];
  /** Hosts of the inventory's group that etcd does not have as a member. */
  readonly strangers: readonly string[];
  /** Hosts that could not be asked, and why. */
  readonly unreachable: ReadonlyMap<string, string>;
  /** `NOSPACE etcd2`, `CORRUPT etcd1`. */
  readonly alarms: readonly string[];
  /** Whether all members that answered hold the same data; undefined: fewer than two could be compared. */
  readonly hashesAgree: boolean | undefined;
  /** Revision at which they were compared. */
  readonly hashRevision: number | undefined;
}

export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  /** Absent: no host of the inventory has this address. */
  readonly host?: string;
  readonly peerUrl: string;
  readonly learner: boolean;
  /** What it answered on its host; absent: it is down or could not be asked. */
  readonly status?: MemberStatus;
}

export interface MemberStatus {
  readonly version: string;
  readonly leader: boolean;
  /** As etcd prints it, as the other ids. Absent: it knows of none. */
  readonly leaderId?: string;
  readonly hasLeader: boolean;
  readonly dbBytes: number;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly revision: number;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly appliedIndex: number;
  readonly errors: readonly string[];
}

/** Members that must agree: more than half of those with a vote. */
export function quorum(members: readonly EtcdMember[]): number {
  return Math.floor(voters(members).length / 2) + 1;
}

export function voters(members: readonly EtcdMember[]): readonly EtcdMember[] {
  return members.filter((m) => !m.learner);
}

/** A member that answers and follows a leader. */
export function isHealthy(member: EtcdMember): boolean {
  return member.status?.hasLeader === true && member.status.errors.length === 0;
}
