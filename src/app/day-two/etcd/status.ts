import { requireAny, withHosts } from '../ask.js';
import { type OperationOptions, readForLook } from '../operation.js';
import { lookAtEtcd } from './look.js';
import { etcdJson, etcdProblems, etcdText } from './report.js';

export type EtcdStatusOptions = Pick<OperationOptions, 'inventory' | 'extraVars' | 'vault' | 'bundle' | 'connection'> & {
  readonly json: boolean;
};

/** `etcd status`. @returns 0; 1: something is wrong with etcd. @throws UnreachableErrors if no host of etcd can be reached. */
export async function etcdStatus(o: EtcdStatusOptions): Promise<number> {
  const source = await readForLook(o);
  const state = await withHosts(source, source.cluster.etcd, o.connection, async (asker) => {
    requireAny(asker, source.cluster.etcd.length);
    return lookAtEtcd(source.cluster, asker);
  });
  process.stdout.write(o.json ? `${JSON.stringify(etcdJson(state), undefined, 2)}\n` : etcdText(state));
  return etcdProblems(state).some((p) => p.broken) ? 1 : 0;
}
