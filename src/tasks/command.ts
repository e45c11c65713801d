import { joinShell, rawShell, type Shell, sh } from '../shell/shell.js';
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
  /** See `Task.why`. */
  readonly why?: Shell;
  /** Exit 0 = it cannot get better; its output says why. Asked every HOPELESS_SEC seconds. May keep notes in the file `$notes`. */
  readonly hopeless?: Shell;
}

const HOPELESS_SEC = 10;

/** Waits for something that other tasks started; changes nothing itself. */
export function waitFor(o: WaitOptions): Task {
  const every = o.everySec ?? 1;
  const [before, again] = o.hopeless ? [patience(o.hopeless), sh`stay_hopeful; `] : [sh``, sh``];
  return {
    id: o.id,
    title: o.title,
    check: o.until,
    readOnly: true,
    apply: sh`
      ${before}look() {
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
        ${again}sleep ${every}
      done`,
    timeoutSec: o.timeoutSec + 30,
    hint: o.hint,
    ...(o.why ? { why: o.why } : {}),
  };
}

/** `stay_hopeful` ends the task when `hopeless` says that waiting is in vain. */
function patience(hopeless: Shell): Shell {
  const definitions = sh`
    hopeless() {
    ${hopeless}
    }
    notes=$(mktemp)
    trap 'rm -f "$notes"' EXIT
    next=$(( $(date +%s) + ${HOPELESS_SEC} ))
    stay_hopeful() {
      [ "$(date +%s)" -ge "$next" ] || return 0
      if bad=$( (set -eu; hopeless) 2>/dev/null ); then
        printf '%s\\n' "$bad"
        echo 'gave up: waiting does not make this better'
        exit 1
      fi
      next=$(( $(date +%s) + ${HOPELESS_SEC} ))
    }`;
  return joinShell([definitions, rawShell('')]);
}
