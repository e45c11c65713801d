import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Asked, parseAnswer } from '../../../src/app/day-two/ask.js';
import { etcdState } from '../../../src/app/day-two/etcd/look.js';
import { isHealthy, quorum } from '../../../src/app/day-two/etcd/model.js';
import { etcdProblems, etcdText } from '../../../src/app/day-two/etcd/report.js';
import { etcdRestoreCommand } from '../../../src/app/day-two/etcd/restore.js';
import { sampleCluster } from '../../support/cluster.js';

const cluster = sampleCluster();
const IDS = ['10837750016778395947', '8951772862699080246', '8296945380644519761'];

/** As etcdctl 3.6.16 printed it in the lab; ids do not fit into a number. */
function answer(member: number, o: { leader?: number; db?: number; alarms?: string } = {}): string {
  const id = IDS[member];
  const leader = IDS[o.leader ?? 2];
  const size = o.db ?? 4513792;
  return [
    `endpoint status\t[{"Endpoint":"https://127.0.0.1:2379","Status":{"header":{"cluster_id":3118062109545437145,"member_id":${id},"revision":1226,"raft_term":2},"version":"3.6.16","dbSize":${size},"leader":${leader},"raftIndex":1540,"raftTerm":2,"raftAppliedIndex":1540,"dbSizeInUse":${size},"storageVersion":"3.6.0","dbSizeQuota":2147483648,"downgradeInfo":{}}}]`,
    `member list\t{"header":{"cluster_id":3118062109545437145},"members":[${IDS.map((m, i) => `{"ID":${m},"name":"etcd${i + 1}","peerURLs":["https://192.168.1.${11 + i}:2380"],"clientURLs":["https://192.168.1.${11 + i}:2379"]}`).join(',')}]}`,
    `alarm list\t{"header":{"cluster_id":3118062109545437145}${o.alarms ?? ''}}`,
  ].join('\n');
}

function asked(answers: Readonly<Record<string, string>>, failures: Readonly<Record<string, Error>> = {}): Asked {
  return {
    answers: new Map(Object.entries(answers).map(([h, text]) => [h, parseAnswer(text)])),
    failures: new Map(Object.entries(failures)),
  };
}

describe('the state of etcd', () => {
  const all = { 'm11-k8s': answer(0), 'm12-k8s': answer(1), 'm13-k8s': answer(2) };

  it('tells members apart whose ids differ only in digits that a number loses', () => {
    const close = ['10837750016778395947', '10837750016778395948'];
    const text = answer(0).replaceAll(IDS[2] ?? '', close[1] ?? '');
    const state = etcdState(cluster, asked({ 'm11-k8s': text }));
    expect(state.members.find((m) => m.host === 'm11-k8s')?.status?.leader).toBe(false);
  });

  it('has every member with its host, its size and who leads', () => {
    const state = etcdState(cluster, asked(all));
    expect(state.members.map((m) => [m.host, m.name, m.status?.leader, m.status?.dbBytes])).toEqual([
      ['m11-k8s', 'etcd1', false, 4513792],
      ['m12-k8s', 'etcd2', false, 4513792],
      ['m13-k8s', 'etcd3', true, 4513792],
    ]);
    expect(quorum(state.members)).toBe(2);
    expect(etcdProblems(state)).toEqual([]);
    expect(etcdText(state).split('\n')[3]).toMatch(/^m13-k8s {2}etcd3 {3}leader {2}3\.6\.16 {3}4\.5 MB/);
  });

  it('says that the next loss costs the quorum when one member is away', () => {
    const { 'm12-k8s': _, ...rest } = all;
    const state = etcdState(cluster, asked(rest, { 'm12-k8s': new Error('no answer within 10 s') }));
    expect(state.members.filter(isHealthy)).toHaveLength(2);
    const texts = etcdProblems(state).map((p) => p.text);
    expect(texts).toContain('m12-k8s is not healthy: no answer within 10 s');
    expect(texts.join()).toContain('One more lost member costs the quorum');
  });

  it('says that there is no quorum when only one member has an answer, without a leader', () => {
    const alone = answer(0).replace(`"leader":${IDS[2]}`, '"leader":0');
    const state = etcdState(cluster, asked({ 'm11-k8s': alone }));
    expect(etcdProblems(state)[0]?.text).toBe('There is no quorum: 0 of 3 members are healthy, 2 are needed');
  });

  it('names alarms by their member, and databases that are nearly full', () => {
    const alarms = `,"alarms":[{"memberID":${IDS[1]},"alarm":1}]`;
    const full = { ...all, 'm11-k8s': answer(0, { alarms, db: 2_000_000_000 }) };
    const problems = etcdProblems(etcdState(cluster, asked(full)));
    expect(problems.filter((p) => p.broken).map((p) => p.text)).toEqual(['Alarm: NOSPACE etcd2']);
    expect(problems.filter((p) => !p.broken).map((p) => p.text)).toEqual([
      'The database of m11-k8s takes 93 % of its quota: run kubewright etcd defrag, or raise etcd_quota_backend_bytes',
    ]);
  });

  it('calls different hashes broken', () => {
    const state = { ...etcdState(cluster, asked(all)), hashesAgree: false, hashRevision: 7 };
    expect(etcdProblems(state).map((p) => p.text)).toEqual([
      'The members hold different data at revision 7: restore a snapshot, or replace the member that differs',
    ]);
  });
});

describe('etcd restore', () => {
  const root = mkdtempSync(join(tmpdir(), 'kubewright-restore-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const database = (bytes: number): Buffer => {
    const file = Buffer.alloc(bytes);
    file.writeUInt32LE(0xed0cdaed, 16);
    return file;
  };
  const restore = (file: string): Promise<number> =>
    etcdRestoreCommand({
      inventory: [join(root, 'not-read-yet.ini')],
      extraVars: [],
      connection: {},
      view: 'plain',
      check: false,
      diff: false,
      file,
      yes: true,
    });

  it.each([
    ['none.db', undefined, 'There is no such file'],
    ['text.db', Buffer.from('Snapshot saved at x.db\n'.repeat(100)), 'It does not begin as a database of etcd'],
    ['cut.db', database(4096 * 3), 'Its end is missing: the hash behind the last page'],
    ['short.db', Buffer.alloc(5), 'It does not begin as a database of etcd'],
  ])('refuses %s before it reads anything else', async (name, content, why) => {
    const path = join(root, name);
    if (content) writeFileSync(path, content);
    await expect(restore(path)).rejects.toMatchObject({ exitCode: 2, parts: { what: 'This is not a snapshot of etcd', why } });
  });

  it('goes on with a file that has a hash at its end', async () => {
    const path = join(root, 'good.db');
    writeFileSync(path, database(4096 * 3 + 32));
    await expect(restore(path)).rejects.toMatchObject({ parts: { what: expect.not.stringContaining('snapshot') } });
  });
});
