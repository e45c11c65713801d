import { KubewrightError } from '../../../base/errors.js';
import { fileSize } from '../../../base/text/format.js';
import type { RunResult } from '../../../engine/types.js';
import { etcdSnapshot, SNAPSHOT_EXPORT } from '../../../roles/day-two/etcd/snapshot.js';
import { requireAny, withHosts } from '../ask.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';
import { lookAtEtcd } from './look.js';
import { isHealthy } from './model.js';
import { fetchSnapshot } from './snapshot-file.js';

export interface EtcdSnapshotOptions extends OperationOptions {
  /** Directory on this machine that gets a copy. */
  readonly output?: string;
}

/** `etcd snapshot`: on one healthy member, kept there with retention, and fetched if asked for. @returns exit code */
export async function etcdSnapshotCommand(o: EtcdSnapshotOptions): Promise<number> {
  const source = await readForLook(o);
  const { etcd } = source.cluster;
  const state = await withHosts(source, etcd, o.connection, async (asker) => {
    requireAny(asker, etcd.length);
    return lookAtEtcd(source.cluster, asker);
  });
  // A follower is spared the work of the leader, and holds the same data.
  const healthy = state.members.filter((m) => m.host !== undefined && isHealthy(m) && !m.learner);
  const chosen = healthy.find((m) => !m.status?.leader) ?? healthy[0];
  if (chosen?.host === undefined) {
    throw new KubewrightError({
      what: 'No healthy member of etcd can be reached, so there is nothing to take a snapshot of',
      fix: 'Run kubewright etcd status: it says what is wrong with each member',
    });
  }
  const member = chosen.host;
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return runOperation(o, {
    title: 'etcd snapshot',
    playbook: 'etcd-snapshot.yml',
    roles: [etcdSnapshot({ member, stamp })],
    hosts: [member],
    finish: async ({ result, sessions, signal }) => {
      const [path, sha256, size] = exported(result, member);
      if (path === undefined || sha256 === undefined) return;
      process.stderr.write(`Snapshot on ${member}: ${path} (${fileSize(Number(size))}, sha256 ${sha256})\n`);
      const session = sessions.get(member);
      if (o.output === undefined || !session) return;
      const copy = await fetchSnapshot(session, path, sha256, o.output, signal);
      process.stderr.write(`Copy: ${copy}\n`);
    },
  });
}

function exported(result: RunResult, member: string): readonly (string | undefined)[] {
  const value = result.exports.get(member)?.get(SNAPSHOT_EXPORT);
  return typeof value === 'string' ? value.trim().split(' ') : [];
}
