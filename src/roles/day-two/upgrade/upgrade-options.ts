import { NODE_STATE } from '../../../tasks/paths.js';

export interface UpgradeOptions {
  /** The healthy member of etcd that the snapshot is taken from; absent: it was taken when the upgrade to this version began. */
  readonly snapshotOf?: string;
  /** Part of the snapshot's name: `20261129T034500Z`. */
  readonly stamp: string;
  /** The control plane that drains the workers. */
  readonly coordinator: string;
  /** Workers that have their turn together, batch after batch. */
  readonly batches: readonly (readonly string[])[];
  /** Seconds that a node may take to drain. */
  readonly drainTimeout: number;
}

/** On nodes that were cordoned by an upgrade: its version. Others stay cordoned. */
export const CORDONED = 'kubewright/cordoned';

/** Exists while kubeadm upgrades the control plane of a host: one that was cut off runs again. */
export const STARTED = `${NODE_STATE}/kubeadm/upgrade-started`;
