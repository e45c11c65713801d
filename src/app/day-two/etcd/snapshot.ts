import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KubewrightError } from '../../../base/errors.js';
import { makeFolder } from '../../../base/files.js';
import { wholeFile } from '../../../base/place.js';
import { fileSize } from '../../../base/text/format.js';
import type { RunResult } from '../../../engine/types.js';
import { etcdSnapshot, SNAPSHOT_EXPORT } from '../../../roles/day-two/etcd/snapshot.js';
import { quote } from '../../../shell/shell.js';
import { runShell } from '../../../transport/session/run.js';
import type { Session } from '../../../transport/types.js';
import { requireAny, withHosts } from '../ask.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';
import { lookAtEtcd } from './look.js';
import { isHealthy } from './model.js';

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
      const copy = await fetch(session, path, sha256, o.output, signal);
      process.stderr.write(`Copy: ${copy}\n`);
    },
  });
}

function exported(result: RunResult, member: string): readonly (string | undefined)[] {
  const value = result.exports.get(member)?.get(SNAPSHOT_EXPORT);
  return typeof value === 'string' ? value.trim().split(' ') : [];
}

/** Whole and with the right checksum, or not at all. @returns the copy's path. */
async function fetch(session: Session, path: string, sha256: string, dir: string, signal: AbortSignal): Promise<string> {
  const to = resolve(join(dir, path.split('/').at(-1) ?? 'snapshot.db'));
  makeFolder(resolve(dir), 0o700);
  const part = `${to}.part`;
  const hash = createHash('sha256');
  const chunks = new PassThrough();
  const written = pipeline(chunks, createWriteStream(part, { mode: 0o600 }));
  try {
    const exit = await runShell(session, {
      stdin: `exec cat ${quote(path)}\n`,
      become: true,
      signal,
      onStdout: (chunk) => {
        hash.update(chunk);
        chunks.write(chunk);
      },
    });
    chunks.end();
    await written;
    if (exit.kind === 'lost') throw exit.cause;
    if (hash.digest('hex') !== sha256) {
      throw new KubewrightError({
        what: 'The copy of the snapshot is not what the host has',
        where: wholeFile(to),
        fix: `Run the command again, or fetch ${path} yourself`,
      });
    }
    await rename(part, to);
  } catch (error) {
    chunks.destroy();
    await written.catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
  return to;
}
