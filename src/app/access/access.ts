import { basename, dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { InputError, KubewrightError } from '../../base/errors.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { Access } from './merge.js';

/** The admin's certificate, key and CA, as kubeadm wrote them. @throws KubewrightError */
export function parseAdmin(text: string): Pick<Access, 'ca' | 'cert' | 'key'> {
  const config: unknown = parse(text);
  const at = (...path: (string | number)[]): string => {
    let value: unknown = config;
    for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
    if (typeof value !== 'string')
      throw new KubewrightError({
        what: `/etc/kubernetes/admin.conf has no ${path.at(-1)}`,
        fix: `Make it again on the control plane: kubeadm init phase kubeconfig admin`,
      });
    return Buffer.from(value, 'base64').toString();
  };
  return {
    ca: at('clusters', 0, 'cluster', 'certificate-authority-data'),
    cert: at('users', 0, 'user', 'client-certificate-data'),
    key: at('users', 0, 'user', 'client-key-data'),
  };
}

/** `--name`, a cluster name of its own, or the directory of the inventory. @throws InputError */
export function contextName(
  given: string | undefined,
  { cluster, inventory }: { readonly cluster: Cluster; readonly inventory: { readonly files: readonly string[] } },
): string {
  if (given !== undefined) {
    if (!/^[\w][\w.@:-]*$/.test(given))
      throw new InputError({ what: `${given} is not a name for a context`, fix: 'Use letters, digits and . _ @ : -' });
    return given;
  }
  if (cluster.settings.cluster_name !== 'cluster.local') return cluster.settings.cluster_name;
  const [file = ''] = inventory.files;
  return basename(dirname(resolve(file))).replaceAll(/[^\w.-]+/g, '-') || 'kubewright';
}
