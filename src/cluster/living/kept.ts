import type { VarValue } from '../../inventory/model/values.js';
import { minorOf } from '../versions.js';

/** What a living cluster gives where the inventory says nothing: defaults are for new clusters only. */
export interface Kept {
  /** Setting → value that runs. */
  readonly settings: Readonly<Record<string, VarValue>>;
  /** Name of an etcd member by the address of its peers: its place in the inventory may be another one now. */
  readonly memberNames: ReadonlyMap<string, string>;
  /** `ADDRESS:PORT` that joins and kubeadm use, while that control plane is in the inventory. */
  readonly endpoint?: string;
}

/** Whether `kube_version` of the inventory leaves it open which patch: `latest`, or the minor that runs. */
export function leavesOpen(wanted: unknown, running: string): boolean {
  if (wanted === undefined || wanted === null || wanted === 'latest') return true;
  const [, minor] = /^v?1\.(\d+)$/.exec(String(wanted)) ?? [];
  return minor !== undefined && Number(minor) === minorOf(running);
}
