import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileSize } from '../../../base/text/format.js';
import { etcdRestore } from '../../../roles/day-two/etcd/restore.js';
import { withHosts } from '../ask.js';
import { confirm } from '../confirm.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';
import { readSnapshot } from './snapshot-file.js';
import { refuseForeign } from './snapshot-origin.js';

export interface EtcdRestoreOptions extends OperationOptions {
  /** Snapshot on this machine. */
  readonly file: string;
  readonly yes: boolean;
}

/** `etcd restore`: the snapshot onto all members of the inventory. @returns exit code @throws InputError for anything but a snapshot. */
export async function etcdRestoreCommand(o: EtcdRestoreOptions): Promise<number> {
  const snapshot = await readSnapshot(o.file);
  const source = await readForLook(o);
  const { cluster } = source;
  await withHosts(source, cluster.controlPlane, o.connection, (asker) => refuseForeign(o.file, cluster, asker));
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
