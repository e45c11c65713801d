import type { ClusterHost } from '../../cluster/cluster.js';
import { type Shell, sh } from '../../shell/shell.js';

/** The member on the host itself. */
export const LOCAL_MEMBER = 'https://127.0.0.1:2379';

/** etcdctl with the host's admin certificate. */
export function etcdctl(host: ClusterHost, timeout = '5s'): Shell {
  const s = host.settings;
  const dir = s.etcd_cert_dir;
  return sh`${`${s.bin_dir}/etcdctl`} --cacert ${`${dir}/ca.pem`} --cert ${`${dir}/admin-${host.name}.pem`} --key ${`${dir}/admin-${host.name}-key.pem`} --command-timeout ${timeout}`;
}

export function etcdEndpoints(members: readonly ClusterHost[]): string[] {
  return members.map((m) => `https://${m.accessIp}:2379`);
}
