import type { Shell } from '../shell/shell.js';
import { sh } from '../shell/shell.js';
import type { Task } from './task.js';

/** A task that fits none of the other words: its own check and its own apply. */
export function command(o: Task): Task {
  return o;
}

export interface WaitOptions {
  readonly id: string;
  readonly title: string;
  /** Exit 0 = done waiting. Its last output is the explanation when the time is up. */
  readonly until: Shell;
  readonly timeoutSec: number;
  /** Seconds between two tries; default 1. */
  readonly everySec?: number;
  readonly hint?: string;
}

/** Waits for something that other tasks started; changes nothing itself. */
export function waitFor(o: WaitOptions): Task {
  const every = o.everySec ?? 1;
  return {
    id: o.id,
    title: o.title,
    check: o.until,
    readOnly: true,
    apply: sh`
      look() {
      ${o.until}
      }
      end=$(( $(date +%s) + ${o.timeoutSec} ))
      while :; do
        set +e
        out=$( (set -eu; look) 2>&1 ); rc=$?
        set -e
        [ $rc -ne 0 ] || break
        if [ "$(date +%s)" -ge "$end" ]; then
          printf '%s\n' "$out"
          echo ${`gave up after ${o.timeoutSec} s`}
          exit 1
        fi
        sleep ${every}
      done`,
    timeoutSec: o.timeoutSec + 30,
    hint: o.hint,
  };
}
