/** What the lab should consist of. */
export interface LabSpec {
  /** Control planes, at least 1. */
  readonly masters: number;
  readonly workers: number;
  /** The machines' network, a /24: 10.77.0.0/24 unless it is in use. */
  readonly subnet: string;
  /** Where hosts.ini and group_vars/all/lab.yml go. */
  readonly inventoryDir: string;
  /** Further cluster settings for the generated inventory. */
  readonly extraVars: Readonly<Record<string, unknown>>;
}

export interface LabProgress {
  /** What is being worked on: 'rootfs', 'network', a machine's name, 'inventory', … */
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
  /** The provider's own word where it has more to say than stopped: 'not created', 'saved', 'aborted'. */
  readonly state?: string;
}

/** No machines and no inventoryDir: there is no lab. */
export interface LabStatus {
  readonly machines: readonly MachineStatus[];
  readonly inventoryDir?: string;
  /** Inventories of the user's that come before the lab's own. */
  readonly inventories?: readonly string[];
  /** What runs the machines: 'systemd-nspawn', 'Vagrant with libvirt'. */
  readonly by?: string;
}

export type SnapshotRequest =
  | { readonly action: 'save' | 'restore' | 'delete'; readonly name: string }
  | { readonly action: 'list' };

/**
 * A lab that exists, whatever made it. All methods throw a KubewrightError that says what to do:
 * InputError for a spec that can't be had, LockedError while another command works on the same lab.
 */
export interface LabControl {
  status(): Promise<LabStatus>;
  /** Arguments for the real `ssh`: key, known hosts, user and address; a command may follow them. */
  sshArgs(name: string): Promise<string[]>;
  /** Powers a machine off; its disk is kept. */
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  /**
   * Removes all that `up` made, also of an `up` that was killed; a cache of downloads stays. Virtual machines are only shut
   * down, unless they are to be destroyed.
   */
  down(onProgress: OnProgress, o?: { readonly destroy: boolean }): Promise<void>;
  /** All machines at once. `list` returns the names. */
  snapshot(request: SnapshotRequest, onProgress: OnProgress): Promise<readonly string[]>;
}

/** Machines for trying Kubewright out. */
export interface LabProvider extends LabControl {
  /** Brings the machines up and writes their inventory; quick, and changes nothing, when all is up. Resumes what was cut short. */
  up(spec: LabSpec, onProgress: OnProgress, signal?: AbortSignal): Promise<LabState>;
}
