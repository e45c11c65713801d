import { KubewrightError } from '../../../base/errors.js';
import { etcdDefrag, etcdDefragLeader } from '../../../roles/day-two/etcd/defrag.js';
import { withHosts } from '../ask.js';
import { type OperationOptions, readForLook, runOperation } from '../operation.js';
import { lookAtEtcd } from './look.js';
import { isHealthy } from './model.js';
import { etcdProblems } from './report.js';

/** `etcd defrag`. @returns exit code @throws KubewrightError if a member is not healthy: then one less must not be busy. */
export async function etcdDefragCommand(o: OperationOptions): Promise<number> {
  const source = await readForLook(o);
  const state = await withHosts(source, source.cluster.etcd, o.connection, (asker) => lookAtEtcd(source.cluster, asker));
  if (state.members.length === 0 || !state.members.every(isHealthy) || state.strangers.length > 0) {
    throw new KubewrightError({
      what: 'Not every member of etcd is healthy; nothing was changed',
      why: etcdProblems(state)
        .filter((p) => p.broken)
        .map((p) => p.text)
        .join('; '),
      fix: 'Repair etcd first: a member gives no answers while it is defragmented',
    });
  }
  return runOperation(o, { title: 'etcd defrag', playbook: 'etcd-defrag.yml', roles: [etcdDefrag, etcdDefragLeader] });
}
