import { fileSize } from '../../../base/text/format.js';
import { stdoutColumns, tableLines } from '../../../base/text/table.js';
import { type EtcdMember, type EtcdState, isHealthy, quorum, voters } from './model.js';

/** Part of its quota from which a database should be defragmented or given more room. */
const NEARLY_FULL = 0.8;
/** Part of the file that holds nothing, from which defragmenting is worth it; and the size below which it never is. */
const WASTED = 0.5;
const SMALL = 100 * 1024 ** 2;

/** What is wrong with etcd, with what to do; empty: nothing. Only `broken` counts as a failure. */
export interface EtcdProblem {
  readonly text: string;
  readonly broken: boolean;
}

export function etcdProblems(s: EtcdState): EtcdProblem[] {
  const found: EtcdProblem[] = [];
  const say = (text: string, broken = true): void => void found.push({ text, broken });
  const all = voters(s.members);
  const healthy = all.filter(isHealthy).length;
  const needed = quorum(s.members);
  if (s.members.length === 0) say('No etcd member answers: `journalctl -u etcd` on the etcd hosts says why');
  else if (healthy < needed) say(`There is no quorum: ${healthy} of ${all.length} members are healthy, ${needed} are needed`);
  for (const m of s.members.filter((m) => !isHealthy(m))) {
    const why = m.status?.errors.join(', ') ?? s.unreachable.get(m.host ?? '') ?? 'etcd does not answer there';
    say(`${nameOf(m)} is not healthy: ${why}`);
  }
  if (healthy >= needed && healthy === needed && all.length > 1)
    say('One more lost member costs the quorum: repair the others first');
  for (const m of s.members.filter((m) => m.learner))
    say(`${nameOf(m)} is a learner and has no vote: promote it when it has caught up`);
  for (const host of s.strangers) say(`${host} is in the inventory's etcd group, and no member of etcd`);
  for (const m of s.members.filter((m) => m.host === undefined))
    say(`The member ${m.name || m.id} (${m.peerUrl}) is not in the inventory's etcd group`);
  for (const alarm of s.alarms) say(`Alarm: ${alarm}`);
  if (s.hashesAgree === false)
    say(`The members hold different data at revision ${s.hashRevision}: restore a snapshot, or replace the member that differs`);
  for (const m of s.members) {
    if (!m.status) continue;
    const { dbBytes, usedBytes, quotaBytes } = m.status;
    const part = `${Math.round((dbBytes * 100) / quotaBytes)} % of its quota`;
    if (dbBytes >= quotaBytes * NEARLY_FULL)
      say(`The database of ${nameOf(m)} takes ${part}: run kubewright etcd defrag, or raise etcd_quota_backend_bytes`, false);
    else if (dbBytes > SMALL && usedBytes < dbBytes * WASTED)
      say(`More than half of the database file of ${nameOf(m)} is empty: run kubewright etcd defrag`, false);
  }
  return found;
}

/** A person's view: one line per member, then what is wrong. */
export function etcdText(s: EtcdState): string {
  const rows = s.members.map((m) => [
    m.host ?? '-',
    m.name || m.id,
    m.status ? (m.status.leader ? 'leader' : m.learner ? 'learner' : 'member') : 'down',
    m.status?.version ?? '-',
    m.status ? fileSize(m.status.dbBytes) : '-',
    m.status ? fileSize(m.status.usedBytes) : '-',
    m.status ? fileSize(m.status.quotaBytes) : '-',
    m.status ? `${m.status.raftTerm}/${m.status.appliedIndex}` : '-',
  ]);
  const lines = tableLines(
    [['HOST', 'MEMBER', 'STATE', 'VERSION', 'SIZE', 'IN USE', 'QUOTA', 'TERM/INDEX'], ...rows],
    stdoutColumns(),
  );
  if (s.hashesAgree) lines.push('', `All members that answer hold the same data (revision ${s.hashRevision}).`);
  const problems = etcdProblems(s);
  if (problems.length > 0) lines.push('', ...problems.map((p) => `${p.broken ? 'error' : 'warning'}: ${p.text}`));
  return `${lines.join('\n')}\n`;
}

export function etcdJson(s: EtcdState): object {
  return {
    quorum: { needed: quorum(s.members), healthy: voters(s.members).filter(isHealthy).length },
    members: s.members.map((m) => ({ ...m, healthy: isHealthy(m) })),
    strangers: s.strangers,
    unreachable: Object.fromEntries(s.unreachable),
    alarms: s.alarms,
    hashesAgree: s.hashesAgree ?? null,
    problems: etcdProblems(s),
  };
}

function nameOf(m: EtcdMember): string {
  return m.host ?? (m.name || m.id);
}
