import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError, KubewrightError } from '../../../base/errors.js';
import { makeFolder } from '../../../base/files.js';
import { wholeFile } from '../../../base/place.js';
import { quote } from '../../../shell/shell.js';
import type { ArtifactRef } from '../../../tasks/task.js';
import { runShell } from '../../../transport/session/run.js';
import type { Session } from '../../../transport/types.js';

/** bbolt's page header: 16 bytes, then its magic number. Source: https://github.com/etcd-io/bbolt (internal/common/meta.go) */
const MAGIC_AT = 16;
const MAGIC = 0xed0cdaed;
/** A sha256 that etcd puts behind the database's pages. */
const HASH_BYTES = 32;

/** What can be known about a snapshot without etcdutl, which each member runs anyway. @throws InputError */
export async function readSnapshot(path: string): Promise<ArtifactRef> {
  const fail = (why: string): never => {
    throw new InputError({
      what: 'This is not a snapshot of etcd',
      where: wholeFile(path),
      why,
      fix: 'Give a file that kubewright etcd snapshot -o or etcdctl snapshot save has written',
    });
  };
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return fail(info ? 'It is not a file' : 'There is no such file');
  const head = Buffer.alloc(MAGIC_AT + 4);
  const file = await open(path);
  await file.read(head, 0, head.length, 0).finally(() => file.close());
  if (head.readUInt32LE(MAGIC_AT) !== MAGIC) return fail('It does not begin as a database of etcd');
  if (info.size % 512 !== HASH_BYTES) return fail('Its end is missing: the hash behind the last page');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { name: 'the snapshot of etcd', sha256: hash.digest('hex'), size: info.size };
}

/** Whole and with the right checksum, or not at all. @returns the copy's path. */
export async function fetchSnapshot(
  session: Session,
  path: string,
  sha256: string,
  dir: string,
  signal: AbortSignal,
): Promise<string> {
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
