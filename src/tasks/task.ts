import type { Shell } from '../shell/shell.js';

/** A file that a task takes from the node's download cache; the engine provides it on request. */
export interface ArtifactRef {
  /** Component name as in the catalogue: `kubelet`, `containerd`, or an image reference. */
  readonly name: string;
  /** Hex sha256 of the file; also its name in the node's cache. */
  readonly sha256: string;
  /** Where the node may download it; absent: only the operator's machine has it (a bundle). */
  readonly url?: string;
  /** Bytes, where known. */
  readonly size?: number;
}

/** One task on one host. Pure data: the engine compiles it, the host runs it. */
export interface Task {
  /** Stable key for events, goldens, --start-at: `etcd/unit`. Unique within a play. */
  readonly id: string;
  /** `Install the etcd unit file`. */
  readonly title: string;
  /** Read-only; exit 0 = already as desired. */
  readonly check: Shell;
  /** Runs only when the check failed; the check must pass afterwards. */
  readonly apply: Shell;
  /** Prints what apply would change, for --diff. Of a sensitive task it must show nothing that is secret. */
  readonly diff?: Shell;
  /** The stdout of each is kept for later plays (join token, CA hash); runs after the task is ok or changed. */
  readonly exports?: Readonly<Record<string, Shell>>;
  /** Waits, looks up or asserts: apply changes nothing, so it counts as ok. Check mode skips it where it cannot be ok yet. */
  readonly readOnly?: boolean;
  /** Paths (or other names) of what apply changes. */
  readonly writes?: readonly string[];
  /** When an earlier task of the run changes one of these, this task changes something too: a service follows its files. */
  readonly reads?: readonly string[];
  /** Ids of earlier tasks of the same program: when one of them changes something, this is done as well. */
  readonly doneBy?: readonly string[];
  /** Makes something that only other hosts use: may be carried out on a host outside of `--limit` when its exports are needed. */
  readonly forOthers?: boolean;
  /**
   * May take something away that the cluster uses: where apply is needed, it waits until no other host of the run is in its turn. A turn
   * lasts over all tasks in a row that have this, and ends all others when the host does not come back from it.
   */
  readonly turn?: boolean;
  /** Output is never shown or stored; exports become secrets. */
  readonly sensitive?: boolean;
  /** Seconds that apply may take; its process group is killed after that. Default 600. */
  readonly timeoutSec?: number;
  /** What to try, printed when it fails. */
  readonly hint?: string;
  /**
   * Looks on the host for the cause when apply has failed. Prints few lines, the cause first; what follows a line `--` goes into
   * the log only. Changes nothing, takes less than 30 s.
   */
  readonly why?: Shell;
  /** Files that apply takes from the cache with `kw_artifact SHA256`. */
  readonly needs?: readonly ArtifactRef[];
}
