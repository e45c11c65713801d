import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { etcdctl, etcdEndpoints, LOCAL_MEMBER } from '../../../roles/etcd/etcdctl.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import type { Answer, Asked, Asker } from '../ask.js';
import type { EtcdMember, EtcdState, MemberStatus } from './model.js';

/** Looks at etcd on every host of its group: one exec per host, and one more to compare the data where a member does not answer. */
export async function lookAtEtcd(cluster: Cluster, asker: Asker): Promise<EtcdState> {
  const comparing = cluster.etcd.find((h) => asker.sessions.has(h.name));
  const asked = await asker.ask(cluster.etcd, (host) =>
    joinShell([...(host === comparing ? [askAgreement(host, cluster.etcd)] : []), askMember(host)]),
  );
  const state = etcdState(cluster, asked);
  const compared = comparing && asked.answers.get(comparing.name);
  if (compared?.has('hashes')) return { ...state, ...agreement(compared, Number(compared.get('revision')?.[0])) };
  const up = state.members.flatMap((m) => (m.status && m.host ? [{ host: m.host, revision: m.status.revision }] : []));
  const first = cluster.etcd.find((h) => h.name === up[0]?.host);
  if (!first || up.length < 2) return state;
  const revision = Math.min(...up.map((m) => m.revision));
  const hosts = cluster.etcd.filter((h) => up.some((m) => m.host === h.name));
  const hashes = await asker.ask([first], () => askHashes(first, hosts, revision));
  return { ...state, ...agreement(hashes.answers.get(first.name), revision) };
}

/** Each in the background: without a quorum some of them wait until their time is up. */
function askMember(host: ClusterHost): Shell {
  return joinShell([
    sh`ctl() { ${etcdctl(host, '3s')} --endpoints ${LOCAL_MEMBER} --write-out json "$@"; }`,
    stacked(host),
    ...(['endpoint status', 'member list', 'alarm list'] as const).map(
      (what) => sh`( say ${what} "$(ctl ${what.split(' ')} 2>/dev/null)" ) &`,
    ),
    sh`[ ! -x ${`${host.settings.bin_dir}/etcdutl`} ] || say etcdutl yes`,
    sh`wait`,
  ]);
}

/** kubeadm's own etcd is a static pod, and etcdctl is in its image. */
function stacked(host: ClusterHost): Shell {
  const pki = '/etc/kubernetes/pki/etcd';
  const keys = ['--cacert', `${pki}/ca.crt`, '--cert', `${pki}/healthcheck-client.crt`, '--key', `${pki}/healthcheck-client.key`];
  const options = [...keys, '--command-timeout', '3s', '--endpoints', LOCAL_MEMBER, '--write-out', 'json'];
  return sh`
    if [ -s /etc/kubernetes/manifests/etcd.yaml ]; then
      crictl=${`${host.settings.bin_dir}/crictl`}
      id=$("$crictl" ps -q --name '^etcd$' 2>/dev/null | head -n 1)
      ctl() { "$crictl" exec "$id" etcdctl ${options} "$@"; }
    fi`;
}

/**
 * Compares the data of all members, beside what each says of itself; says nothing where one of them does not answer. The revision is the
 * newest that all have: writes go on meanwhile.
 */
function askAgreement(from: ClusterHost, of: readonly ClusterHost[]): Shell {
  if (of.length < 2) return sh``;
  const all = sh`${etcdctl(from, '3s')} --endpoints ${etcdEndpoints(of).join(',')} --write-out json`;
  return sh`
    ( all=$(${all} endpoint status 2>/dev/null) || exit 0
      revision=$(printf '%s\n' "$all" | grep -o '"revision":[0-9]*' | sed 's/.*://' | sort -n | head -n 1)
      hashes=$(${all} endpoint hashkv --rev "$revision" 2>/dev/null) || exit 0
      say revision "$revision"
      say hashes "$hashes" ) &`;
}

function askHashes(from: ClusterHost, of: readonly ClusterHost[], revision: number): Shell {
  return sh`say hashes "$(${etcdctl(from)} --endpoints ${etcdEndpoints(of).join(',')} --write-out json endpoint hashkv --rev ${revision} 2>/dev/null)"`;
}

interface StatusJson {
  Status: {
    header: { member_id: string; revision: number };
    version: string;
    dbSize: number;
    dbSizeInUse?: number;
    dbSizeQuota?: number;
    leader?: string | number;
    raftIndex: number;
    raftTerm: number;
    raftAppliedIndex?: number;
    errors?: string[];
  };
}
interface MembersJson {
  members?: { ID: string; name?: string; peerURLs?: string[]; isLearner?: boolean }[];
}
interface AlarmsJson {
  alarms?: { memberID: string; alarm: number | string }[];
}

export function etcdState(cluster: Cluster, { answers, failures }: Asked): EtcdState {
  const statuses = new Map<string, MemberStatus>();
  const hostOfId = new Map<string, string>();
  let listed: MembersJson | undefined;
  let alarms: AlarmsJson | undefined;
  for (const [host, answer] of answers) {
    const status = json<StatusJson[]>(answer, 'endpoint status')?.[0]?.Status;
    if (status) {
      hostOfId.set(status.header.member_id, host);
      statuses.set(status.header.member_id, memberStatus(status, cluster));
    }
    listed ??= json<MembersJson>(answer, 'member list');
    alarms ??= json<AlarmsJson>(answer, 'alarm list');
  }
  const members = (listed?.members ?? []).map((m): EtcdMember => {
    const peerUrl = m.peerURLs?.[0] ?? '';
    const host = hostOfId.get(m.ID) ?? cluster.etcd.find((h) => peerUrl.includes(`//${h.accessIp}:`))?.name;
    const status = statuses.get(m.ID);
    return {
      id: m.ID,
      name: m.name ?? '',
      peerUrl,
      learner: m.isLearner ?? false,
      ...(host === undefined ? {} : { host }),
      ...(status ? { status } : {}),
    };
  });
  const order = new Map(cluster.etcd.map((h, i) => [h.name, i]));
  const at = (m: EtcdMember): number => order.get(m.host ?? '') ?? Number.MAX_SAFE_INTEGER;
  const names = new Map(members.map((m) => [m.id, m.name]));
  return {
    members: members.toSorted((a, b) => at(a) - at(b)),
    strangers: cluster.etcd.map((h) => h.name).filter((h) => answers.has(h) && !members.some((m) => m.host === h)),
    unreachable: new Map(
      cluster.etcd.flatMap((h) => {
        const failure = failures.get(h.name);
        return failure ? [[h.name, failure.message] as const] : [];
      }),
    ),
    alarms: (alarms?.alarms ?? []).map((a) => `${alarmName(a.alarm)} ${names.get(a.memberID) || a.memberID}`),
    hashesAgree: undefined,
    hashRevision: undefined,
  };
}

function memberStatus(s: StatusJson['Status'], cluster: Cluster): MemberStatus {
  const leader = String(s.leader ?? 0);
  return {
    version: s.version,
    leader: leader === s.header.member_id,
    hasLeader: leader !== '0',
    ...(leader === '0' ? {} : { leaderId: leader }),
    dbBytes: s.dbSize,
    usedBytes: s.dbSizeInUse ?? s.dbSize,
    // Members before 3.6 do not tell; 0 means etcd's default.
    quotaBytes: s.dbSizeQuota ?? (cluster.settings.etcd_quota_backend_bytes || 2 * 1024 ** 3),
    revision: s.header.revision,
    raftTerm: s.raftTerm,
    raftIndex: s.raftIndex,
    appliedIndex: s.raftAppliedIndex ?? s.raftIndex,
    errors: s.errors ?? [],
  };
}

function agreement(answer: Answer | undefined, revision: number): Pick<EtcdState, 'hashesAgree' | 'hashRevision'> {
  const hashes = answer && json<{ HashKV: { hash: number; compact_revision?: number } }[]>(answer, 'hashes');
  if (!hashes || hashes.length < 2) return { hashesAgree: undefined, hashRevision: undefined };
  // Members compact on their own time: only hashes of the same span can be compared.
  const [first] = hashes;
  const same = hashes.filter((h) => h.HashKV.compact_revision === first?.HashKV.compact_revision);
  if (same.length < hashes.length) return { hashesAgree: undefined, hashRevision: undefined };
  return { hashesAgree: same.every((h) => h.HashKV.hash === first?.HashKV.hash), hashRevision: revision };
}

/** etcd's enum AlarmType. Source: https://github.com/etcd-io/etcd/blob/main/api/etcdserverpb/rpc.proto */
function alarmName(alarm: number | string): string {
  return typeof alarm === 'string' ? alarm : (['NONE', 'NOSPACE', 'CORRUPT'][alarm] ?? String(alarm));
}

/** Ids have 64 bits, more than a number holds: long integers become texts. */
function json<T>(answer: Answer, key: string): T | undefined {
  const text = answer.get(key)?.[0] ?? '';
  try {
    return JSON.parse(text.replaceAll(/:(\d{16,})(?=[,}\]])/g, ':"$1"')) as T;
  } catch {
    return undefined;
  }
}
