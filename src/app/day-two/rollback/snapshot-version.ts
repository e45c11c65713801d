import type { ErrorParts } from '../../../base/errors.js';
import { wholeFile } from '../../../base/place.js';
import { contains } from '../etcd/snapshot-origin.js';

const CODE = 'snapshot-of-another-version';

/**
 * kubeadm's configuration lies in a snapshot as it is, with the version that the cluster had.
 * @param others versions that run now and that it must not be of.
 * @returns why these objects do not belong to the older version.
 */
export async function otherVersion(path: string, to: string, others: readonly string[]): Promise<ErrorParts | undefined> {
  const line = (version: string): string => `kubernetesVersion: v${version}\n`;
  const wrong = others.filter((v) => v !== to);
  const found = await contains(path, [line(to), ...wrong.map(line)]);
  const newer = wrong.filter((v) => found.has(line(v)));
  if (found.has(line(to)) && newer.length === 0) return undefined;
  return {
    what:
      newer.length > 0
        ? `This snapshot was taken when the cluster was of ${newer.join(', ')} already`
        : `This snapshot is not of a cluster of ${to}`,
    where: wholeFile(path),
    why: `An API server of ${to} may not know what a newer one has written`,
    fix: `Give the snapshot that the upgrade took before it began (etcd_backup_prefix/etcd on a member), or the version that it is of with --to.\n(to skip this check: kubewright_preflight_ignore: [${CODE}])`,
    code: CODE,
  };
}
