import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError } from '../../../base/errors.js';
import { wholeFile } from '../../../base/place.js';
import { fileSize } from '../../../base/text/format.js';
import { etcdRestore } from '../../../roles/day-two/etcd/restore.js';
import type { ArtifactRef } from '../../../tasks/task.js';
import { confirm } from '../confirm.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';

export interface EtcdRestoreOptions extends OperationOptions {
  /** Snapshot on this machine. */
  readonly file: string;
  readonly yes: boolean;
}

/** bbolt's page header: 16 bytes, then its magic number. Source: https://github.com/etcd-io/bbolt (internal/common/meta.go) */
const MAGIC_AT = 16;
const MAGIC = 0xed0cdaed;
/** A sha256 that etcd puts behind the database's pages. */
const HASH_BYTES = 32;

/** `etcd restore`: the snapshot onto all members of the inventory. @returns exit code @throws InputError for anything but a snapshot. */
export async function etcdRestoreCommand(o: EtcdRestoreOptions): Promise<number> {
  const snapshot = await readSnapshot(o.file);
  const { cluster } = await readForLook(o);
  const members = cluster.etcd.map((h) => h.name).join(', ');
  const when = (await stat(o.file)).mtime.toISOString().replace(/\..*/, 'Z');
  if (!o.check) {
    await confirm(
      [
        `${resolve(o.file)}: ${fileSize(snapshot.size ?? 0)}, written ${when}`,
        `All objects of the cluster are replaced by those of the snapshot, on ${members}.`,
        'The API is away for about a minute; pods of objects that the snapshot does not have are ended. The old data are kept on the members.',
      ],
      o.yes,
    );
  }
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return runOperation(o, {
    title: 'etcd restore',
    playbook: 'etcd-restore.yml',
    roles: etcdRestore({ snapshot, stamp }),
    secretFiles: new Map([[snapshot.sha256, resolve(o.file)]]),
    finish: async ({ result }) => {
      if (result.exitCode !== 0) return;
      const kept = [...result.exports].flatMap(([host, values]) => {
        const path = values.get('etcd-old-data');
        return typeof path === 'string' && path.trim() !== '' ? [`${host}:${path.trim()}`] : [];
      });
      process.stderr.write(`The old data are kept in ${kept.join(', ')}; delete them when you no longer need them.\n`);
    },
  });
}

/** What can be known about a snapshot without etcdutl, which each member runs anyway. @throws InputError */
async function readSnapshot(path: string): Promise<ArtifactRef> {
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
