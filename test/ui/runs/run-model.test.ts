import { describe, expect, it } from 'vitest';
import type { RunEvent, RunEventBody } from '../../../src/engine/events.js';
import { criticalPath } from '../../../src/ui/runs/critical-path.js';
import { runModel } from '../../../src/ui/runs/run-model.js';

const at = (ms: number, e: RunEventBody): RunEvent => ({ at: ms, ...e });
const start = (ms: number, hosts: string[]): RunEvent =>
  at(ms, { type: 'run-start', run: 'r', title: 't', hosts, dir: '/d', check: false });
const playStart = (ms: number, play: string, hosts: string[]): RunEvent => at(ms, { type: 'play-start', play, hosts, tasks: {} });
const begin = (ms: number, play: string, host: string, task: string): RunEvent =>
  at(ms, { type: 'task-start', play, host, task, title: task, n: 1, of: 1 });
const done = (received: number, play: string, host: string, task: string, ms: number): RunEvent =>
  at(received, { type: 'task-end', play, host, task, title: task, status: 'ok', ms });

describe('the model of a run', () => {
  it('puts tasks where they were, though a lost connection told of them late and all at once', () => {
    const { plays } = runModel([
      start(0, ['a']),
      playStart(0, 'p', ['a']),
      ...['x', 'y', 'z'].flatMap((task) => [begin(15_000, 'p', 'a', task), done(15_000, 'p', 'a', task, 5000)]),
      at(15_000, { type: 'play-end', play: 'p', ms: 15_000, failed: [] }),
    ]);
    expect(plays[0]?.spans.map((s) => [s.task, s.start, s.end])).toEqual([
      ['x', 0, 5000],
      ['y', 5000, 10_000],
      ['z', 10_000, 15_000],
    ]);
  });

  it('shows what a killed run was at, and counts its recap', () => {
    const model = runModel([
      start(0, ['a', 'b']),
      at(1, { type: 'host-unreachable', host: 'b', error: 'gone' }),
      playStart(10, 'p', ['a']),
      begin(10, 'p', 'a', 'x'),
      done(20, 'p', 'a', 'x', 10),
      begin(20, 'p', 'a', 'y'),
      at(500, { type: 'task-output', play: 'p', host: 'a', task: 'y', text: 'still here' }),
    ]);
    expect(model.exitCode).toBeUndefined();
    expect(model.plays[0]?.spans.map((s) => [s.task, s.status, s.end])).toEqual([
      ['x', 'ok', 20],
      ['y', 'unfinished', 500],
    ]);
    expect(model.recap).toEqual([
      { host: 'a', ok: 1, changed: 0, failed: 0, skipped: 1, unreachable: false },
      { host: 'b', ok: 0, changed: 0, failed: 0, skipped: 0, unreachable: true },
    ]);
  });

  it('finds the critical path over plays and batches', () => {
    const path = criticalPath(
      runModel([
        start(0, ['a', 'b']),
        playStart(1000, 'p', ['a', 'b']),
        done(2000, 'p', 'a', 'quick', 1000),
        done(4000, 'p', 'b', 'slow-1', 3000),
        done(5000, 'p', 'b', 'slow-2', 1000),
        at(5000, { type: 'play-end', play: 'p', ms: 4000, failed: [] }),
        // serial: 1, so b begins when a has ended.
        playStart(5000, 'q', ['a', 'b']),
        done(6000, 'q', 'a', 'first', 1000),
        done(8000, 'q', 'b', 'second', 2000),
        at(8000, { type: 'play-end', play: 'q', ms: 3000, failed: [] }),
      ]),
    );
    expect(path.map((s) => [s.kind === 'task' ? `${s.span.host}/${s.span.task}` : 'wait', s.ms])).toEqual([
      ['wait', 1000],
      ['b/slow-1', 3000],
      ['b/slow-2', 1000],
      ['a/first', 1000],
      ['b/second', 2000],
    ]);
    expect(path.reduce((n, s) => n + s.ms, 0)).toBe(8000);
  });

  it('says nothing of a run without events', () => {
    expect(criticalPath(runModel([]))).toEqual([]);
  });
});
