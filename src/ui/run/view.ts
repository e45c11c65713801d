import type { RunEvent } from '../../engine/events.js';

/** Reads the event stream of a run; never schedules anything. */
export interface View {
  event(e: RunEvent): void;
  /** Everything is written. Call it once, after the run. */
  end(): Promise<void>;
}

export interface ViewOptions {
  readonly stdout: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream | NodeJS.WritableStream;
  /** 0: what changed or failed; 1: every task; 2: the tasks' output as well. */
  readonly verbosity: number;
  readonly color: boolean;
  /** Kind of terminal; default $TERM. */
  readonly term?: string;
}
