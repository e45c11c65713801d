import { createReadStream } from 'node:fs';
import { type ErrorParts, PreflightError } from '../../../base/errors.js';
import { wholeFile } from '../../../base/place.js';
import type { Cluster } from '../../../cluster/cluster.js';
import { sh } from '../../../shell/shell.js';
import type { Asker } from '../ask.js';

/** Kubernetes publishes the cluster's authority in every namespace; values lie in a snapshot as they are. */
const PUBLISHED = '/registry/configmaps/kube-system/kube-root-ca.crt';
const CODE = 'snapshot-of-another-cluster';

/**
 * @param authority a line out of the middle of the PEM text of the cluster's CA; undefined: not known.
 * @returns why this snapshot must not become the data of the cluster.
 */
export async function foreignSnapshot(path: string, authority: string | undefined): Promise<ErrorParts | undefined> {
  if (authority === undefined) return undefined;
  const found = await contains(path, [PUBLISHED, authority]);
  // Without the published one nothing can be told: before 1.20, or encrypted at rest.
  if (!found.has(PUBLISHED) || found.has(authority)) return undefined;
  return {
    what: 'This snapshot is of a cluster with another certificate authority',
    where: wholeFile(path),
    why: 'Its service accounts, its nodes and the endpoints in it belong to the keys below /etc/kubernetes/pki of that cluster: with the keys of this one they are not accepted',
    fix: `Restore it on hosts that have the keys of its cluster (docs/day-two.md).\n(to skip this check: kubewright_preflight_ignore: [${CODE}])`,
    code: CODE,
  };
}

/** @throws PreflightError for a snapshot of another cluster. Control planes that cannot be asked are left out. */
export async function refuseForeign(path: string, cluster: Cluster, asker: Pick<Asker, 'ask'>): Promise<void> {
  if (cluster.settings.kubewright_preflight_ignore.includes(CODE)) return;
  const { answers } = await asker.ask(
    cluster.controlPlane,
    () => sh`
      # Key material: its first lines are alike in all clusters.
      line=$(sed -n 6p /etc/kubernetes/pki/ca.crt 2>/dev/null || :)
      [ -z "$line" ] || say authority "$line"`,
  );
  const authority = [...answers.values()].flatMap((a) => a.get('authority') ?? [])[0];
  const foreign = await foreignSnapshot(path, authority);
  if (foreign) throw new PreflightError([foreign]);
}

/** Which of the texts are in a file; it is read in pieces. */
export async function contains(path: string, texts: readonly string[]): Promise<Set<string>> {
  const overlap = Math.max(...texts.map((t) => Buffer.byteLength(t)));
  const found = new Set<string>();
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    const piece = Buffer.concat([rest, chunk as Buffer]);
    for (const text of texts) if (!found.has(text) && piece.includes(text)) found.add(text);
    if (found.size === texts.length) break;
    rest = piece.subarray(Math.max(0, piece.length - overlap));
  }
  return found;
}
