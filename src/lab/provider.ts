/** What lab machines on this box run. */
export type LabOs = 'debian12' | 'debian13';

/** What the lab should consist of. */
export interface LabSpec {
  /** Control planes, at least 1. */
  readonly masters: number;
  readonly workers: number;
  /** The machines' network, a /24: 10.77.0.0/24 unless in use. */
  readonly subnet: string;
  /** Undefined: that of the lab that is there, else debian12. */
  readonly os?: LabOs;
  /** Where hosts.ini and group_vars/all/lab.yml go. */
  readonly inventoryDir: string;
  /** Cluster settings for the generated inventory that belong to where Kubernetes comes from; undefined: those of the lab that is there. */
  readonly chosen?: LabSettings;
  /** Those that the user asked for: they win, and a lab that is there keeps those of earlier times. */
  readonly asked: LabSettings;
}

export type LabSettings = Readonly<Record<string, unknown>>;

export interface LabProgress {
  /** What is in progress: 'rootfs', 'network', a machine's name, 'inventory', … */
  readonly stage: string;
  readonly text: string;
  /** The stage is done, and this is what came of it. */
  readonly over?: boolean;
  /** Nothing newer replaces this text. */
  readonly stays?: boolean;
}
export type OnProgress = (event: LabProgress) => void;

export interface LabMachine {
  readonly name: string;
  readonly address: string;
  readonly role: 'master' | 'worker';
}

/** A lab that is up. */
export interface LabState {
  readonly machines: readonly LabMachine[];
  readonly subnet: string;
  readonly inventoryDir: string;
  readonly stateDir: string;
}

interface MachineStatus {
  readonly name: string;
  readonly address: string;
  readonly running: boolean;
  /** When it was booted; only of a running machine. */
  readonly since?: Date;
  /** The provider's own word if it is more specific than stopped: 'not created', 'saved', 'aborted'. */
  readonly state?: string;
}

/** No machines and no inventoryDir: there is no lab. */
export interface LabStatus {
  readonly machines: readonly MachineStatus[];
  readonly inventoryDir?: string;
  /** The user's inventories, which come before the lab's own. */
  readonly inventories?: readonly string[];
  /** What runs the machines: 'systemd-nspawn', 'Vagrant with libvirt'. */
  readonly by?: string;
}

export type SnapshotRequest =
  | { readonly action: 'save' | 'restore' | 'delete'; readonly name: string }
  | { readonly action: 'list' };

export interface SnapshotInfo {
  readonly name: string;
  /** Known for machines on this box. */
  readonly savedAt?: Date;
  /** What it occupies beyond what the machines share with it. */
  readonly bytes?: number;
}

/**
 * An existing lab of any provider. All methods throw a KubewrightError that says what to do:
 * InputError for an impossible spec, LockedError while another command works on the same lab.
 */
export interface LabControl {
  status(): Promise<LabStatus>;
  /** Arguments for the real `ssh`: key, known hosts, user and address; a command may follow them. */
  sshArgs(name: string): Promise<string[]>;
  /** Powers a machine off; its disk is kept. */
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  /**
   * Removes everything that `up` made, even if `up` was killed; the download cache stays. Virtual machines are only shut
   * down, unless `destroy` is set.
   */
  down(onProgress: OnProgress, o?: { readonly destroy: boolean }): Promise<void>;
  /** All machines at once. `list` returns all snapshots, the others the one that they are about. */
  snapshot(request: SnapshotRequest, onProgress: OnProgress, signal?: AbortSignal): Promise<readonly SnapshotInfo[]>;
}

/** Machines for trying out Kubewright. */
export interface LabProvider extends LabControl {
  /** Brings the machines up and writes their inventory; quick and without changes if all is up. Resumes an interrupted `up`. */
  up(spec: LabSpec, onProgress: OnProgress, signal?: AbortSignal): Promise<LabState>;
  /** What the lab that is there was made with (`LabSpec.chosen`); undefined where there is none. */
  chosen(): Promise<LabSettings | undefined>;
}
