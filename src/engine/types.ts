import type { Secret } from '../shell/secret.js';
import type { ArtifactRef, Task } from '../tasks/task.js';
import type { Session } from '../transport/types.js';
import type { HostRecap, RunEvent } from './events.js';
import type { RunAbout } from './journal/journal.js';
import type { FoundProgram } from './locks/lock.js';

/** host → name of the export → value; a `Secret` if the exporting task is sensitive. The last task to export a name wins. */
export type Exports = ReadonlyMap<string, ReadonlyMap<string, string | Secret>>;

/** A number of hosts, or a share of the play's hosts. */
type BatchSize = number | `${number}%`;

export interface PlannedPlay {
  readonly name: string;
  readonly tags: readonly string[];
  readonly hosts: readonly string[];
  /** Hosts per batch, as a number or `30%` of the hosts; a list gives each batch's size, the last one repeats. Absent: all. */
  readonly serial?: BatchSize | readonly BatchSize[];
  /** A failed host ends the run after its batch. */
  readonly anyErrorsFatal?: boolean;
  /** Hosts that the rest of the run cannot do without: one that fails ends it after its batch. */
  readonly vital?: ReadonlySet<string>;
  /** More failed hosts of a batch than this percentage end the run after that batch. */
  readonly maxFailPercentage?: number;
  /**
   * The tasks of one host. `exports` has the exports of earlier plays and of earlier batches of a serial play, `droppedOut` the
   * hosts that failed or became unreachable in this run, with the reason. Pure: it is called again for each batch. A
   * KubewrightError makes the host fail; any other error is a bug and ends the run.
   */
  tasks(host: string, exports: Exports, droppedOut: ReadonlyMap<string, string>): readonly Task[];
}

/** A question before a play (`task` absent), or before one of its tasks. */
export interface StepQuestion {
  readonly play: string;
  readonly task?: string;
  readonly title?: string;
  readonly hosts: readonly string[];
}

interface PushOptions {
  /** File on the operator's machine. */
  readonly source: string;
  /** Absolute path on the host; written under another name and renamed once its sha256 is right. */
  readonly path: string;
  /** Octal. */
  readonly mode: string;
  readonly sha256: string;
  readonly become: boolean;
  /** Bytes sent so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Rejects if the file did not arrive. */
export type PushFile = (session: Session, options: PushOptions) => Promise<unknown>;

export interface ArtifactSource {
  /** A verified copy on the operator's machine; undefined: there is none. The host is sent the reason of a rejection. */
  localPath(sha256: string): string | undefined | Promise<string | undefined>;
  readonly push: PushFile;
  /** Whether the node may download the file from its URL; default yes. */
  readonly nodeMayDownload?: (ref: ArtifactRef) => boolean;
  /** Pushes at once, over all hosts; default 4. */
  readonly parallel?: number;
}

interface AttachOptions {
  readonly run: string;
  readonly hosts: readonly string[];
  /**
   * Programs to watch without taking a lock, while the run's controller is alive. Absent: it is gone, so its locks are taken
   * over and its programs followed.
   */
  readonly watch?: ReadonlyMap<string, readonly FoundProgram[]>;
}

export interface RunPlaysOptions {
  /** Follow the programs that a run has left on the hosts, before any play. */
  readonly attach?: AttachOptions;
  /** Stop other runs' programs on the hosts, and take their locks. */
  readonly forceUnlock?: boolean;
  /** Default: made from the time of day (`20261124-103000-a1b2`). */
  readonly run?: string;
  /** The command: `provision`. */
  readonly title: string;
  readonly plays: readonly PlannedPlay[];
  /** Open sessions; the engine replaces lost ones, the caller closes them all. A host without one is unreachable. */
  readonly sessions: Map<string, Session>;
  /** Opens a new session after a loss; rejects if that fails. */
  readonly reconnect: (host: string, signal?: AbortSignal) => Promise<Session>;
  readonly artifacts: ArtifactSource;
  /** Hosts worked on at once; default 50. */
  readonly forks?: number;
  readonly check?: boolean;
  readonly diff?: boolean;
  /** Called before each play and task; false skips it. Each program then has one task only. */
  readonly step?: (question: StepQuestion) => Promise<boolean>;
  /** Download cache on the nodes; default /var/cache/kubewright. */
  readonly cacheDir?: string;
  /** Directory on the hosts for locks and running programs; default /run/kubewright. */
  readonly runDir?: string;
  /** Default `.kubewright/runs`. */
  readonly journalDir?: string;
  /** For the journal's first line. */
  readonly about?: RunAbout;
  /** Masked in events, like the secrets of tasks and the passwords of sessions. */
  readonly secrets?: readonly Secret[];
  readonly view?: (event: RunEvent) => void;
  /** Aborting it lets running tasks finish, and starts no others. */
  readonly signal?: AbortSignal;
  /** Aborting it also kills running tasks. */
  readonly kill?: AbortSignal;
  /** For lost connections: how long to retry, and the first delay; milliseconds. */
  readonly retry?: { readonly giveUpMs?: number; readonly firstDelayMs?: number };
}

export interface RunResult {
  readonly run: string;
  readonly recap: readonly HostRecap[];
  readonly exports: Exports;
  /** 0 done, 1 something failed, 3 only unreachable hosts, 130 interrupted. */
  readonly exitCode: number;
  readonly plays: readonly { readonly name: string; readonly ms: number }[];
  /** The journal's directory. */
  readonly dir: string;
}
