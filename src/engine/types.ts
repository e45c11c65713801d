import type { Secret } from '../shell/secret.js';
import type { ArtifactRef, Task } from '../tasks/task.js';
import type { Session } from '../transport/types.js';
import type { HostRecap, RunEvent } from './events.js';
import type { RunAbout } from './journal/journal.js';
import type { FoundProgram } from './locks/lock.js';

/** host → name of the export → value; a `Secret` when the exporting task was sensitive. The last task to export a name wins. */
export type Exports = ReadonlyMap<string, ReadonlyMap<string, string | Secret>>;

/** A number of hosts, or a part of the play's hosts. */
export type BatchSize = number | `${number}%`;

export interface PlannedPlay {
  readonly name: string;
  readonly tags: readonly string[];
  readonly hosts: readonly string[];
  /** Hosts at a time, as numbers or `30%` of the hosts; of a list one batch each, the last one repeated. Absent: all. */
  readonly serial?: BatchSize | readonly BatchSize[];
  /** A failed host ends the run after its batch. */
  readonly anyErrorsFatal?: boolean;
  /** More failed hosts of a batch than this percentage end the run after that batch. */
  readonly maxFailPercentage?: number;
  /**
   * The tasks of one host. `exports` holds what earlier plays (and earlier batches of a serial play) have exported; `droppedOut`
   * the hosts that failed or became unreachable in this run, and why. Pure: it is called again for each batch. A KubewrightError
   * makes the host fail; anything else is a bug and ends the run.
   */
  tasks(host: string, exports: Exports, droppedOut: ReadonlyMap<string, string>): readonly Task[];
}

/** Asked before a play (`task` absent), and before each of its tasks. */
export interface StepQuestion {
  readonly play: string;
  readonly task?: string;
  readonly title?: string;
  readonly hosts: readonly string[];
}

export interface PushOptions {
  /** File on the operator's machine. */
  readonly source: string;
  /** Absolute path on the host; written under another name and renamed when its sha256 is right. */
  readonly path: string;
  /** Octal. */
  readonly mode: string;
  readonly sha256: string;
  readonly become: boolean;
  /** Bytes sent so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Rejects when the file did not arrive. */
export type PushFile = (session: Session, options: PushOptions) => Promise<unknown>;

export interface ArtifactSource {
  /** A verified copy on the operator's machine; undefined: there is none. A rejection is told to the host as the reason. */
  localPath(sha256: string): string | undefined | Promise<string | undefined>;
  readonly push: PushFile;
  /** Whether the node itself may download the file from its URL; default yes. */
  readonly nodeMayDownload?: (ref: ArtifactRef) => boolean;
  /** Pushes at the same time, over all hosts; default 4. */
  readonly parallel?: number;
}

export interface AttachOptions {
  readonly run: string;
  readonly hosts: readonly string[];
  /**
   * What was found, to watch without taking a lock: the run's controller lives. Absent: it is gone, so its locks are taken over,
   * and it is followed in its place.
   */
  readonly watch?: ReadonlyMap<string, readonly FoundProgram[]>;
}

export interface RunPlaysOptions {
  /** Follow what a run has left on the hosts; plays come after that. */
  readonly attach?: AttachOptions;
  /** Stop what other runs have at work on the hosts, and take their locks. */
  readonly forceUnlock?: boolean;
  /** Default: made from the time of day (`20261124-103000-a1b2`). */
  readonly run?: string;
  /** What the user asked for: `provision`. */
  readonly title: string;
  readonly plays: readonly PlannedPlay[];
  /** Open sessions; the engine puts renewed ones in, the caller closes all of them. A host without one is unreachable. */
  readonly sessions: Map<string, Session>;
  /** Makes a new session when one was lost; rejects when that fails. */
  readonly reconnect: (host: string, signal?: AbortSignal) => Promise<Session>;
  readonly artifacts: ArtifactSource;
  /** Hosts that are worked on at a time; default 50. */
  readonly forks?: number;
  readonly check?: boolean;
  readonly diff?: boolean;
  /** Asked before each play and task, whose programs then hold one task each; false: left out. */
  readonly step?: (question: StepQuestion) => Promise<boolean>;
  /** Download cache on the nodes; default /var/cache/kubewright. */
  readonly cacheDir?: string;
  /** Folder on the hosts for locks and running programs; default /run/kubewright. */
  readonly runDir?: string;
  /** Default `.kubewright/runs`. */
  readonly journalDir?: string;
  /** For the journal's first line. */
  readonly about?: RunAbout;
  /** Never to be seen in an event, besides the secrets of tasks and the passwords of the sessions. */
  readonly secrets?: readonly Secret[];
  readonly view?: (event: RunEvent) => void;
  /** Aborting it lets running tasks end, and starts nothing more. */
  readonly signal?: AbortSignal;
  /** Aborting it kills running tasks as well. */
  readonly kill?: AbortSignal;
  /** How long a lost connection is tried again, and how soon; milliseconds. */
  readonly retry?: { readonly giveUpMs?: number; readonly firstDelayMs?: number };
}

export interface RunResult {
  readonly run: string;
  readonly recap: readonly HostRecap[];
  readonly exports: Exports;
  /** 0 done, 1 something failed, 3 the only trouble was unreachable hosts, 130 interrupted. */
  readonly exitCode: number;
  readonly plays: readonly { readonly name: string; readonly ms: number }[];
  /** The journal's folder. */
  readonly dir: string;
}
