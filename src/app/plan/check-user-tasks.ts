import { type ErrorParts, InputError, InputErrors } from '../../base/errors.js';
import { whereText } from '../../base/place.js';
import type { ResolvedPlay } from './resolve-plays.js';
import type { UserTasks } from './user-tasks.js';

/** Reports all missing files and text that cannot be rendered, before any host is touched. @throws InputErrors */
export function checkUserTasks(plays: readonly ResolvedPlay[], userTasks: UserTasks): void {
  const problems = new Map<string, ErrorParts>();
  for (const { hosts, items } of plays) {
    for (const item of items) {
      if (item.kind !== 'user-task' || !item.selected) continue;
      for (const host of hosts) {
        try {
          userTasks.task(item.userTask, host, item.vars);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          // Report each place once, however many hosts it concerns.
          const { where, what } = error.parts;
          const key = where === undefined ? what : whereText(where);
          if (!problems.has(key)) problems.set(key, error.parts);
        }
      }
    }
  }
  if (problems.size > 0) throw new InputErrors([...problems.values()]);
}
