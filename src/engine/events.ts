/**
 * The event stream of a run, for views, journal and tests. Events are plain JSON. `at` is milliseconds since the epoch on the
 * operator's machine; durations are milliseconds.
 */
export type TaskStatus = 'ok' | 'changed' | 'would-change' | 'failed' | 'skipped';

export type RunEvent = { readonly at: number } & RunEventBody;

export type RunEventBody =
  | {
      readonly type: 'run-start';
      readonly run: string;
      readonly title: string;
      readonly hosts: readonly string[];
      readonly dir: string;
      readonly check: boolean;
    }
  | { readonly type: 'warning'; readonly host?: string; readonly text: string; readonly danger?: boolean }
  | { readonly type: 'host-connected'; readonly host: string; readonly ms: number }
  | { readonly type: 'host-unreachable'; readonly host: string; readonly error: string }
  | { readonly type: 'host-lost'; readonly host: string; readonly error: string; readonly attempt: number }
  | { readonly type: 'host-back'; readonly host: string }
  | {
      readonly type: 'play-start';
      readonly play: string;
      readonly hosts: readonly string[];
      readonly tasks: Readonly<Record<string, number>>;
    }
  | {
      readonly type: 'task-start';
      readonly play: string;
      readonly host: string;
      readonly task: string;
      readonly title: string;
      readonly n: number;
      readonly of: number;
    }
  | { readonly type: 'task-output'; readonly play: string; readonly host: string; readonly task: string; readonly text: string }
  | {
      readonly type: 'task-end';
      readonly play: string;
      readonly host: string;
      readonly task: string;
      readonly title: string;
      readonly status: TaskStatus;
      readonly ms: number;
      /** Exit status of the part that failed. */
      readonly code?: number;
      /** Last lines of output of a failed task, escaped. */
      readonly tail?: readonly string[];
      readonly hint?: string;
      /** Changes that apply would make, escaped; with --diff. */
      readonly diff?: string;
    }
  | { readonly type: 'push'; readonly host: string; readonly artifact: string; readonly bytes: number; readonly of: number }
  | { readonly type: 'host-failed'; readonly play: string; readonly host: string; readonly error: string }
  | { readonly type: 'play-end'; readonly play: string; readonly ms: number; readonly failed: readonly string[] }
  | {
      readonly type: 'run-end';
      readonly run: string;
      readonly ms: number;
      readonly recap: readonly HostRecap[];
      readonly exitCode: number;
    };

export interface HostRecap {
  readonly host: string;
  readonly ok: number;
  readonly changed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unreachable: boolean;
}
