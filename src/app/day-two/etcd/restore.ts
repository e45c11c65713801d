import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileSize } from '../../../base/text/format.js';
import { writeWarning } from '../../../base/text/render-error.js';
import { NODES_EXPORT } from '../../../roles/day-two/etcd/new-hosts.js';
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
  const away = await withHosts(source, cluster.hosts, o.connection, async (asker) => {
    await refuseForeign(o.file, cluster, asker);
    return cluster.hosts.filter((h) => !h.etcd && !h.controlPlane && asker.failures.has(h.name)).map((h) => h.name);
  });
  if (away.length > 0) {
    writeWarning({
      what: `${away.join(', ')} cannot be reached, and the restore goes on without`,
      why: 'A worker only has to register again where its node is not in the snapshot',
      fix: 'If its node is missing later, run systemctl restart kubelet on it',
    });
  }
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
    hosts: cluster.hosts.map((h) => h.name).filter((name) => !away.includes(name)),
    secretFiles: new Map([[snapshot.sha256, resolve(o.file)]]),
    finish: async ({ result }) => {
      if (result.exitCode !== 0) return;
      const kept = [...result.exports].flatMap(([host, values]) => {
        const path = values.get('etcd-old-data');
        return typeof path === 'string' && path.trim() !== '' ? [`${host}:${path.trim()}`] : [];
      });
      process.stderr.write(`The old data are kept in ${kept.join(', ')}; delete them when you no longer need them.\n`);
      const nodes = [...result.exports.values()].flatMap((values) => {
        const names = values.get(NODES_EXPORT);
        return typeof names === 'string' ? names.trim().split(' ') : [];
      });
      const others = nodes.filter((name) => name !== '' && !cluster.hosts.some((h) => h.name === name));
      if (others.length > 0) {
        process.stderr.write(
          `Nodes of the snapshot that the inventory does not have: ${others.join(', ')}. If their hosts are off for good, run kubectl delete node ${others.join(' ')}: their pods start elsewhere then.\n`,
        );
      }
    },
  });
}
