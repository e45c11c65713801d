import type { Journaled } from '../../engine/journal/journal-read.js';
import { criticalPath } from './critical-path.js';
import type { RunModel, Span } from './run-model.js';
import { isChange } from './run-text.js';

/** What `runs show --json` prints: times in milliseconds since the epoch, durations in milliseconds. */
export function runJson(j: Journaled, model: RunModel, o: { hosts?: ReadonlySet<string>; failedOnly: boolean }): unknown {
  const shown = (host: string | undefined): boolean => host === undefined || o.hosts === undefined || o.hosts.has(host);
  const spans = model.plays.flatMap((p) => p.spans.filter((s) => shown(s.host)));
  const out = (s: Span): unknown => ({ ...s, play: model.plays[s.play]?.name, ms: s.end - s.start });
  const failures = spans.filter((s) => s.status === 'failed' || s.status === 'unfinished').map(out);
  const troubles = model.troubles.filter((t) => shown(t.host));
  const recap = model.recap.filter((r) => shown(r.host)).map((r) => ({ ...r, ms: model.busy.get(r.host) ?? 0 }));
  const head = {
    ...{ run: j.run, dir: j.dir, state: j.state, exitCode: model.exitCode, header: j.header },
    ...{ title: model.title, check: model.check, start: model.start, end: model.end },
    unreadLines: j.broken,
    unknownEvents: Object.fromEntries(j.unknown),
  };
  if (o.failedOnly) return { ...head, failures, troubles };
  return {
    ...head,
    recap,
    plays: model.plays.map((p) => ({ name: p.name, start: p.start, end: p.end, ms: p.end - p.start, hosts: p.hosts })),
    tasks: spans.map(out),
    changes: spans.filter(isChange).map(out),
    criticalPath: criticalPath(model).map((s) =>
      s.kind === 'task' ? { kind: s.kind, ms: s.ms, host: s.span.host, task: s.span.task } : s,
    ),
    failures,
    troubles,
  };
}
