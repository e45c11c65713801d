import type { Task } from '../../tasks/task.js';

/** The parts of a task that reading its frames needs; a `Task` has them. */
export interface TaskLabel {
  readonly id: string;
  readonly title: string;
  readonly sensitive?: boolean;
  readonly timeoutSec?: number;
  readonly hint?: string;
  /** Only the names are used. */
  readonly exports?: Readonly<Record<string, unknown>>;
}

/**
 * Stored beside every program on its host, so that another controller can follow it after ours has died: the nonce of its
 * frames and the names of its tasks. Without secrets.
 */
export interface ProgramLabel {
  readonly nonce: string;
  readonly play: string;
  readonly host: string;
  readonly tasks: readonly TaskLabel[];
  /** sha256 → name of the files that it may request. */
  readonly needs: Readonly<Record<string, string>>;
}

export function labelOf(o: { nonce: string; play: string; host: string; tasks: readonly Task[] }): ProgramLabel {
  return {
    nonce: o.nonce,
    play: o.play,
    host: o.host,
    needs: Object.fromEntries(o.tasks.flatMap((t) => (t.needs ?? []).map((r) => [r.sha256, r.name]))),
    tasks: o.tasks.map((t) => ({
      id: t.id,
      title: t.title,
      // The reader does not know the secrets, so it cannot mask them in the task's output.
      ...(t.sensitive || t.check.secrets.size > 0 || t.apply.secrets.size > 0 ? { sensitive: true } : {}),
      ...(t.timeoutSec === undefined ? {} : { timeoutSec: t.timeoutSec }),
      ...(t.hint === undefined ? {} : { hint: t.hint }),
      ...(t.exports ? { exports: Object.fromEntries(Object.keys(t.exports).map((name) => [name, true])) } : {}),
    })),
  };
}

/** One line of plain characters that any shell reads with `read`. */
export function encodeLabel(label: ProgramLabel): string {
  return Buffer.from(JSON.stringify(label)).toString('base64');
}

/** undefined: truncated, or written by another version. */
export function decodeLabel(text: string): ProgramLabel | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return isLabel(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLabel(value: unknown): value is ProgramLabel {
  if (typeof value !== 'object' || value === null) return false;
  const v = value as Partial<Record<keyof ProgramLabel, unknown>>;
  return (
    typeof v.nonce === 'string' &&
    /^[A-Za-z0-9]+$/.test(v.nonce) &&
    typeof v.play === 'string' &&
    typeof v.host === 'string' &&
    typeof v.needs === 'object' &&
    v.needs !== null &&
    Array.isArray(v.tasks) &&
    v.tasks.every((t: unknown) => typeof t === 'object' && t !== null && 'id' in t && 'title' in t)
  );
}
