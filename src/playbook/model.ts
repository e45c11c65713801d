import type { Place } from '../base/place.js';
import type { Variable } from '../inventory/model/values.js';

/** `1`, `30%`: a number of hosts, or a part of the play's hosts. */
export type BatchSize = number | `${number}%`;

/** Which hosts get which roles and tasks, in which order: pre_tasks, roles, tasks, post_tasks. */
export interface Play {
  readonly name: string;
  /** Host pattern. */
  readonly hosts: string;
  readonly roles: readonly RoleUse[];
  readonly preTasks: readonly UserTask[];
  readonly tasks: readonly UserTask[];
  readonly postTasks: readonly UserTask[];
  /** Inherited by its roles and tasks. */
  readonly tags: readonly string[];
  /** Hosts at a time, batch after batch, the last size repeated; absent: all. */
  readonly serial?: readonly BatchSize[];
  /** Host pattern: those of the play's hosts that are nodes already come first, one after the other; all others follow at once. */
  readonly turns?: string;
  /** A failed host ends the run after its batch. */
  readonly anyErrorsFatal: boolean;
  /** Host pattern: one of these that fails ends the run after its batch. */
  readonly vital?: string;
  /** More failed hosts of a batch than this percentage end the run after the batch. */
  readonly maxFailPercentage?: number;
  readonly vars: ReadonlyMap<string, Variable>;
  readonly source: Place;
}

export interface RoleUse {
  readonly name: string;
  /** Host pattern: only those of the play's hosts; absent: all of them. */
  readonly hosts?: string;
  /** Including the play's. */
  readonly tags: readonly string[];
  readonly source: Place;
}

/** The user's text with its place. */
export interface Text {
  readonly text: string;
  readonly source: Place;
}

/** A task that the user wrote. */
export interface UserTask {
  /** Unique within its play: given, or derived from the name. */
  readonly id: string;
  /** One line; may hold expressions. */
  readonly name: string;
  readonly action: Action;
  /** Output and text are never shown or stored. */
  readonly sensitive: boolean;
  /** Seconds. */
  readonly timeoutSec?: number;
  /** Including the play's. */
  readonly tags: readonly string[];
  readonly hint?: Text;
  /** Jinja expression: the task is for hosts where it is true. */
  readonly when?: Text;
  readonly vars: ReadonlyMap<string, Variable>;
  readonly source: Place;
}

/** How a task knows that there is nothing to do; neither: it runs each time. */
export interface Guard {
  /** Shell text, exit 0 = nothing to do. */
  readonly check?: Text;
  /** A path that the task makes. */
  readonly creates?: Text;
}

export type Action =
  | ({ readonly kind: 'run'; readonly run: Text } & Guard)
  | ({
      readonly kind: 'script';
      /** Path on the operator's machine, absolute. */
      readonly src: Text;
      readonly args: readonly Text[];
    } & Guard)
  | {
      readonly kind: 'copy';
      readonly content: Text | { readonly src: Text };
      /** Absolute path on the host; with a final slash a directory that gets the file under its own name. */
      readonly dest: Text;
      /** Octal; default 0644. */
      readonly mode?: Text;
      /** Name or number; default: the user that the tasks run as. */
      readonly owner?: Text;
      readonly group?: Text;
    };

export interface Playbook {
  /** As given. */
  readonly path: string;
  /** Directory that relative paths start from, absolute. */
  readonly dir: string;
  readonly plays: readonly Play[];
}
