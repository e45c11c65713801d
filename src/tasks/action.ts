import { joinShell, type Shell, sh } from '../shell/shell.js';
import type { Task } from './task.js';

/** A task that leaves no state to look for: it runs each time, in a subshell, so that `exit 0` ends it and nothing else. */
export function action(o: Omit<Task, 'check'>): Task {
  return { ...o, ...everyTime(o.apply) };
}

/** The note for the second check is removed with the program's directory. */
export function everyTime(apply: Shell): Pick<Task, 'check' | 'apply'> {
  return {
    check: sh`[ -e "$KW_DIR/ran.$KW_N" ]`,
    apply: joinShell([sh`( ${apply} )`, sh`: > "$KW_DIR/ran.$KW_N"`]),
  };
}
