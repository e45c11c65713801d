import type { RunModel, Span } from './run-model.js';

/** A stretch of the chain that decided how long the run took: a task, or the time in which no task of the chain ran. */
export type Stretch =
  | { readonly kind: 'task'; readonly span: Span; readonly ms: number }
  | { readonly kind: 'wait'; readonly start: number; readonly ms: number };

/** Shorter waits are the engine's own business between two tasks. Milliseconds. */
const WORTH_SAYING = 50;

/**
 * The longest chain, from the end of the run backwards: the task that ended last, the one before it on the same host, and before
 * the host's first task in a play the one that ended last at that time (an earlier play, or an earlier batch).
 */
export function criticalPath(model: RunModel): Stretch[] {
  const byHost = new Map<Span, Span>();
  const all: Span[] = [];
  /** The last span of each host in each play → where its first one began. */
  const programs = new Map<Span, number>();
  for (const play of model.plays) {
    const last = new Map<string, Span>();
    const first = new Map<string, number>();
    for (const span of play.spans) {
      const before = last.get(span.host);
      if (before) byHost.set(span, before);
      else first.set(span.host, span.start);
      last.set(span.host, span);
      all.push(span);
    }
    for (const [host, span] of last) programs.set(span, first.get(host) ?? span.start);
  }
  all.sort((a, b) => a.end - b.end);
  const path: Stretch[] = [];
  let until = model.end;
  let present = all.at(-1);
  let index = all.length - 1;
  while (present) {
    const gap = until - present.end;
    if (gap >= WORTH_SAYING) path.push({ kind: 'wait', start: present.end, ms: gap });
    path.push({ kind: 'task', span: present, ms: present.end - present.start });
    until = present.start;
    const before = byHost.get(present);
    if (before) {
      present = before;
      continue;
    }
    // Of an earlier play, or the end of an earlier batch. What took no time at all cannot have been waited for.
    const { play, host } = present;
    while (index >= 0) {
      const candidate = all[index];
      if (candidate && candidate.end <= until) {
        const began = programs.get(candidate);
        const batch = candidate.play === play && candidate.host !== host && began !== undefined && began < candidate.end;
        if (candidate.play < play || batch) break;
      }
      index--;
    }
    present = all[index];
  }
  if (until - model.start >= WORTH_SAYING) path.push({ kind: 'wait', start: model.start, ms: until - model.start });
  return path.reverse();
}
